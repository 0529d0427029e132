// Exact nearest rows where the processor multiplies bfloat16: a cheap product with a proven bound on its error leaves few
// candidates, and those are compared in float. Errors of rounding are measured on the rows themselves.
#pragma once

#include "core/analysis/knn_scores.h"

namespace selfsight {

/// Whether this processor has products of bfloat16; without them the search is correct but slow.
bool multipliesBfloat16();

/// As nearestRows(), for float rows on the CPU: the same rows, but for similarities that float cannot tell apart.
Neighbours nearestByCandidates(const torch::Tensor& bank, const torch::Tensor& queries, std::int64_t k);

}  // namespace selfsight
