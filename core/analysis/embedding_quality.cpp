#include "core/analysis/embedding_quality.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "core/analysis/embedding_loss.h"
#include "core/analysis/matrix_tensor.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::int64_t kRowsAtOnce = 1024;
constexpr std::int64_t kWide = 128;  // columns

torch::Tensor directions(const torch::Tensor& x)
{
    return x / x.norm(2, 1, true).clamp_min(1e-60);  // small enough for any float, large enough to divide by
}

torch::Tensor doubles(MatrixView matrix)
{
    return finiteTensor(matrix, "embeddings").to(torch::kDouble);
}

std::vector<double> singularValuesOf(const torch::Tensor& z)
{
    const torch::Tensor tall = z.size(0) >= z.size(1) ? z : z.t();
    // Roots of the eigenvalues of Z'Z are three to five times cheaper for wide features, and exact to 1e-8 of the largest, which
    // is less than the rounding of the features themselves.
    const torch::Tensor values = tall.size(1) <= kWide
                                     ? torch::linalg_svdvals(tall).contiguous()
                                     : torch::linalg_eigvalsh(tall.t().mm(tall)).clamp_min(0).sqrt().flip(0).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

torch::Tensor centred(const torch::Tensor& z)
{
    return z - z.mean(0, true);
}

double rankFromEntropy(const std::vector<double>& values, double eps)
{
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    double entropy = 0;
    for (const double value : values) {
        const double share = (sum > 0 ? value / sum : 0) + eps;
        if (share > 0) entropy -= share * std::log(share);
    }
    return std::exp(entropy);
}

}  // namespace

torch::Tensor alignmentLoss(const torch::Tensor& x, const torch::Tensor& y, double alpha)
{
    return (directions(x) - directions(y)).norm(2, 1).pow(alpha).mean();
}

torch::Tensor uniformityLoss(const torch::Tensor& x, double t)
{
    const torch::Tensor u = directions(x);
    const std::int64_t count = u.size(0);
    std::vector<torch::Tensor> parts;
    for (std::int64_t start = 0; start < count; start += kRowsAtOnce) {
        const torch::Tensor rows = u.slice(0, start, start + kRowsAtOnce);
        torch::Tensor exponents = (rows.mm(u.t()) - 1) * (2 * t);  // -t ||u_i - u_j||^2 = 2t (u_i u_j - 1)
        exponents.diagonal(start).fill_(-std::numeric_limits<double>::infinity());  // a row with itself is no pair
        parts.push_back(exponents.flatten().logsumexp(0));
    }
    return torch::stack(parts).logsumexp(0) - std::log(static_cast<double>(count) * static_cast<double>(count - 1));
}

double collapseStd(MatrixView z)
{
    if (z.rows < 2) return 0;
    return directions(doubles(z)).std(0, true).mean().item<double>();
}

double columnStd(MatrixView z)
{
    if (z.rows < 2) return 0;
    return doubles(z).std(0, true).mean().item<double>();
}

double alignment(MatrixView x, MatrixView y, double alpha)
{
    if (x.rows != y.rows || x.columns != y.columns)
        throw Error("alignment", fmt::format("the views have {} x {} and {} x {} numbers", x.rows, x.columns, y.rows, y.columns));
    if (x.rows < 1) return 0;
    return alignmentLoss(doubles(x), doubles(y), alpha).item<double>();
}

double uniformity(MatrixView x, double t)
{
    if (x.rows < 2) return 0;
    return uniformityLoss(doubles(x), t).item<double>();
}

std::vector<double> centredSingularValues(MatrixView z)
{
    if (z.rows < 1 || z.columns < 1) return {};
    return singularValuesOf(centred(doubles(z)));
}

double effectiveRank(const std::vector<double>& singularValues)
{
    return rankFromEntropy(singularValues, 0);
}

Spectrum spectrum(MatrixView z, double rankMeEps)
{
    Spectrum result;
    if (z.rows < 1 || z.columns < 1) return result;
    const torch::Tensor values = doubles(z);
    result.singularValues = singularValuesOf(values);
    result.centredSingularValues = singularValuesOf(centred(values));
    result.effectiveRank = effectiveRank(result.singularValues);
    result.centredEffectiveRank = effectiveRank(result.centredSingularValues);
    result.rankMe = rankFromEntropy(result.singularValues, rankMeEps);

    double sum = 0, sumOfSquares = 0;
    for (const double value : result.centredSingularValues) {
        const double eigenvalue = value * value / static_cast<double>(z.rows);
        result.covarianceEigenvalues.push_back(eigenvalue);
        sum += eigenvalue;
        sumOfSquares += eigenvalue * eigenvalue;
    }
    result.covarianceEigenvalues.resize(static_cast<std::size_t>(z.columns), 0);  // fewer rows than columns: the rest is zero
    result.participationRatio = sumOfSquares > 0 ? sum * sum / sumOfSquares : 0;
    return result;
}

}  // namespace selfsight
