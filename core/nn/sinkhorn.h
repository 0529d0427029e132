// Soft assignments that use every prototype equally, and the loss that swaps them between views.
// Paper: Caron et al. 2020 (SwAV), arXiv 2006.09882, 3.1 and equation 2; Cuturi 2013, arXiv 1306.0895.
#pragma once

#include <torch/types.h>

#include <vector>

namespace selfsight {

/// scores (B, K) -> codes (B, K), rows of sum 1, columns of sum near B / K. Computed on logarithms: no epsilon overflows.
torch::Tensor sinkhorn(const torch::Tensor& scores, double epsilon, int iterations);

struct SwavLoss {
    torch::Tensor loss;                // scalar: mean of perSample
    torch::Tensor perSample;           // (B)
    std::vector<torch::Tensor> codes;  // two of (B, K)
};

/// scores: prototype scores of every crop, each (B, K), the two global crops first. queued: scores of stored embeddings of the
/// global crops, two of (Q, K), or none; they share the assignment and are then left out.
SwavLoss swavLoss(const std::vector<torch::Tensor>& scores, const std::vector<torch::Tensor>& queued, double temperature,
                  double epsilon, int iterations);

}  // namespace selfsight
