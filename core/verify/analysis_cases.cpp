#include <algorithm>
#include <cmath>

#include "core/analysis/affinities.h"
#include "core/analysis/embedding_loss.h"
#include "core/analysis/embedding_quality.h"
#include "core/analysis/knn.h"
#include "core/analysis/pca.h"
#include "core/analysis/tsne_forces.h"
#include "core/base/error.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

MatrixView matrix(const Case& reference, const std::string& name)
{
    const CaseTensor& tensor = reference.in(name);
    if (tensor.shape.size() != 2) throw Error(reference.name(), "in." + name + " is not a matrix");
    return {tensor.floats().data(), tensor.shape[0], tensor.shape[1]};
}

std::vector<std::int32_t> labels(const Case& reference, const std::string& name)
{
    const std::vector<std::int64_t>& wide = reference.in(name).integers();
    return {wide.begin(), wide.end()};
}

}  // namespace

CaseResult verifyKnn(const Case& reference)
{
    KnnOptions options;
    options.neighbours = reference.whole("k");
    options.temperature = reference.number("temperature");
    options.classes = reference.whole("num_classes");
    options.normalize = false;  // the rows of a case are unit rows, up to their rounding
    const KnnResult result = knnClassify(matrix(reference, "train"), labels(reference, "train_labels"), matrix(reference, "test"),
                                         labels(reference, "test_labels"), options);
    Comparison comparison(reference);
    comparison.compare("scores", result.scores);
    comparison.compare("pred", {result.predictions.begin(), result.predictions.end()});
    comparison.compare("top1", {100 * result.top1});
    comparison.compare("top5", {100 * result.top5});
    return comparison.result();
}

CaseResult verifyAlignUniform(const Case& reference)
{
    const double alpha = reference.number("alpha"), t = reference.number("t");
    const MatrixView x = matrix(reference, "x"), y = matrix(reference, "y");
    Comparison comparison(reference);
    comparison.compare("alignment", {alignment(x, y, alpha)});
    comparison.compare("uniformity_x", {uniformity(x, t)});
    comparison.compare("uniformity", {(uniformity(x, t) + uniformity(y, t)) / 2});

    for (const std::string name : {"alignment", "uniformity"}) {
        const torch::Tensor tx = differentiable(reference, "x"), ty = differentiable(reference, "y");
        const bool aligns = name == "alignment";
        (aligns ? alignmentLoss(tx, ty, alpha) : (uniformityLoss(tx, t) + uniformityLoss(ty, t)) / 2).backward();
        compare(comparison, "grad_" + name + ".x", tx.grad());
        compare(comparison, "grad_" + name + ".y", ty.grad());
    }
    return comparison.result();
}

CaseResult verifySpectrum(const Case& reference)
{
    const MatrixView z = matrix(reference, "z");
    const Spectrum result = spectrum(z, reference.number("rankme_eps", 1e-7));
    Comparison comparison(reference);
    comparison.compare("singular_values", result.singularValues);
    comparison.compare("singular_values_centered", result.centredSingularValues);
    comparison.compare("covariance_spectrum", result.covarianceEigenvalues);
    comparison.compare("effective_rank", {result.effectiveRank});
    comparison.compare("effective_rank_centered", {result.centredEffectiveRank});
    comparison.compare("rankme", {result.rankMe});
    comparison.compare("participation_ratio", {result.participationRatio});
    comparison.compare("collapse_std", {collapseStd(z)});
    return comparison.result();
}

CaseResult verifyPca(const Case& reference)
{
    const Pca result = pca(matrix(reference, "x"), reference.whole("n_components"));
    Comparison comparison(reference);
    comparison.compare("mean", result.mean);
    comparison.compare("components", result.axes);
    comparison.compare("transformed", result.transformed);
    comparison.compare("explained_variance", result.explainedVariance);
    comparison.compare("explained_variance_ratio", result.explainedVarianceRatio);
    comparison.compare("singular_values", result.singularValues);
    return comparison.result();
}

CaseResult verifyTsne(const Case& reference)
{
    const MatrixView x = matrix(reference, "x"), y = matrix(reference, "y");
    const std::int64_t n = x.rows;
    const auto size = static_cast<std::size_t>(n);
    const double perplexity = reference.number("perplexity");

    std::vector<double> betas, p(size * size), q(size * size), gradient(2 * size);
    for (std::int64_t row = 0; row < n; ++row) {
        std::vector<float> distances, shares(size - 1);
        for (std::int64_t other = 0; other < n; ++other) {
            double sum = 0;
            for (std::int64_t c = 0; c < x.columns; ++c)
                sum += std::pow(static_cast<double>(x.data[row * x.columns + c]) - x.data[other * x.columns + c], 2);
            if (other != row) distances.push_back(static_cast<float>(sum));
        }
        std::ranges::sort(distances);
        betas.push_back(calibrate(distances.data(), n - 1, perplexity, shares.data()));
    }
    const Affinities all = affinities(x, perplexity, n - 1);
    WorkerTeam team(1);
    const std::span<const float> layout(y.data, 2 * size);
    std::vector<float> repulsion(2 * size);
    const double sum = repelByPairs(layout, repulsion, team);
    for (std::size_t row = 0; row < size; ++row) {
        for (auto at = static_cast<std::size_t>(all.starts[row]); at < static_cast<std::size_t>(all.starts[row + 1]); ++at)
            p[row * size + static_cast<std::size_t>(all.columns[at])] = all.values[at];
        for (std::size_t other = 0; other < size; ++other)
            if (other != row)
                q[row * size + other] = 1 /
                                        (1 + std::pow(layout[2 * row] - layout[2 * other], 2) +
                                         std::pow(layout[2 * row + 1] - layout[2 * other + 1], 2)) /
                                        sum;
        const Attraction attracted = attraction(all, layout, static_cast<std::int64_t>(row));
        gradient[2 * row] = 4 * (attracted.x - repulsion[2 * row] / sum);
        gradient[2 * row + 1] = 4 * (attracted.y - repulsion[2 * row + 1] / sum);
    }
    Comparison comparison(reference);
    comparison.compare("beta", betas);
    comparison.compare("P", p);
    comparison.compare("Q", q);
    comparison.compare("kl", {divergence(all, layout, sum, team)});
    comparison.compare("grad.y", gradient);
    return comparison.result();
}

}  // namespace selfsight
