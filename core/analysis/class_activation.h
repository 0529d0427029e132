// Where in an image a convolutional network sees a class.
// Papers: Selvaraju et al. 2017 (Grad-CAM), arXiv 1610.02391, 3, equations 1 and 2; of a linear layer on averaged maps it is Zhou
// et al. 2016 (CAM), arXiv 1512.04150, but for a factor and the negative part.
#pragma once

#include <torch/types.h>

#include <functional>

namespace selfsight
{

/// Averaged maps (B, D) -> (B, C).
using LogitsOfPooled = std::function<torch::Tensor(const torch::Tensor& pooled)>;

/// maps (B, D, h, w) of the last convolution, classes (B) int64 -> (B, h, w), not negative: the maps, each weighted by the mean
/// gradient of its image's class score.
torch::Tensor gradCam(const torch::Tensor& maps, const LogitsOfPooled& logits, const torch::Tensor& classes);

}  // namespace selfsight
