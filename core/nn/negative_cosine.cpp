#include "core/nn/negative_cosine.h"

#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor negativeCosine(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& z1, const torch::Tensor& z2,
                             bool stopGradient)
{
    const FullPrecision guard;
    const auto target = [stopGradient](const torch::Tensor& z) { return stopGradient ? z.detach() : z; };
    return (rowCosines(p1, target(z2)).mean() + rowCosines(p2, target(z1)).mean()) * -0.5;
}

torch::Tensor byolLoss(const torch::Tensor& p1, const torch::Tensor& p2, const torch::Tensor& z1, const torch::Tensor& z2)
{
    return 4 + 4 * negativeCosine(p1, p2, z1, z2);
}

}  // namespace selfsight
