// Losses that need no negatives because they ask for decorrelated, spread-out dimensions.
// Papers: Zbontar et al. 2021 (Barlow Twins), arXiv 2103.03230, equations 1-2; Bardes et al. 2021 (VICReg), arXiv 2105.04906,
// equations 1-6.
#pragma once

#include <torch/types.h>

namespace selfsight {

struct BarlowLoss {
    torch::Tensor loss, onDiagonal, offDiagonal;  // scalars: on + weight * off
    torch::Tensor correlation;                    // (D, D)
};

/// z1, z2 (B, D). Columns are standardised by batch norm (the authors' code), or by the unbiased deviation (their pseudo-code).
BarlowLoss barlowLoss(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonalWeight, double eps = 1e-5,
                      bool unbiased = false);

/// Sum of the squares of everything beside the diagonal. square (D, D).
torch::Tensor offDiagonalEnergy(const torch::Tensor& square);

/// mean over the columns of max(0, 1 - sqrt(unbiased variance + eps)). z (B, D).
torch::Tensor varianceHinge(const torch::Tensor& z, double eps = 1e-4);

/// Off-diagonal energy of the unbiased covariance, over D.
torch::Tensor covarianceEnergy(const torch::Tensor& z);

struct VicregWeights {
    double invariance = 25, variance = 25, covariance = 1;
};

struct VicregLoss {
    torch::Tensor loss, invariance;
    torch::Tensor variance[2], covariance[2];  // of the two views
};

/// `summedVariance`: the paper's equation 6; otherwise the mean over the views, as in the authors' code, to which the published
/// weights belong.
VicregLoss vicregLoss(const torch::Tensor& z1, const torch::Tensor& z2, const VicregWeights& weights, double eps = 1e-4,
                      bool summedVariance = false);

}  // namespace selfsight
