// Draws the pictures of the `shapes` data set: one coloured figure on a textured ground, anti-aliased.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/base/rng.h"

namespace selfsight {

/// In label order.
const std::vector<std::string>& shapeNames();
const std::vector<std::string>& shapeColorNames();

struct ShapePicture {
    RgbImage image;
    FloatMap cover;  // share of each pixel that the figure covers
};

/// Pose, shade, ground and noise are drawn from `rng`; equal arguments give equal bytes.
ShapePicture drawShape(int shape, int color, int side, Rng& rng);

}  // namespace selfsight
