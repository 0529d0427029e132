// A fixed number of past keys, oldest overwritten first.
// Paper: He et al. 2019, arXiv 1911.05722, 3.2.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// Random unit rows (length, size): what a queue holds before any key.
torch::Tensor randomUnitRows(std::int64_t length, std::int64_t size);

/// Overwrites rows `position`, `position` + 1, ... (modulo the length) of `queue` (K, D) with `rows` (B, D), B <= K.
/// Returns the position after the last.
std::int64_t enqueue(torch::Tensor queue, const torch::Tensor& rows, std::int64_t position);

}  // namespace selfsight
