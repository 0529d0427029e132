// The convolutions and norms that a residual network is built of.
#pragma once

#include <torch/nn/modules/container/any.h>

#include <cstdint>

namespace selfsight {

/// GroupWs: group norm behind weight-standardised convolutions, nothing depends on the batch.
/// Paper: Richemond et al. 2020 (BYOL without batch statistics), arXiv 2010.10241.
enum class ConvolutionNorm { Batch, GroupWs };

struct ConvolutionParts {
    ConvolutionNorm norm = ConvolutionNorm::Batch;
    std::int64_t groups = 16;  // of GroupWs; fewer where they do not divide the channels

    /// Without bias; at stride 1 the size stays.
    torch::nn::AnyModule convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) const;
    torch::nn::AnyModule normalization(std::int64_t channels) const;
};

}  // namespace selfsight
