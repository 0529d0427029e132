#include "core/nn/convolution_parts.h"

#include <torch/nn/modules/batchnorm.h>

#include "core/nn/convolution.h"
#include "core/nn/group_norm.h"
#include "core/nn/weight_standardized_conv.h"

namespace selfsight {

torch::nn::AnyModule ConvolutionParts::convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                                    std::int64_t stride) const
{
    const auto options = torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false);
    if (norm == ConvolutionNorm::GroupWs) return torch::nn::AnyModule(std::make_shared<WeightStandardizedConv2d>(options));
    return torch::nn::AnyModule(std::make_shared<Convolution>(options));
}

torch::nn::AnyModule ConvolutionParts::normalization(std::int64_t channels) const
{
    if (norm == ConvolutionNorm::GroupWs) return torch::nn::AnyModule(std::make_shared<GroupNorm>(groups, channels));
    return torch::nn::AnyModule(torch::nn::BatchNorm2d(channels));
}

}  // namespace selfsight
