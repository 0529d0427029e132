#include "core/nn/group_norm.h"

#include <numeric>

namespace selfsight {

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels)
    : GroupNormImpl(torch::nn::GroupNormOptions(std::gcd(groups, channels), channels))
{
}

torch::Tensor GroupNorm::forward(const torch::Tensor& x)
{
    return GroupNormImpl::forward(x.to(weight.scalar_type()));
}

}  // namespace selfsight
