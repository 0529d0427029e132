#pragma once

#include <torch/types.h>

namespace selfsight {

/// What losses compute in: half precision becomes fp32, the rest stays as it is.
inline torch::Tensor atLeastFloat(const torch::Tensor& x)
{
    return x.scalar_type() == torch::kDouble ? x : x.to(torch::kFloat);
}

}  // namespace selfsight
