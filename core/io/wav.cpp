#include "core/io/wav.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "core/base/error.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxSoundBytes = std::uint64_t{1} << 30;
constexpr std::uint32_t kMaxRate = 1'000'000;
constexpr std::uint32_t kMaxChannels = 64;
constexpr float kLoudest = 1000;  // floating-point files may leave -1 .. 1, but not like this
constexpr std::uint32_t kPcm = 1, kFloat = 3, kExtensible = 0xFFFE;

// What follows the coding's number in the GUID of WAVE_FORMAT_EXTENSIBLE.
constexpr std::array<unsigned char, 14> kGuidTail = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};

std::uint32_t littleEndian(const char* bytes, int count)
{
    std::uint32_t number = 0;
    for (int i = 0; i < count; ++i) number |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return number;
}

/// The four letters of a chunk, as far as they can be shown.
std::string shown(const char* letters)
{
    std::string text(letters, 4);
    for (char& letter : text)
        if (letter < ' ' || letter > '~') letter = '?';
    return text;
}

/// A file whose size is known, so that nothing it promises is believed before it is there.
class Reader {
public:
    explicit Reader(const fs::path& file)
    {
        errno = 0;
        m_stream.open(file, std::ios::binary);
        if (!m_stream) throw Error("", "cannot be opened: " + std::generic_category().message(errno));
        std::error_code problem;  // a folder, say
        m_size = fs::file_size(file, problem);
        if (problem) throw Error("", "cannot be read: " + problem.message());
    }

    std::uint64_t size() const { return m_size; }

    void read(std::uint64_t offset, char* out, std::uint64_t bytes)
    {
        m_stream.seekg(static_cast<std::streamoff>(offset));
        if (!m_stream.read(out, static_cast<std::streamsize>(bytes))) throw Error("", "cannot be read to its end");
    }

private:
    std::ifstream m_stream;
    std::uint64_t m_size = 0;
};

/// Reads the chunk "fmt " of `bytes` at `offset`.
WavHeader parseFormat(Reader& reader, std::uint64_t offset, std::uint32_t bytes)
{
    if (bytes < 16 || offset + bytes > reader.size()) throw Error("", "is cut off within its header");
    std::array<char, 40> format{};
    reader.read(offset, format.data(), std::min<std::uint64_t>(bytes, format.size()));
    std::uint32_t coding = littleEndian(&format[0], 2);
    const std::uint32_t channels = littleEndian(&format[2], 2), rate = littleEndian(&format[4], 4);
    const std::uint32_t frameBytes = littleEndian(&format[12], 2), bits = littleEndian(&format[14], 2);
    if (coding == kExtensible) {
        if (bytes < format.size() || std::memcmp(&format[26], kGuidTail.data(), kGuidTail.size()) != 0)
            throw Error("", "has an extended header of an unknown kind");
        coding = littleEndian(&format[24], 2);
    }
    const bool known = (coding == kPcm && (bits == 8 || bits == 16 || bits == 24 || bits == 32)) || (coding == kFloat && bits == 32);
    if (!known)
        throw Error("", fmt::format("is coded as number {} with {} bits", coding, bits),
                    "Save it as PCM of 8, 16, 24 or 32 bits, or as 32-bit floating point.");
    if (rate < 1 || rate > kMaxRate || channels < 1 || channels > kMaxChannels || frameBytes != channels * bits / 8)
        throw Error("", fmt::format("has a damaged header: {} Hz, {} channels of {} bits in {} bytes", rate, channels, bits, frameBytes));
    return {.rate = static_cast<int>(rate), .channels = static_cast<int>(channels), .bits = static_cast<int>(bits), .isFloat = coding == kFloat};
}

WavHeader parse(Reader& reader)
{
    std::array<char, 12> start{};
    if (reader.size() < start.size()) throw Error("", fmt::format("is too short for a WAV file: {} bytes", reader.size()));
    reader.read(0, start.data(), start.size());
    if (std::memcmp(&start[0], "RIFF", 4) != 0 || std::memcmp(&start[8], "WAVE", 4) != 0)
        throw Error("", fmt::format("starts with '{}' and '{}', a WAV file with 'RIFF' and 'WAVE'", shown(&start[0]), shown(&start[8])));

    WavHeader header;
    for (std::uint64_t offset = start.size(); offset + 8 <= reader.size();) {
        std::array<char, 8> chunk{};
        reader.read(offset, chunk.data(), chunk.size());
        offset += chunk.size();
        const std::uint32_t bytes = littleEndian(&chunk[4], 4);
        if (std::memcmp(&chunk[0], "fmt ", 4) == 0) header = parseFormat(reader, offset, bytes);
        if (std::memcmp(&chunk[0], "data", 4) == 0) {
            if (header.rate == 0) throw Error("", "has its sound before its format, which is not allowed");
            if (bytes > reader.size() - offset)
                throw Error("", fmt::format("is cut off: its header promises {} bytes of sound, it holds {}", bytes, reader.size() - offset));
            if (bytes > kMaxSoundBytes) throw Error("", "holds more than 1 GiB of sound", "Cut it into recordings of seconds.");
            const auto frameBytes = static_cast<std::uint32_t>(header.channels * header.bits / 8);
            if (bytes % frameBytes != 0) throw Error("", fmt::format("is damaged: {} bytes of sound are not whole frames of {}", bytes, frameBytes));
            if (bytes == 0) throw Error("", "holds no sound");
            header.frames = bytes / frameBytes;
            header.dataOffset = static_cast<std::int64_t>(offset);
            return header;
        }
        offset += bytes + std::uint64_t{bytes & 1};  // chunks begin at even bytes
    }
    throw Error("", "holds no sound: it has no 'data' chunk");
}

/// One sample on the scale of -1 .. 1.
float sampleAt(const char* bytes, const WavHeader& header)
{
    const std::uint32_t word = littleEndian(bytes, header.bits / 8);
    if (header.isFloat) return std::bit_cast<float>(word);
    if (header.bits == 8) return (static_cast<float>(word) - 128) / 128;  // the only one without a sign
    return static_cast<float>(static_cast<std::int32_t>(word << (32 - header.bits))) * 0x1p-31f;
}

template <class Work>
auto namingFile(const fs::path& file, Work work)
{
    try {
        Reader reader(file);
        return work(reader);
    } catch (const Error& error) {
        throw error.within(file.string());
    }
}

}  // namespace

WavHeader readWavHeader(const fs::path& file)
{
    return namingFile(file, parse);
}

Wav readWav(const fs::path& file)
{
    return namingFile(file, [](Reader& reader) {
        const WavHeader header = parse(reader);
        const int width = header.bits / 8;
        std::string bytes(static_cast<std::size_t>(header.frames * header.channels * width), '\0');
        reader.read(static_cast<std::uint64_t>(header.dataOffset), bytes.data(), bytes.size());
        Wav wav{.rate = header.rate, .samples = std::vector<float>(static_cast<std::size_t>(header.frames))};
        const char* next = bytes.data();
        for (float& sample : wav.samples) {
            for (int channel = 0; channel < header.channels; ++channel, next += width) sample += sampleAt(next, header);
            sample /= static_cast<float>(header.channels);
            if (!(std::abs(sample) <= kLoudest)) throw Error("", "is damaged: it holds numbers that are no sound");
        }
        return wav;
    });
}

}  // namespace selfsight
