// Hiding most patches of an image and predicting their pixels.
// Paper: He et al. 2021 (MAE), arXiv 2111.06377, 3.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// images (N, C, H, W) -> (N, L, patch^2 C): patches row by row, within a patch (row, column, channel). H and W are multiples
/// of `patch`.
torch::Tensor patchify(const torch::Tensor& images, std::int64_t patch);

/// The inverse: (N, L, patch^2 C) -> (N, C, H, W) of a grid of `rows` patches.
torch::Tensor unpatchify(const torch::Tensor& patches, std::int64_t patch, std::int64_t rows);

/// Each patch with mean 0 and (unbiased) variance 1.
torch::Tensor normalizedPatches(const torch::Tensor& patches, double eps = 1e-6);

struct Masking {
    torch::Tensor keep;     // (N, kept) int64: tokens that stay, by rising noise
    torch::Tensor restore;  // (N, L) int64: where each token stands among [kept, removed]
    torch::Tensor mask;     // (N, L): 0 kept, 1 removed
};

/// Keeps the int(L (1 - ratio)) tokens of the smallest noise (N, L).
Masking randomMasking(const torch::Tensor& noise, double ratio);

/// tokens (N, L, D), keep (N, k) -> (N, k, D).
torch::Tensor takeTokens(const torch::Tensor& tokens, const torch::Tensor& keep);

/// Mean squared error of the masked patches alone, as the mean of these (N). prediction, target (N, L, P), mask (N, L).
torch::Tensor maskedPixelLosses(const torch::Tensor& prediction, const torch::Tensor& target, const torch::Tensor& mask);

}  // namespace selfsight
