#include "core/nn/sup_con.h"

#include <limits>

#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor supConLosses(const torch::Tensor& rows, const torch::Tensor& labels, double temperature, bool sumInside)
{
    const FullPrecision guard;
    constexpr double kMinus = -std::numeric_limits<double>::infinity();
    const torch::Tensor z = unitRows(rows);
    const torch::Tensor logP = torch::log_softmax((z.mm(z.t()) / temperature).fill_diagonal_(kMinus), 1);
    const torch::Tensor positive = (labels.unsqueeze(0) == labels.unsqueeze(1)).fill_diagonal_(false);
    const torch::Tensor count = positive.sum(1);
    if (!sumInside) return -(logP.masked_fill(~positive, 0).sum(1) / count.clamp_min(1));
    const torch::Tensor alone = (count == 0).unsqueeze(1);
    // A row of -infinities has no gradient: one that is alone gets a harmless entry, and its result is dropped.
    const torch::Tensor inside = logP.masked_fill(~positive, kMinus).masked_fill(alone, 0);
    return -torch::logsumexp(inside, 1).masked_fill(alone.squeeze(1), 0);
}

}  // namespace selfsight
