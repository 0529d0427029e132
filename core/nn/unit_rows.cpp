#include "core/nn/unit_rows.h"

#include "core/nn/precision.h"

namespace selfsight {

torch::Tensor unitRows(const torch::Tensor& rows)
{
    const torch::Tensor x = atLeastFloat(rows);
    // Rescaling doesn't change the direction, so its own derivative is zero and may be left out.
    const torch::Tensor largest = x.detach().abs().amax(1, true);  // (N, 1)
    const torch::Tensor scaled = x / torch::where(largest > 0, largest, torch::ones_like(largest));
    return scaled / scaled.norm(2, 1, true).clamp_min(1);  // a row that isn't zero is now at least 1 long
}

torch::Tensor rowCosines(const torch::Tensor& x, const torch::Tensor& y)
{
    return (unitRows(x) * unitRows(y)).sum(1);
}

torch::Tensor usedShare(const torch::Tensor& x)
{
    return torch::zeros({x.size(1)}, x.options().dtype(torch::kFloat)).index_fill_(0, x.argmax(1), 1).mean();
}

}  // namespace selfsight
