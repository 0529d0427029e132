#include "core/nn/ema.h"

namespace selfsight {

void emaUpdate(const std::vector<torch::Tensor>& target, const std::vector<torch::Tensor>& online, double tau)
{
    const torch::NoGradGuard noGrad;
    at::_foreach_mul_(target, tau);
    at::_foreach_add_(target, online, 1 - tau);
}

void emaUpdate(torch::nn::Module& target, const torch::nn::Module& online, double tau)
{
    emaUpdate(target.parameters(), online.parameters(), tau);
}

}  // namespace selfsight
