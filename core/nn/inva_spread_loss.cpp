#include "core/nn/inva_spread_loss.h"

#include <limits>

#include "core/nn/torch_compat.h"

namespace selfsight {

torch::Tensor invaSpreadLosses(const torch::Tensor& x, double temperature, double negativeWeight, bool bothFactors)
{
    const FullPrecision guard;
    const std::int64_t batch = x.size(0) / 2;
    torch::Tensor logits = x.mm((bothFactors ? x : x.detach()).t()) / temperature;
    logits.fill_diagonal_(-std::numeric_limits<double>::infinity());
    const torch::Tensor logProbabilities = torch::log_softmax(logits, 1);
    const torch::Tensor attracted = torch::cat({logProbabilities.diagonal(batch), logProbabilities.diagonal(-batch)});

    // ln(1 - p) of every other pair; a p that rounds to 1 would give -infinity.
    torch::Tensor p = logProbabilities.exp().clamp_max(1 - std::numeric_limits<float>::epsilon() / 2);
    torch::Tensor others = torch::ones_like(p);
    others.diagonal(batch).zero_();
    others.diagonal(-batch).zero_();
    const torch::Tensor repelled = (torch::log1p(-p) * others).sum(1);
    return -(attracted + repelled * negativeWeight);
}

}  // namespace selfsight
