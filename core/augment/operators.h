// The image operators of the augmentations, without dice: torchvision's (and PIL's, where it says so) arithmetic, rounding
// and truncation included. Verification, tests and training call these same functions.
// Units: grey levels 0..255 unless said otherwise. Shapes: `result` is resized as needed and must not be the source.
#pragma once

#include "core/base/image.h"

namespace selfsight {

enum class Interpolation { Bilinear, Bicubic };

/// The part of `source` in `box`, resized. With `antialias` the filter (triangle; cubic a = -0.5) is stretched where the image
/// shrinks; without, it samples (cubic a = -0.75). Pixels outside the box are never read.
void resizedCrop(const RgbImage& source, const Box& box, int width, int height, Interpolation interpolation, bool antialias,
                 RgbImage& result);

/// Shorter side to `size`, antialiased bilinear, then the middle square. Returns the part of `source` that is left.
Box resizeAndCentreCrop(const RgbImage& source, int size, RgbImage& result);

void flipHorizontally(const RgbImage& source, RgbImage& result);

/// Degrees counter-clockwise about the centre, bilinear. Outside the source: its mirror image, or black.
enum class Border { Reflect, Fill };
void rotate(const RgbImage& source, double degrees, Border border, RgbImage& result);

// Blends: trunc(clamp(factor * image + (1 - factor) * other)), where other is
void adjustBrightness(RgbImage& image, double factor);  // black
void adjustContrast(RgbImage& image, double factor);    // the mean of the grey image
void adjustSaturation(RgbImage& image, double factor);  // the grey image

/// `turn` is added to the hue, in full turns: -0.5 .. 0.5.
void adjustHue(RgbImage& image, double turn);

/// Three equal channels.
void toGrey(RgbImage& image);

/// Channels L * 255 / 100, a + 128, b + 128 (CIE 1976, D65), or Y, Cb, Cr (JPEG).
void toLab(RgbImage& image);
void toYCbCr(RgbImage& image);

/// Levels from `threshold` on are inverted.
void solarize(RgbImage& image, int threshold);

/// Keeps the upper `bits` bits of each level.
void posterize(RgbImage& image, int bits);

/// PIL's ImageOps.equalize: each channel's histogram is spread on its own.
void equalize(RgbImage& image);

/// An exact Gaussian of `kernel` (odd) pixels a side, mirrored borders without the edge pixel twice. Not PIL's box-filter
/// approximation.
void gaussianBlur(const RgbImage& source, int kernel, double sigma, RgbImage& result);

/// `box` may reach over the border.
void cutOut(RgbImage& image, const Box& box, int level);

}  // namespace selfsight
