#include "core/nn/patch_masks.h"

#include <algorithm>
#include <cmath>

namespace selfsight {

namespace {

struct PatchGrid {
    bool* hidden;
    std::int64_t h, w;
    bool* row(std::int64_t y) const { return hidden + y * w; }
};

/// Hides one more rectangle of at most `most` patches that were visible; returns how many they are, 0 when no try fits.
std::int64_t hideBlock(Rng& rng, const PatchGrid& grid, std::int64_t most)
{
    constexpr int kTries = 10;
    const std::int64_t third = std::min(grid.h, grid.w) / 3;
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const double area = rng.uniform(static_cast<double>(third * third), static_cast<double>(most));
        const double shape = std::exp(rng.uniform(std::log(0.3), -std::log(0.3)));
        const std::int64_t height = std::lround(std::sqrt(area * shape)), width = std::lround(std::sqrt(area / shape));
        if (height < 1 || width < 1 || height > grid.h || width > grid.w) continue;
        const std::int64_t top = rng.below(grid.h - height + 1), left = rng.below(grid.w - width + 1);
        std::int64_t fresh = height * width;
        for (std::int64_t y = top; y < top + height; ++y) fresh -= std::count(grid.row(y) + left, grid.row(y) + left + width, true);
        if (fresh < 1 || fresh > most) continue;
        for (std::int64_t y = top; y < top + height; ++y) std::fill_n(grid.row(y) + left, width, true);
        return fresh;
    }
    return 0;
}

}  // namespace

torch::Tensor blockMasks(Rng& rng, const std::vector<double>& shares, std::int64_t h, std::int64_t w)
{
    const torch::Tensor masks = torch::zeros({static_cast<std::int64_t>(shares.size()), h * w}, torch::kBool);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const PatchGrid grid{masks.data_ptr<bool>() + static_cast<std::int64_t>(i) * h * w, h, w};
        auto left = static_cast<std::int64_t>(shares[i] * static_cast<double>(h * w));
        for (std::int64_t hidden = left; left > 0 && hidden > 0; left -= hidden) hidden = hideBlock(rng, grid, left);
    }
    return masks;
}

torch::Tensor scatteredMasks(Rng& rng, const std::vector<double>& shares, std::int64_t count)
{
    const torch::Tensor masks = torch::zeros({static_cast<std::int64_t>(shares.size()), count}, torch::kBool);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        std::vector<std::int64_t> order = rng.permutation(count);
        order.resize(static_cast<std::size_t>(std::lround(shares[i] * static_cast<double>(count))));
        for (const std::int64_t patch : order) masks.data_ptr<bool>()[static_cast<std::int64_t>(i) * count + patch] = true;
    }
    return masks;
}

}  // namespace selfsight
