#pragma once

#include <torch/types.h>

namespace selfsight {

/// x / ||x|| row by row, (N, D) -> (N, D) in fp32 at least, differentiable. Rows of any finite length give the same result: they
/// are brought to a largest entry of 1 first, so that no square over- or underflows. A row of zeros stays zero.
torch::Tensor unitRows(const torch::Tensor& x);

/// The cosine of each row of x with the same row of y, (N, D) twice -> (N).
torch::Tensor rowCosines(const torch::Tensor& x, const torch::Tensor& y);

/// Share of the columns of x (N, K) that are the largest of some row: a scalar.
torch::Tensor usedShare(const torch::Tensor& x);

}  // namespace selfsight
