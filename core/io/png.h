// Pictures as PNG, for files that hold one inside.
#pragma once

#include <string>

#include "core/base/image.h"

namespace selfsight {

/// The bytes of an 8-bit RGB PNG. The image is not empty.
std::string pngBytes(const RgbImage& image);

}  // namespace selfsight
