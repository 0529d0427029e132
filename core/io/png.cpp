#include "core/io/png.h"

#include <zlib.h>

#include "core/base/error.h"

namespace selfsight {

namespace {

void putBigEndian(std::string& bytes, std::uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
}

std::string pngChunk(const std::string& name, const std::string& data)
{
    std::string chunk;
    putBigEndian(chunk, static_cast<std::uint32_t>(data.size()));
    const std::string body = name + data;
    chunk += body;
    putBigEndian(chunk, static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size())));
    return chunk;
}

}  // namespace

std::string pngBytes(const RgbImage& image)
{
    const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(image.width);
    std::string rows;
    rows.reserve((stride + 1) * static_cast<std::size_t>(image.height));
    for (int y = 0; y < image.height; ++y) {
        rows += '\0';  // no filter
        rows.append(reinterpret_cast<const char*>(image.row(y)), stride);
    }
    uLongf size = compressBound(rows.size());
    std::string packed(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size(), 6) !=
        Z_OK)
        throw Error("PNG", "cannot be made of an image this large");
    packed.resize(size);

    std::string header;
    putBigEndian(header, static_cast<std::uint32_t>(image.width));
    putBigEndian(header, static_cast<std::uint32_t>(image.height));
    header += std::string("\x08\x02\x00\x00\x00", 5);  // 8 bits, RGB, the only compression and filter, not interlaced
    return std::string("\x89PNG\r\n\x1a\n", 8) + pngChunk("IHDR", header) + pngChunk("IDAT", packed) + pngChunk("IEND", {});
}

}  // namespace selfsight
