// What image files say about themselves in their first bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/data/image_file.h"

namespace selfsight {

/// From the start of a file. Nothing: no known format, damaged, or the size comes later than these bytes.
std::optional<ImageHeader> parseImageHeader(std::span<const std::uint8_t> bytes);

/// True when a JPEG's end marker is there: decoders fill the rest of a cut-off file with grey and call it success.
bool isCompleteJpeg(std::span<const std::uint8_t> bytes);

}  // namespace selfsight
