// One image as several sights of the same thing.
// Paper: Tian et al. 2019 (CMC), arXiv 1906.05849, 4.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace selfsight {

enum class SightSplit { LightnessColour, Channels, ImageEdges };

/// "l", "ab" and so on, in the order of sights().
std::vector<std::string> sightNames(SightSplit split);

/// images (B, 3, H, W) -> one (B, 3, H, W) a sight: its channels, the others 0; edges are the length of the brightness gradient
/// (Sobel) in three equal channels.
std::vector<torch::Tensor> sights(const torch::Tensor& images, SightSplit split);

}  // namespace selfsight
