#include "core/analysis/embedding_loss.h"
#include "core/analysis/embedding_quality.h"
#include "core/analysis/knn.h"
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
    const KnnResult result = knnClassify(matrix(reference, "train"), labels(reference, "train_labels"),
                                         matrix(reference, "test"), labels(reference, "test_labels"), options);
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

}  // namespace selfsight
