// Alignment and uniformity of tensors, differentiable: embedding_quality.h measures with them, and they can be trained on.
// Paper: Wang and Isola 2020, arXiv 2005.10242.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// x, y (N, D), any row lengths -> scalar.
torch::Tensor alignmentLoss(const torch::Tensor& x, const torch::Tensor& y, double alpha);

/// x (N, D), N > 1 -> scalar. Memory: a thousand rows against all at a time, more when gradients are recorded.
torch::Tensor uniformityLoss(const torch::Tensor& x, double t);

}  // namespace selfsight
