#include "core/nn/patch_embedding.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <bit>
#include <cmath>

namespace selfsight {

namespace {

/// The channels double up to `dim` at the last stride.
torch::nn::Sequential convStem(std::int64_t dim, std::int64_t patch)
{
    TORCH_CHECK(std::has_single_bit(static_cast<std::uint64_t>(patch)), "a conv_stem's patch is a power of two");
    torch::nn::Sequential layers;
    std::int64_t channels = 3;
    for (std::int64_t left = patch / 2; left > 0; left /= 2) {
        const std::int64_t out = std::max<std::int64_t>(dim / left, 1);
        layers->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, out, 3).stride(2).padding(1).bias(false)));
        layers->push_back(torch::nn::BatchNorm2d(out));
        layers->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
        channels = out;
    }
    layers->push_back(torch::nn::Conv2d(channels, dim, 1));
    return layers;
}

}  // namespace

PatchEmbedding::PatchEmbedding(std::int64_t dim, std::int64_t patch, PatchProjection kind) : m_patch(patch), m_kind(kind)
{
    if (kind == PatchProjection::ConvStem) {
        m_layers = register_module("proj", convStem(dim, patch));
    } else {
        m_layers->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, dim, patch).stride(patch)));
        register_module("proj", m_layers->ptr(0));  // the name of DINO's checkpoints
    }
    if (kind == PatchProjection::Frozen)
        for (torch::Tensor& parameter : parameters()) parameter.set_requires_grad(false);
}

torch::Tensor PatchEmbedding::forward(const torch::Tensor& images)
{
    const torch::Tensor seen =
        images.slice(2, 0, images.size(2) / m_patch * m_patch).slice(3, 0, images.size(3) / m_patch * m_patch);
    if (m_kind != PatchProjection::StopGradient) return m_layers->forward(seen);
    // Zero times the weights gives a gradient of zero. With none at all, optimisers would leave out the weight decay.
    torch::Tensor patches = m_layers->forward(seen).detach();
    for (const torch::Tensor& parameter : parameters()) patches = patches + 0 * parameter.sum();
    return patches;
}

void PatchEmbedding::initializeAsLinear()
{
    if (m_kind == PatchProjection::ConvStem) return;
    auto* convolution = m_layers->ptr(0)->as<torch::nn::Conv2d>();
    const double bound = std::sqrt(6.0 / static_cast<double>(convolution->weight[0].numel() + convolution->weight.size(0)));
    torch::nn::init::uniform_(convolution->weight, -bound, bound);
    torch::nn::init::zeros_(convolution->bias);
}

}  // namespace selfsight
