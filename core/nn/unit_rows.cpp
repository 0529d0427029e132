#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor unitRows(const torch::Tensor& x)
{
    // Rescaling doesn't change the direction, so its own derivative is zero and may be left out.
    const torch::Tensor largest = x.detach().abs().amax(1, true);  // (N, 1)
    const torch::Tensor scaled = x / torch::where(largest > 0, largest, torch::ones_like(largest));
    return scaled / scaled.norm(2, 1, true).clamp_min(1);  // a row that isn't zero is now at least 1 long
}

}  // namespace selfsight
