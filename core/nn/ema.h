// The exponential moving average of weights: BYOL's target, MoCo's key encoder, DINO's teacher.
#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace selfsight {

/// target <- tau * target + (1 - tau) * online, tensor by tensor. The lists have equal lengths and shapes.
void emaUpdate(const std::vector<torch::Tensor>& target, const std::vector<torch::Tensor>& online, double tau);

/// The same for all parameters of two modules of one architecture. Buffers (batch-norm statistics) are left alone: the
/// target keeps its own, as in MoCo, BYOL and DINO.
void emaUpdate(torch::nn::Module& target, const torch::nn::Module& online, double tau);

}  // namespace selfsight
