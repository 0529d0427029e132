#include "core/nn/nearest_neighbour.h"

#include "core/nn/info_nce.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor nearestRows(const torch::Tensor& z, const torch::Tensor& bank)
{
    const FullPrecision guard;
    const torch::NoGradGuard noGrad;
    return unitRows(z).mm(bank.t()).argmax(1);
}

torch::Tensor neighbourLosses(const torch::Tensor& neighbours, const torch::Tensor& predictions, double temperature, bool bothWays)
{
    const FullPrecision guard;
    const torch::Tensor logits = unitRows(neighbours.detach()).mm(unitRows(predictions).t()) / temperature;
    const torch::Tensor loss = diagonalInfoNce(logits).perSample;
    return bothWays ? loss + diagonalInfoNce(logits.t()).perSample : loss;
}

}  // namespace selfsight
