// Predictions that shall point where the other view's projection points.
// Papers: Chen and He 2020 (SimSiam), arXiv 2011.10566, equation 2; Grill et al. 2020 (BYOL), arXiv 2006.07733, equation 2.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// -(mean cos(p1, z2) + mean cos(p2, z1)) / 2, in -1..1. All (B, D); with `stopGradient` z1 and z2 are constants.
torch::Tensor negativeCosine(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& z1, const torch::Tensor& z2,
                             bool stopGradient = true);

/// The summed squared distances of the unit vectors, mean(2 - 2 cos(p1, z2)) + mean(2 - 2 cos(p2, z1)), in 0..8.
torch::Tensor byolLoss(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& z1, const torch::Tensor& z2);

}  // namespace selfsight
