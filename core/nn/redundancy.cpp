#include "core/nn/redundancy.h"

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

torch::Tensor standardized(const torch::Tensor& z, double eps, bool unbiased)
{
    const torch::Tensor centered = z - z.mean(0);
    if (unbiased) return centered / z.std(0, true);
    return centered / (centered.pow(2).mean(0) + eps).sqrt();
}

}  // namespace

torch::Tensor offDiagonalEnergy(const torch::Tensor& square)
{
    return square.pow(2).sum() - square.diagonal().pow(2).sum();
}

BarlowLoss barlowLoss(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonalWeight, double eps, bool unbiased)
{
    const FullPrecision guard;
    const torch::Tensor a = standardized(atLeastFloat(z1), eps, unbiased), b = standardized(atLeastFloat(z2), eps, unbiased);
    BarlowLoss result;
    result.correlation = a.t().mm(b) / static_cast<double>(z1.size(0));
    result.onDiagonal = (result.correlation.diagonal() - 1).pow(2).sum();
    result.offDiagonal = offDiagonalEnergy(result.correlation);
    result.loss = result.onDiagonal + result.offDiagonal * offDiagonalWeight;
    return result;
}

torch::Tensor varianceHinge(const torch::Tensor& z, double eps)
{
    return torch::relu(1 - (z.var(0, true) + eps).sqrt()).mean();
}

torch::Tensor covarianceEnergy(const torch::Tensor& z)
{
    const torch::Tensor centered = z - z.mean(0);
    return offDiagonalEnergy(centered.t().mm(centered) / static_cast<double>(z.size(0) - 1)) / static_cast<double>(z.size(1));
}

VicregLoss vicregLoss(const torch::Tensor& z1, const torch::Tensor& z2, const VicregWeights& weights, double eps,
                      bool summedVariance)
{
    const FullPrecision guard;
    const torch::Tensor z[] = {atLeastFloat(z1), atLeastFloat(z2)};
    VicregLoss result;
    result.invariance = (z[0] - z[1]).pow(2).mean();
    for (int view = 0; view < 2; ++view) {
        result.variance[view] = varianceHinge(z[view], eps);
        result.covariance[view] = covarianceEnergy(z[view]);
    }
    result.loss = result.invariance * weights.invariance +
                  (result.variance[0] + result.variance[1]) * (summedVariance ? weights.variance : weights.variance / 2) +
                  (result.covariance[0] + result.covariance[1]) * weights.covariance;
    return result;
}

}  // namespace selfsight
