#include "core/nn/masked_pixels.h"

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

torch::Tensor patchify(const torch::Tensor& images, std::int64_t patch)
{
    const std::int64_t count = images.size(0), channels = images.size(1), rows = images.size(2) / patch, columns = images.size(3) / patch;
    return images.reshape({count, channels, rows, patch, columns, patch})
        .permute({0, 2, 4, 3, 5, 1})
        .reshape({count, rows * columns, patch * patch * channels});
}

torch::Tensor unpatchify(const torch::Tensor& patches, std::int64_t patch, std::int64_t rows)
{
    const std::int64_t count = patches.size(0), columns = patches.size(1) / rows, channels = patches.size(2) / (patch * patch);
    return patches.reshape({count, rows, columns, patch, patch, channels})
        .permute({0, 5, 1, 3, 2, 4})
        .reshape({count, channels, rows * patch, columns * patch});
}

torch::Tensor normalizedPatches(const torch::Tensor& patches, double eps)
{
    return (patches - patches.mean(-1, true)) / (patches.var(-1, true, true) + eps).sqrt();
}

Masking randomMasking(const torch::Tensor& noise, double ratio)
{
    const std::int64_t length = noise.size(1);
    const auto kept = static_cast<std::int64_t>(static_cast<double>(length) * (1 - ratio));
    const torch::Tensor order = noise.argsort(1, false);
    Masking result;
    result.keep = order.narrow(1, 0, kept);
    result.restore = order.argsort(1, false);
    result.mask = (result.restore >= kept).to(torch::kFloat);
    return result;
}

torch::Tensor takeTokens(const torch::Tensor& tokens, const torch::Tensor& keep)
{
    return tokens.gather(1, keep.unsqueeze(2).expand({-1, -1, tokens.size(2)}));
}

torch::Tensor maskedPixelLosses(const torch::Tensor& prediction, const torch::Tensor& target, const torch::Tensor& mask)
{
    const FullPrecision guard;
    const torch::Tensor perPatch = (atLeastFloat(prediction) - target).pow(2).mean(2);
    return (perPatch * mask).sum(1) * (static_cast<double>(mask.size(0)) / mask.sum());
}

}  // namespace selfsight
