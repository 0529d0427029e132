#include "core/nn/weight_standardized_conv.h"

#include "core/nn/convolution.h"

namespace selfsight {

namespace {

torch::Tensor centred(const torch::Tensor& w)
{
    return w - w.mean({1, 2, 3}, true);
}

}  // namespace

torch::Tensor standardizedWeight(const torch::Tensor& w, double eps)
{
    const torch::Tensor filters = centred(w);
    return filters * (filters.square().mean({1, 2, 3}, true) + eps).rsqrt();
}

torch::Tensor unbiasedStandardizedWeight(const torch::Tensor& w, double eps)
{
    return centred(w) / (w.std({1, 2, 3}, true, true) + eps);
}

WeightStandardizedConv2d::WeightStandardizedConv2d(const torch::nn::Conv2dOptions& options, double eps)
    : torch::nn::Conv2dImpl(options), m_eps(eps)
{
}

torch::Tensor WeightStandardizedConv2d::forward(const torch::Tensor& x)
{
    return convolve(x, standardizedWeight(weight, m_eps), options);
}

}  // namespace selfsight
