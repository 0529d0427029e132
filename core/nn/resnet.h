// Residual networks with torchvision's parameter names (version 1.5: a bottleneck strides in its 3x3 convolution), without `fc`.
// Paper: He et al. 2016, arXiv 1512.03385.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <vector>

#include "core/nn/backbone.h"
#include "core/nn/convolution_parts.h"

namespace selfsight {

/// How images enter: 7x7 stride 2 and max-pool; 3x3; or 3x3 stride 2, which costs a quarter of the 3x3.
enum class Stem { ImageNet, Small, Strided };

struct ResNetOptions {
    int depth = 18;  // 10, 18, 34, 50, 101 or 152
    int width = 64;  // channels of the first layer
    Stem stem = Stem::Small;
    bool zeroInitResidual = false;
    ConvolutionNorm norm = ConvolutionNorm::Batch;
    int groups = 16;  // of group norm
    bool selectiveKernels = false;
};

const SchemaFor<ResNetOptions>& resNetSchema();

class ResNet : public Backbone {
public:
    explicit ResNet(const ResNetOptions& options);

    torch::Tensor forward(const torch::Tensor& images) override;  // (B, 3, H, W) -> (B, featureSize())
    std::int64_t featureSize() const override { return m_featureSize; }
    torch::Tensor maps(const torch::Tensor& images) override;     // (B, 3, H, W) -> (B, featureSize(), h, w)

private:
    Stem m_stem;
    std::int64_t m_featureSize;
    torch::nn::AnyModule m_conv1, m_bn1;
    std::vector<torch::nn::Sequential> m_layers;
};

}  // namespace selfsight
