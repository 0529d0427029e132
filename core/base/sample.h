// What a data set holds: pictures, or signals such as sound.
#pragma once

#include <variant>
#include <vector>

#include "core/base/image.h"

namespace selfsight {

/// What methods, backbones and data sets are made for.
enum class SampleKind { Image, Signal };

constexpr const char* nameOf(SampleKind kind) { return kind == SampleKind::Image ? "image" : "signal"; }

/// One channel of numbers at equal distances in time, about -1 .. 1.
using Signal = std::vector<float>;

using Sample = std::variant<RgbImage, Signal>;

}  // namespace selfsight
