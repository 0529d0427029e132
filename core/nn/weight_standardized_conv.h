// Convolutions whose filters have mean 0 and variance 1: with group norm they replace batch norm.
// Paper: Qiao et al. 2019, arXiv 1903.10520.
#pragma once

#include <torch/nn/modules/conv.h>

namespace selfsight {

/// w (out, in, k, k) -> (w - mean) / sqrt(var + eps) for each output channel, with the biased variance. The paper's form.
torch::Tensor standardizedWeight(const torch::Tensor& w, double eps);

/// (w - mean) / (std + eps) with the unbiased deviation: the form of most released code (vissl).
torch::Tensor unbiasedStandardizedWeight(const torch::Tensor& w, double eps);

/// Holds the weight as it was drawn and standardises it at every use.
class WeightStandardizedConv2d : public torch::nn::Conv2dImpl {
public:
    explicit WeightStandardizedConv2d(const torch::nn::Conv2dOptions& options, double eps = 1e-5);

    torch::Tensor forward(const torch::Tensor& x);  // (B, in, H, W) -> (B, out, h, w)

private:
    double m_eps;
};

}  // namespace selfsight
