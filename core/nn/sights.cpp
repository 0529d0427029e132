#include "core/nn/sights.h"

namespace selfsight {

namespace {

torch::Tensor keepChannels(const torch::Tensor& images, const std::vector<float>& kept)
{
    return images * torch::tensor(kept).to(images.device()).view({1, 3, 1, 1});
}

torch::Tensor edges(const torch::Tensor& images)
{
    const torch::Tensor across = torch::tensor({{-1.F, 0.F, 1.F}, {-2.F, 0.F, 2.F}, {-1.F, 0.F, 1.F}}) / 4;
    const torch::Tensor kernels = torch::stack({across, across.t()}).unsqueeze(1).to(images.device());  // (2, 1, 3, 3)
    const torch::Tensor slopes = torch::conv2d(images.mean(1, true), kernels, {}, 1, 1);                // (B, 2, H, W)
    return (slopes.pow(2).sum(1, true) + 1e-12).sqrt().expand({-1, 3, -1, -1});
}

}  // namespace

std::vector<std::string> sightNames(SightSplit split)
{
    switch (split) {
    case SightSplit::LightnessColour: return {"l", "ab"};
    case SightSplit::Channels: return {"l", "a", "b"};
    case SightSplit::ImageEdges: break;
    }
    return {"rgb", "edges"};
}

std::vector<torch::Tensor> sights(const torch::Tensor& images, SightSplit split)
{
    switch (split) {
    case SightSplit::LightnessColour: return {keepChannels(images, {1, 0, 0}), keepChannels(images, {0, 1, 1})};
    case SightSplit::Channels: return {keepChannels(images, {1, 0, 0}), keepChannels(images, {0, 1, 0}), keepChannels(images, {0, 0, 1})};
    case SightSplit::ImageEdges: break;
    }
    return {images, edges(images)};
}

}  // namespace selfsight
