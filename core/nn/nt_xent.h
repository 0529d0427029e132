// The loss of SimCLR: normalised temperature-scaled cross entropy.
// Paper: Chen et al. 2020, arXiv 2002.05709, equation 1.
#pragma once

#include <torch/types.h>

namespace selfsight {

struct NtXent {
    torch::Tensor loss;        // scalar: mean over all 2B anchors
    torch::Tensor perSample;   // (B) detached: mean of the two anchors of an image
    torch::Tensor accuracy;    // scalar, detached: share of the anchors whose partner is the most similar of all 2B - 1
    torch::Tensor similarity;  // (B, B) detached: cosines of view 1 (rows) and view 2 (columns)
};

/// z1, z2 (B, D): projections of the two views, of any length. Half-precision inputs are computed in fp32.
NtXent ntXent(const torch::Tensor& z1, const torch::Tensor& z2, double temperature);

}  // namespace selfsight
