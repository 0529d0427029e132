// Two 3x3 convolutions, mixed channel by channel with shares that the picture decides.
// Papers: Li et al. 2019, arXiv 1903.06586; in the form of SimCLR v2 (Chen et al. 2020, arXiv 2006.10029, 2), whose second
// stream is 3x3 as well instead of 5x5, with a ratio of 1/16 and at least 32 channels between.
#pragma once

#include <torch/nn/modules/conv.h>

#include "core/nn/convolution_parts.h"

namespace selfsight {

class SelectiveKernels : public torch::nn::Module {
public:
    SelectiveKernels(std::int64_t in, std::int64_t out, std::int64_t stride, ConvolutionParts parts);

    /// (B, in, H, W) -> (B, out, h, w), normalised and not negative.
    torch::Tensor forward(const torch::Tensor& x);

private:
    torch::nn::AnyModule m_streams, m_streamNorm, m_squeeze, m_squeezeNorm;
    torch::nn::Conv2d m_mix{nullptr};
};

}  // namespace selfsight
