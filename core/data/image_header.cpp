#include "core/data/image_header.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <limits>

namespace selfsight {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Reads numbers at offsets; past the end everything is 0 and `ok` turns false.
struct Reader {
    Bytes bytes;
    bool bigEndian = true;
    bool ok = true;

    std::uint32_t number(std::size_t offset, int size)
    {
        if (offset > bytes.size() || bytes.size() - offset < static_cast<std::size_t>(size)) {
            ok = false;
            return 0;
        }
        std::uint32_t value = 0;
        for (int i = 0; i < size; ++i)
            value = (value << 8) | bytes[offset + static_cast<std::size_t>(bigEndian ? i : size - 1 - i)];
        return value;
    }
};

bool startsWith(Bytes bytes, const char* text, std::size_t size, std::size_t offset = 0)
{
    return bytes.size() >= offset + size && std::memcmp(bytes.data() + offset, text, size) == 0;
}

std::optional<ImageHeader> header(const char* format, const Reader& reader, std::int64_t width, std::int64_t height)
{
    constexpr std::int64_t kMax = std::numeric_limits<int>::max();
    if (!reader.ok || width <= 0 || height <= 0 || width > kMax || height > kMax) return std::nullopt;
    return ImageHeader{format, static_cast<int>(width), static_cast<int>(height)};
}

/// Start of frame, of any coding: C0..CF without the tables C4, C8 and CC.
bool isFrame(std::uint32_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool standsAlone(std::uint32_t marker)
{
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

std::optional<ImageHeader> jpegHeader(Bytes bytes)
{
    Reader reader{bytes};
    for (std::size_t at = 2; reader.ok;) {
        if (reader.number(at, 1) != 0xFF) return std::nullopt;
        const std::uint32_t marker = reader.number(at + 1, 1);
        if (isFrame(marker)) {
            const std::uint32_t height = reader.number(at + 5, 2), width = reader.number(at + 7, 2);
            return header("JPEG", reader, width, height);
        }
        if (marker == 0xFF) at += 1;  // fill byte
        else if (standsAlone(marker)) at += 2;
        else at += 2 + std::max<std::size_t>(2, reader.number(at + 2, 2));
    }
    return std::nullopt;
}

std::optional<ImageHeader> bmpHeader(Bytes bytes)
{
    Reader reader{bytes, false};
    if (reader.number(14, 4) == 12) {  // OS/2: 16-bit sizes
        const std::uint32_t width = reader.number(18, 2), height = reader.number(20, 2);
        return header("BMP", reader, width, height);
    }
    const auto width = static_cast<std::int32_t>(reader.number(18, 4)), height = static_cast<std::int32_t>(reader.number(22, 4));
    return header("BMP", reader, width, std::abs(std::int64_t{height}));  // negative: top row first
}

/// "P6 # comment\n 32 24 255\n"
std::optional<ImageHeader> pnmHeader(Bytes bytes)
{
    std::int64_t sizes[2] = {};
    std::size_t at = 2;
    for (std::int64_t& size : sizes) {
        while (at < bytes.size() && (std::isspace(bytes[at]) || bytes[at] == '#')) {
            if (bytes[at] == '#')
                while (at < bytes.size() && bytes[at] != '\n') ++at;
            else ++at;
        }
        const std::size_t start = at;
        for (; at < bytes.size() && std::isdigit(bytes[at]) && at - start < 10; ++at) size = size * 10 + (bytes[at] - '0');
        if (at == start || at == bytes.size()) return std::nullopt;
    }
    return header("PNM", Reader{bytes}, sizes[0], sizes[1]);
}

std::optional<ImageHeader> tiffHeader(Bytes bytes)
{
    Reader reader{bytes, bytes[0] == 'M'};
    const std::size_t directory = reader.number(4, 4);
    const std::uint32_t entries = reader.number(directory, 2);
    std::int64_t width = 0, height = 0;
    for (std::uint32_t i = 0; i < entries && reader.ok; ++i) {
        const std::size_t entry = directory + 2 + std::size_t{12} * i;
        const std::uint32_t tag = reader.number(entry, 2), type = reader.number(entry + 2, 2);
        const std::uint32_t value = reader.number(entry + 8, type == 3 ? 2 : 4);  // 3: 16 bits
        if (tag == 256) width = value;
        if (tag == 257) height = value;
    }
    return header("TIFF", reader, width, height);
}

std::optional<ImageHeader> webpHeader(Bytes bytes)
{
    Reader reader{bytes, false};
    if (startsWith(bytes, "VP8 ", 4, 12)) {
        const std::uint32_t width = reader.number(26, 2) & 0x3FFF, height = reader.number(28, 2) & 0x3FFF;
        return header("WebP", reader, width, height);
    }
    if (startsWith(bytes, "VP8L", 4, 12)) {
        const std::uint32_t packed = reader.number(21, 4);
        return header("WebP", reader, (packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1);
    }
    const std::int64_t width = std::int64_t{reader.number(24, 3)} + 1, height = std::int64_t{reader.number(27, 3)} + 1;
    if (!startsWith(bytes, "VP8X", 4, 12)) return std::nullopt;
    return header("WebP", reader, width, height);
}

}  // namespace

std::optional<ImageHeader> parseImageHeader(Bytes bytes)
{
    if (startsWith(bytes, "\xFF\xD8\xFF", 3)) return jpegHeader(bytes);
    if (startsWith(bytes, "\x89PNG\r\n\x1A\n", 8)) {
        Reader reader{bytes};
        const std::uint32_t width = reader.number(16, 4), height = reader.number(20, 4);
        return header("PNG", reader, width, height);
    }
    if (startsWith(bytes, "BM", 2)) return bmpHeader(bytes);
    if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') return pnmHeader(bytes);
    if (startsWith(bytes, "II\x2A\0", 4) || startsWith(bytes, "MM\0\x2A", 4)) return tiffHeader(bytes);
    if (startsWith(bytes, "RIFF", 4) && startsWith(bytes, "WEBP", 4, 8)) return webpHeader(bytes);
    return std::nullopt;
}

bool isCompleteJpeg(Bytes bytes)
{
    Reader reader{bytes};
    bool inScan = false;  // between a scan's header and the next marker lie coded bytes
    for (std::size_t at = 2; reader.ok;) {
        if (inScan) {
            const void* next = at < bytes.size() ? std::memchr(bytes.data() + at, 0xFF, bytes.size() - at) : nullptr;
            if (!next) return false;
            at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - bytes.data());
        }
        const std::uint32_t lead = reader.number(at, 1), marker = reader.number(at + 1, 1);
        if (lead != 0xFF) return false;
        if (marker == 0xD9) return true;
        const bool coded = inScan && (marker == 0x00 || (marker >= 0xD0 && marker <= 0xD7));  // a stuffed FF, a restart
        if (marker == 0xFF) at += 1;
        else if (coded || standsAlone(marker)) at += 2;
        else {
            at += 2 + std::max<std::size_t>(2, reader.number(at + 2, 2));
            inScan = marker == 0xDA;
        }
    }
    return false;
}

}  // namespace selfsight
