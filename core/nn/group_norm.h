#pragma once

#include <torch/nn/modules/normalization.h>

namespace selfsight {

/// Group norm that computes in its weights' precision: under autocast libtorch hands it half-precision inputs, which its CPU
/// kernel refuses to mix with fp32 weights. `groups` becomes the largest common divisor with the channels.
/// Paper: Wu and He 2018, arXiv 1803.08494.
class GroupNorm : public torch::nn::GroupNormImpl {
public:
    GroupNorm(std::int64_t groups, std::int64_t channels);

    torch::Tensor forward(const torch::Tensor& x);  // (B, C, ...)
};

}  // namespace selfsight
