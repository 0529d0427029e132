#pragma once

#include <torch/types.h>

namespace selfsight {

/// x / ||x|| row by row, (N, D) -> (N, D), differentiable. Rows of any finite length give the same result: they are brought to a
/// largest entry of 1 first, so that no square over- or underflows. A row of zeros stays zero.
torch::Tensor unitRows(const torch::Tensor& x);

}  // namespace selfsight
