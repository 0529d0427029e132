// What to draw of a row of attention. Torch-free. Paper: Caron et al. 2021 (DINO), arXiv 2104.14294, and its visualize_attention.py.
#pragma once

#include <span>
#include <vector>

#include "core/base/image.h"

namespace selfsight {

/// The mean of equally large maps, one a head; there is at least one.
FloatMap meanMap(std::span<const FloatMap> maps);

/// 1 for the pixels that hold the top `mass` (0..1) of all, else 0: ascending, those whose running sum is above 1 - mass. Equal
/// values are in or out by their place. A map without mass gives zeros.
FloatMap massMask(const FloatMap& map, double mass = 0.6);

enum class Upsampling { Nearest, Bicubic };

/// Pixel centres aligned, edges repeated; cubic a = -0.75, as torch has it. width, height > 0.
FloatMap upsampled(const FloatMap& map, int width, int height, Upsampling how);

/// In nats, of the map as shares of its sum; 0 without mass.
double attentionEntropy(const FloatMap& map);

/// |a and b| / |a or b| of what is above 0.5, of equally large masks. 0 where both are empty.
double intersectionOverUnion(const FloatMap& a, const FloatMap& b);

/// From the least to the largest value in the colours of viridis; a constant map is all of the first.
RgbImage colored(const FloatMap& map);

/// `image` with `picture` over it, equally large; opacity 0..1.
RgbImage overlaid(const RgbImage& image, const RgbImage& picture, double opacity);

/// `image`, darkened where the equally large mask is 0.
RgbImage cutOut(const RgbImage& image, const FloatMap& mask, double opacity);

}  // namespace selfsight
