// A neighbour from a queue of past embeddings in place of the image's own second view.
// Paper: Dwibedi et al. 2021 (NNCLR), arXiv 2104.14548, equation 3 and algorithm 1.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// Row of `bank` (M, D) (unit rows) nearest to each row of z (B, D) by cosine: (B) int64.
torch::Tensor nearestRows(const torch::Tensor& z, const torch::Tensor& bank);

/// Cross entropies of n(neighbours) n(predictions)^T / T with the diagonal, both (B, D) -> (B), the loss is their mean; gradient to the predictions alone.
/// `bothWays` adds the same with rows and columns exchanged.
torch::Tensor neighbourLosses(const torch::Tensor& neighbours, const torch::Tensor& predictions, double temperature,
                            bool bothWays = false);

}  // namespace selfsight
