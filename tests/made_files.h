// Files that tests make for themselves, and the words of the errors they provoke.
#pragma once

#include <QString>

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/io/atomic_file.h"

namespace selfsight {

/// The text of the Error that `action` throws; empty when it throws none.
template <class Action>
QString errorOf(Action action)
{
    try {
        action();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

inline void write(const std::filesystem::path& file, const std::string& bytes)
{
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

inline void writeGz(const std::filesystem::path& file, const std::string& bytes)
{
    const gzFile stream = gzopen(file.c_str(), "wb");
    gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(stream);
}

inline std::string contents(const std::filesystem::path& file)
{
    return readFile(file, std::uint64_t{1} << 30);
}

inline std::string noise(std::size_t bytes, std::uint64_t seed)
{
    Rng rng{seed};
    std::string result(bytes, '\0');
    for (char& byte : result) byte = static_cast<char>(rng.below(256));
    return result;
}

inline std::string bigEndian(std::uint32_t number)
{
    return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
            static_cast<char>(number)};
}

/// An IDX file of images, and one of labels.
inline std::string idxImages(std::uint32_t count, std::uint32_t height, std::uint32_t width)
{
    return bigEndian(0x803) + bigEndian(count) + bigEndian(height) + bigEndian(width) +
           noise(std::size_t{count} * height * width, 7);
}

inline std::string idxLabels(const std::string& labels)
{
    return bigEndian(0x801) + bigEndian(static_cast<std::uint32_t>(labels.size())) + labels;
}

inline std::string littleEndian(std::uint32_t number, int bytes)
{
    std::string result;
    for (int i = 0; i < bytes; ++i) result += static_cast<char>(number >> (8 * i));
    return result;
}

/// One chunk of a WAV file; those of odd length are followed by a byte that counts for nothing.
inline std::string wavChunk(const std::string& name, const std::string& bytes)
{
    return name + littleEndian(static_cast<std::uint32_t>(bytes.size()), 4) + bytes + std::string(bytes.size() & 1, '\0');
}

inline std::string wavFormat(std::uint32_t coding, std::uint32_t channels, std::uint32_t rate, std::uint32_t bits)
{
    const std::uint32_t frame = channels * bits / 8;
    return wavChunk("fmt ", littleEndian(coding, 2) + littleEndian(channels, 2) + littleEndian(rate, 4) +
                                littleEndian(rate * frame, 4) + littleEndian(frame, 2) + littleEndian(bits, 2));
}

inline std::string wavFile(const std::string& chunks)
{
    return "RIFF" + littleEndian(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
}

/// A recording of noise, 16 bit, one channel.
inline std::string wavNoise(std::size_t samples, std::uint64_t seed, std::uint32_t rate = 8000)
{
    return wavFile(wavFormat(1, 1, rate, 16) + wavChunk("data", noise(2 * samples, seed)));
}

}  // namespace selfsight
