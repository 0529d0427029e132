// Convolutions that are right on maps of a single pixel too.
#pragma once

#include <torch/nn/modules/conv.h>

namespace selfsight {

/// x (B, in, H, W), weight (out, in, k, k), zero padding. Along a side with room for the kernel at one place only, the stride has
/// nothing to skip and 1 is used: in the bf16 weight gradient of a 1 x 1 map with a stride of 2, oneDNN 2.6 reads memory that
/// nobody wrote, and the gradient is anything, NaN included. Without gradients the stride stays: a recording fits maps of any size.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, const torch::nn::detail::ConvNdOptions<2>& options);

/// torch's own, without bias, by convolve().
class Convolution : public torch::nn::Conv2dImpl {
public:
    explicit Convolution(const torch::nn::Conv2dOptions& options) : torch::nn::Conv2dImpl(options) {}

    torch::Tensor forward(const torch::Tensor& x) { return convolve(x, weight, options); }
};

}  // namespace selfsight
