#include "core/nn/positions.h"

#include <cmath>

namespace selfsight {

torch::Tensor sinCosPositions(std::int64_t dim, std::int64_t h, std::int64_t w, SinCosOrder order, double temperature)
{
    const torch::Tensor n = torch::arange(h * w, torch::kDouble);
    const bool mae = order == SinCosOrder::Mae;
    const torch::Tensor a = mae ? n.remainder(w) : n.floor_divide(h), b = mae ? n.floor_divide(w) : n.remainder(h);
    const torch::Tensor frequencies = torch::pow(temperature, -torch::arange(dim / 4, torch::kDouble) / (dim / 4));
    const torch::Tensor angleA = a.outer(frequencies), angleB = b.outer(frequencies);  // (h w, D / 4)
    const torch::Tensor patches = torch::cat({angleA.sin(), angleA.cos(), angleB.sin(), angleB.cos()}, 1);
    return torch::cat({torch::zeros({1, dim}, torch::kDouble), patches}).unsqueeze(0).to(torch::kFloat);
}

torch::Tensor interpolatePositions(const torch::Tensor& positions, std::int64_t h, std::int64_t w)
{
    const std::int64_t side = std::lround(std::sqrt(static_cast<double>(positions.size(1) - 1)));
    if (h == side && w == side) return positions;
    const torch::Tensor grid = positions.slice(1, 1).transpose(1, 2).unflatten(2, {side, side});
    // The official code adds 0.1 against rounding of the size, and so scales by a little more than h / side.
    const double scaleH = (static_cast<double>(h) + 0.1) / static_cast<double>(side);
    const double scaleW = (static_cast<double>(w) + 0.1) / static_cast<double>(side);
    const torch::Tensor resized = at::upsample_bicubic2d(grid, {h, w}, false, scaleH, scaleW);
    return torch::cat({positions.slice(1, 0, 1), resized.flatten(2).transpose(1, 2)}, 1);
}

}  // namespace selfsight
