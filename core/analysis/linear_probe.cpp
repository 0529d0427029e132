#include "core/analysis/linear_probe.h"

#include <fmt/format.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <utility>

#include "core/analysis/knn_scores.h"
#include "core/analysis/labels.h"
#include "core/analysis/matrix_tensor.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr double kGradientTolerance = 1e-5;  // largest entry, of a mean loss; float may stop improving before
constexpr int kHistory = 10;
constexpr int kLineSearchCalls = 25;

/// Logits of standardised rows.
class LinearClassifier {
public:
    LinearClassifier(const torch::Tensor& bank, std::int64_t classes)
        : m_mean(bank.mean(0)), m_weight(torch::zeros({bank.size(1), classes})), m_bias(torch::zeros({classes}))
    {
        const torch::Tensor deviation = (bank - m_mean).square_().mean(0).sqrt_();
        m_scale = torch::where(deviation > 0, deviation, torch::ones_like(deviation)).reciprocal_();  // a constant column is 0
        m_weight.set_requires_grad(true);
        m_bias.set_requires_grad(true);
    }

    torch::Tensor standardize(const torch::Tensor& rows) const { return (rows - m_mean).mul_(m_scale); }
    torch::Tensor logits(const torch::Tensor& standardized) const { return torch::addmm(m_bias, standardized, m_weight); }
    const torch::Tensor& weight() const { return m_weight; }
    torch::Tensor rawWeight() const { return m_weight * m_scale.unsqueeze(1); }
    torch::Tensor rawBias() const { return m_bias - m_mean.matmul(rawWeight()); }
    std::vector<torch::Tensor> parameters() const { return {m_weight, m_bias}; }

private:
    torch::Tensor m_mean, m_scale;    // (D)
    torch::Tensor m_weight, m_bias;  // (D, C), (C)
};

/// False when cancelled.
bool fit(LinearClassifier& classifier, const torch::Tensor& rows, const torch::Tensor& labels, const LinearProbeOptions& options,
         const LinearProbeProgress& progress, LinearProbeResult& result)
{
    const torch::Tensor x = classifier.standardize(rows);
    const double decay = 0.5 / (options.strength * static_cast<double>(rows.size(0)));
    // One iteration a call, so that it can be cancelled between two; the optimiser keeps its history.
    torch::optim::LBFGS optimizer(classifier.parameters(), torch::optim::LBFGSOptions(1)
                                                               .max_iter(1)
                                                               .max_eval(kLineSearchCalls)
                                                               .tolerance_grad(kGradientTolerance)
                                                               .history_size(kHistory)
                                                               .line_search_fn("strong_wolfe"));
    const auto evaluate = [&] {
        optimizer.zero_grad();
        torch::Tensor loss = torch::nn::functional::cross_entropy(classifier.logits(x), labels) + classifier.weight().square().sum() * decay;
        loss.backward();
        return loss;
    };
    for (result.iterations = 0; result.iterations < options.iterations; ++result.iterations) {
        if (progress && !progress(static_cast<double>(result.iterations) / options.iterations)) return false;
        const double before = std::exchange(result.loss, optimizer.step(evaluate).item<double>());
        double steepest = 0;
        for (const torch::Tensor& parameter : classifier.parameters()) steepest = std::max(steepest, parameter.grad().abs().max().item<double>());
        if (steepest <= kGradientTolerance || result.loss == before) break;
    }
    return true;
}

}  // namespace

std::optional<LinearProbeResult> linearProbe(MatrixView bank, std::span<const std::int32_t> bankLabels, MatrixView queries,
                                             std::span<const std::int32_t> queryLabels, const LinearProbeOptions& options,
                                             const LinearProbeProgress& progress)
{
    if (bank.rows < 1 || queries.rows < 1)
        throw Error("linear probe", fmt::format("there are {} bank features and {} queries", bank.rows, queries.rows));
    if (bank.columns != queries.columns)
        throw Error("linear probe", fmt::format("bank features have {} numbers, queries {}", bank.columns, queries.columns));
    if (!(options.strength > 0)) throw Error("linear probe", fmt::format("the strength is {}", options.strength), "It has to be above 0.");
    const torch::Tensor truth = checkedLabels("linear probe", "bank", bankLabels, bank.rows, options.classes);
    const torch::Tensor asked = checkedLabels("linear probe", "query set", queryLabels, queries.rows, options.classes);
    const torch::Tensor rows = finiteTensor(bank, "linear probe's bank"), others = finiteTensor(queries, "linear probe's queries");

    LinearClassifier classifier(rows, options.classes);
    LinearProbeResult result;
    if (!fit(classifier, rows, truth, options, progress, result)) return std::nullopt;

    const torch::NoGradGuard noGrad;
    const torch::Tensor scores = classifier.logits(classifier.standardize(others));
    const torch::Tensor ranks = ranksOfTruth(scores, asked), predictions = scores.argmax(1);
    result.predictions.assign(predictions.data_ptr<std::int64_t>(), predictions.data_ptr<std::int64_t>() + predictions.numel());
    const torch::Tensor exact = scores.to(torch::kDouble).contiguous();
    result.scores.assign(exact.data_ptr<double>(), exact.data_ptr<double>() + exact.numel());
    const torch::Tensor weights = classifier.rawWeight().contiguous(), bias = classifier.rawBias().contiguous();
    result.weights.assign(weights.data_ptr<float>(), weights.data_ptr<float>() + weights.numel());
    result.bias.assign(bias.data_ptr<float>(), bias.data_ptr<float>() + bias.numel());
    result.top1 = (ranks < 1).to(torch::kDouble).mean().item<double>();
    result.top5 = (ranks < 5).to(torch::kDouble).mean().item<double>();
    return result;
}

}  // namespace selfsight
