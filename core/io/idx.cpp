#include "core/io/idx.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 35;
constexpr std::uint8_t kUnsignedByte = 0x08;

/// zlib reads files that are not compressed as they are. Returns the bytes got: fewer than asked at the end.
std::size_t readUpTo(gzFile stream, std::uint8_t* out, std::size_t bytes)
{
    std::size_t used = 0;
    while (used < bytes) {
        const int got = gzread(stream, out + used, static_cast<unsigned>(std::min<std::size_t>(bytes - used, 1u << 30)));
        int code = Z_OK;
        const char* words = gzerror(stream, &code);
        if (got < 0 && code != Z_BUF_ERROR)  // Z_BUF_ERROR: the compressed file ends early
            throw Error("", fmt::format("is damaged: {}", code == Z_ERRNO ? std::generic_category().message(errno) : words));
        if (got <= 0) break;
        used += static_cast<std::size_t>(got);
    }
    return used;
}

IdxArray read(gzFile stream, int rank)
{
    std::array<std::uint8_t, 4> magic{};
    if (readUpTo(stream, magic.data(), magic.size()) < magic.size()) throw Error("", "is too short for an IDX file");
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != kUnsignedByte || magic[3] != rank)
        throw Error("", fmt::format("starts with {:02x}{:02x}{:02x}{:02x}, an IDX file of {} starts with 0000080{}", magic[0],
                                    magic[1], magic[2], magic[3], rank == 1 ? "labels" : "images", rank));
    IdxArray array;
    std::uint64_t bytes = 1;
    for (int i = 0; i < rank; ++i) {
        std::array<std::uint8_t, 4> word{};
        if (readUpTo(stream, word.data(), word.size()) < word.size()) throw Error("", "ends within its header");
        const std::uint64_t extent = (std::uint64_t{word[0]} << 24) | (word[1] << 16) | (word[2] << 8) | word[3];
        array.shape.push_back(static_cast<std::int64_t>(extent));
        if (__builtin_mul_overflow(bytes, extent, &bytes) || bytes > kMaxBytes)
            throw Error("", fmt::format("its header promises an array of {}, which is too large", fmt::join(array.shape, " x ")));
    }
    // Memory follows what is really there, not what a damaged header promises.
    constexpr std::uint64_t kChunk = 1 << 24;
    std::size_t used = 0;
    while (used < bytes) {
        const auto chunk = static_cast<std::size_t>(std::min(bytes - used, kChunk));
        array.values.resize(used + chunk);
        const std::size_t got = readUpTo(stream, array.values.data() + used, chunk);
        used += got;
        if (got < chunk)
            throw Error("", fmt::format("is cut off: its header promises {} bytes ({}), it holds {}", bytes,
                                        fmt::join(array.shape, " x "), used));
    }
    std::uint8_t extra = 0;
    if (readUpTo(stream, &extra, 1) > 0)
        throw Error(
            "", fmt::format("goes on after the {} bytes ({}) that its header promises", bytes, fmt::join(array.shape, " x ")));
    return array;
}

}  // namespace

IdxArray readIdx(const std::filesystem::path& file, int rank)
{
    errno = 0;
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), &gzclose);
    if (!stream) throw Error(file.string(), "cannot be opened: " + std::generic_category().message(errno));
    gzbuffer(stream.get(), 1 << 18);
    try {
        return read(stream.get(), rank);
    } catch (const Error& error) {
        throw error.within(file.string());
    }
}

}  // namespace selfsight
