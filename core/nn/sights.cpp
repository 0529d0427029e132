#include "core/nn/sights.h"

namespace selfsight {

namespace {

/// `count` channels from `first` on, the others 0.
torch::Tensor keepChannels(const torch::Tensor& images, std::int64_t first, std::int64_t count)
{
    torch::Tensor kept = torch::zeros_like(images);
    kept.narrow(1, first, count).copy_(images.narrow(1, first, count));
    return kept;
}

/// Sobel's slope along `along`: the difference of both neighbours, smoothed 1 : 2 : 1 across; outside the image lies black.
torch::Tensor slope(const torch::Tensor& padded, std::int64_t along, std::int64_t across)
{
    const auto shifted = [](const torch::Tensor& x, std::int64_t axis, std::int64_t by) { return x.narrow(axis, by, x.size(axis) - 2); };
    const torch::Tensor difference = shifted(padded, along, 2) - shifted(padded, along, 0);
    return (shifted(difference, across, 0) + 2 * shifted(difference, across, 1) + shifted(difference, across, 2)) / 4;
}

torch::Tensor edges(const torch::Tensor& images)
{
    const torch::Tensor padded = torch::constant_pad_nd(images.mean(1, true), {1, 1, 1, 1});
    return (slope(padded, 3, 2).pow(2) + slope(padded, 2, 3).pow(2) + 1e-12).sqrt().expand({-1, 3, -1, -1});
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
    case SightSplit::LightnessColour: return {keepChannels(images, 0, 1), keepChannels(images, 1, 2)};
    case SightSplit::Channels: return {keepChannels(images, 0, 1), keepChannels(images, 1, 1), keepChannels(images, 2, 1)};
    case SightSplit::ImageEdges: break;
    }
    return {images, edges(images)};
}

}  // namespace selfsight
