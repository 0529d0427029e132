#include "core/nn/memory_bank.h"

#include <cmath>

#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor freshBank(std::int64_t count, std::int64_t size)
{
    const double bound = 1 / std::sqrt(static_cast<double>(size) / 3);
    return torch::rand({count, size}) * (2 * bound) - bound;
}

torch::Tensor bankScores(const torch::Tensor& x, const torch::Tensor& bank, double temperature)
{
    const FullPrecision guard;
    return x.mm(bank.detach().t()) / temperature;
}

torch::Tensor bankScores(const torch::Tensor& x, const torch::Tensor& bank, double temperature, const torch::Tensor& chosen)
{
    const FullPrecision guard;
    // A product with the whole bank costs less than copying rows, unless the bank is very much larger than the choice.
    if (bank.size(0) <= 32 * chosen.size(1)) return bankScores(x, bank, temperature).gather(1, chosen);
    const torch::Tensor rows = bank.detach().index_select(0, chosen.flatten()).view({chosen.size(0), chosen.size(1), -1});
    return rows.bmm(x.unsqueeze(2)).squeeze(2) / temperature;
}

torch::Tensor withOwnFirst(const torch::Tensor& index, const torch::Tensor& negatives)
{
    return torch::cat({index.unsqueeze(1), negatives}, 1);
}

NoiseContrast noiseContrast(const torch::Tensor& scores, const torch::Tensor& normalizer, std::int64_t count, double eps)
{
    const FullPrecision guard;
    const double noise = static_cast<double>(scores.size(1) - 1) / static_cast<double>(count);  // m times P_n
    const torch::Tensor exponentials = scores.exp();
    NoiseContrast result;
    result.normalizer = torch::where(normalizer > 0, normalizer, exponentials.detach().mean() * static_cast<double>(count));
    result.probabilities = exponentials / result.normalizer;
    const torch::Tensor own = result.probabilities.slice(1, 0, 1), others = result.probabilities.slice(1, 1);
    result.perSample = -((own / (own + noise + eps)).log().sum(1) + (noise / (others + noise + eps)).log().sum(1));
    result.loss = result.perSample.mean();
    return result;
}

torch::Tensor proximalTerm(const torch::Tensor& x, const torch::Tensor& bank, const torch::Tensor& index)
{
    const FullPrecision guard;
    return (x - bank.detach().index_select(0, index)).pow(2).sum(1).mean();
}

void updateBank(torch::Tensor bank, const torch::Tensor& index, const torch::Tensor& x, double momentum)
{
    const torch::NoGradGuard noGrad;
    bank.index_copy_(0, index, unitRows(bank.index_select(0, index) * momentum + x.detach() * (1 - momentum)));
}

}  // namespace selfsight
