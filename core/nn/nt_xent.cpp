#include "core/nn/nt_xent.h"

#include <limits>

#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

NtXent ntXent(const torch::Tensor& z1, const torch::Tensor& z2, double temperature)
{
    const FullPrecision guard;
    const std::int64_t batch = z1.size(0);
    const torch::Tensor z = unitRows(torch::cat({z1, z2}));  // (2B, D)
    const torch::Tensor cosines = z.mm(z.t());  // (2B, 2B)
    torch::Tensor logits = cosines / temperature;
    logits.fill_diagonal_(-std::numeric_limits<double>::infinity());  // nobody is compared with itself
    // The partner of row i is row (i + B) mod 2B: the two diagonals at distance B.
    const torch::Tensor partners = torch::cat({logits.diagonal(batch), logits.diagonal(-batch)});
    const torch::Tensor perAnchor = torch::logsumexp(logits, 1) - partners;  // (2B); logsumexp takes out the row's maximum

    NtXent result;
    result.loss = perAnchor.mean();
    const torch::NoGradGuard noGrad;
    result.perSample = perAnchor.detach().view({2, batch}).mean(0);
    const torch::Tensor anchors = torch::arange(2 * batch, logits.options().dtype(torch::kLong));
    result.accuracy = (logits.argmax(1) == (anchors + batch).remainder(2 * batch)).to(torch::kFloat).mean();
    result.similarity = cosines.detach().slice(0, 0, batch).slice(1, batch);
    return result;
}

}  // namespace selfsight
