#include "core/nn/selective_kernels.h"

#include <algorithm>

namespace selfsight {

SelectiveKernels::SelectiveKernels(std::int64_t in, std::int64_t out, std::int64_t stride, ConvolutionParts parts)
    : m_streams(parts.convolution(in, 2 * out, 3, stride)), m_streamNorm(parts.normalization(2 * out))
{
    const std::int64_t between = std::max<std::int64_t>(out / 16, 32);
    parts.groups = 1;  // a pooled channel is a single number: smaller groups would leave little of it
    m_squeeze = parts.convolution(out, between, 1, 1);
    m_squeezeNorm = parts.normalization(between);
    m_mix = torch::nn::Conv2d(torch::nn::Conv2dOptions(between, 2 * out, 1).bias(false));

    register_module("conv", m_streams.ptr());
    register_module("bn", m_streamNorm.ptr());
    register_module("squeeze", m_squeeze.ptr());
    register_module("squeeze_bn", m_squeezeNorm.ptr());
    register_module("mix", m_mix);
}

torch::Tensor SelectiveKernels::forward(const torch::Tensor& x)
{
    const auto streams = m_streamNorm.forward(m_streams.forward(x)).relu_().chunk(2, 1);  // (B, out, h, w) each
    const torch::Tensor pooled = (streams[0] + streams[1]).mean({2, 3}, true);
    const auto scores = m_mix(m_squeezeNorm.forward(m_squeeze.forward(pooled)).relu_()).chunk(2, 1);
    const torch::Tensor share = torch::sigmoid(scores[0] - scores[1]);  // the softmax of two
    return streams[1] + share * (streams[0] - streams[1]);
}

}  // namespace selfsight
