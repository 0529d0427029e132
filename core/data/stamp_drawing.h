// Draws the pictures of the `stamps` data set: a cut-out in a random pose on a ground.
#pragma once

#include <cstdint>

#include "core/base/image.h"
#include "core/base/rng.h"
#include "core/data/stamp_files.h"

namespace selfsight {

struct StampPicture {
    RgbImage image;
    FloatMap cover;  // share of each pixel that the thing covers
};

/// A ground of clouds over a pattern, in any colours.
RgbImage drawGround(int side, Rng& rng);

/// The largest square, or down to a third of its side, anywhere in the photograph; mirrored half the time.
RgbImage groundOf(const RgbImage& photograph, int side, Rng& rng);

/// `ground` (square) with the stamp on it. Its longer side takes 0.45 to 0.85 of the picture's; it is turned by up to 30 degrees,
/// mirrored half the time, wholly inside as far as it goes, and its colours are a little lighter or darker, warmer or colder.
StampPicture drawStamp(const Stamp& stamp, RgbImage ground, Rng& rng);

}  // namespace selfsight
