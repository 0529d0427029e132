// Reading image files: JPEG, PNG, BMP, PPM/PGM, TIFF and WebP as 8-bit RGB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/image.h"

namespace selfsight {

/// A larger image is refused before a byte of it is decoded.
constexpr std::int64_t kMaxPixels = std::int64_t{64} << 20;

struct ImageHeader {
    std::string format;  // "JPEG"
    int width = 0;
    int height = 0;
};

/// Whether the name ends as torchvision's ImageFolder expects of an image: .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp
bool hasImageExtension(const std::filesystem::path& file);

/// Format (by content) and size from the first bytes of the file. Throws Error: unreadable, no image, too large.
ImageHeader readImageHeader(const std::filesystem::path& file);

/// As PIL's convert("RGB") does it: alpha is dropped, grey becomes three equal channels, EXIF rotation is ignored.
/// Throws Error naming the file: what readImageHeader() finds, and damaged or cut-off content.
RgbImage readImage(const std::filesystem::path& file);

/// An object without its ground: what alpha (0..1) covers.
struct CutOut {
    RgbImage image;
    FloatMap alpha;  // no values: the file has none
};

/// As readImage(), with alpha.
CutOut readCutOut(const std::filesystem::path& file);

/// Averages pixels (antialiased) until the shorter side is `side`; smaller images stay as they are.
RgbImage reducedTo(RgbImage image, int side);

}  // namespace selfsight
