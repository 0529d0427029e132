#include "core/nn/sinkhorn.h"

#include <cmath>

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

torch::Tensor sinkhorn(const torch::Tensor& scores, double epsilon, int iterations)
{
    const FullPrecision guard;
    const torch::NoGradGuard noGrad;
    // Each step divides by sums; constant factors of the whole cancel in the last one, which leaves rows of sum 1.
    torch::Tensor logarithm = atLeastFloat(scores) / epsilon;
    for (int i = 0; i < iterations; ++i) {
        logarithm = torch::log_softmax(logarithm, 0);
        logarithm = torch::log_softmax(logarithm, 1);
    }
    return logarithm.exp();
}

SwavLoss swavLoss(const std::vector<torch::Tensor>& scores, const std::vector<torch::Tensor>& queued, double temperature,
                  double epsilon, int iterations)
{
    const FullPrecision guard;
    SwavLoss result;
    torch::Tensor sum;
    for (std::size_t j = 0; j < 2; ++j) {
        const torch::Tensor own = scores[j].detach();
        const torch::Tensor all = queued.empty() ? own : torch::cat({queued[j].detach(), own});
        result.codes.push_back(sinkhorn(all, epsilon, iterations).slice(0, all.size(0) - own.size(0)));
        for (std::size_t v = 0; v < scores.size(); ++v) {
            if (v == j) continue;
            const torch::Tensor logP = torch::log_softmax(atLeastFloat(scores[v]) / temperature, 1);
            const torch::Tensor term = (result.codes[j] * logP).sum(1);
            sum = sum.defined() ? sum + term : term;
        }
    }
    result.perSample = sum / (-2.0 * static_cast<double>(scores.size() - 1));
    result.loss = result.perSample.mean();
    return result;
}

}  // namespace selfsight
