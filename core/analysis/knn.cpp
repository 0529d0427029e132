#include "core/analysis/knn.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/analysis/knn_scores.h"
#include "core/analysis/labels.h"
#include "core/analysis/matrix_tensor.h"
#include "core/analysis/nearest_candidates.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::int64_t kSimilaritiesAtOnce = std::int64_t{1} << 25;  // 128 MB of float
constexpr std::int64_t kManySimilarities = std::int64_t{1} << 22;    // from here on, looking for candidates pays

bool candidatesPay(const torch::Tensor& bank, const torch::Tensor& queries)
{
    return multipliesBfloat16() && bank.is_cpu() && bank.scalar_type() == torch::kFloat && queries.scalar_type() == torch::kFloat && bank.size(1) >= 32 &&
           bank.size(0) * queries.size(0) >= kManySimilarities;
}

std::int64_t classesOf(const KnnQuestion& question)
{
    if (question.classes > 0) return question.classes;
    std::int32_t largest = 0;
    for (const std::int32_t label : question.bankLabels) largest = std::max(largest, label);
    for (const std::int32_t label : question.queryLabels) largest = std::max(largest, label);
    return std::int64_t{largest} + 1;
}

torch::Tensor unitLength(const torch::Tensor& rows)
{
    const torch::Tensor lengths = rows.to(torch::kDouble).norm(2, 1, true);  // in double: no square overflows
    return rows.div(torch::where(lengths > 0, lengths, torch::ones_like(lengths)).to(torch::kFloat));
}

/// A question with its labels checked.
struct Asked {
    torch::Tensor bank, queries;  // (N), (M) int64
    std::int64_t classes = 0;
};

KnnResult answer(const Neighbours& neighbours, const Asked& asked, double temperature)
{
    const torch::Tensor scores = voteScores(neighbours, asked.bank, temperature, asked.classes);
    const torch::Tensor ranks = ranksOfTruth(scores, asked.queries);
    const torch::Tensor predictions = scores.argmax(1);  // the first of equals

    KnnResult result;
    result.predictions.assign(predictions.data_ptr<std::int64_t>(), predictions.data_ptr<std::int64_t>() + predictions.numel());
    result.scores.assign(scores.data_ptr<double>(), scores.data_ptr<double>() + scores.numel());
    result.top1 = (ranks < 1).to(torch::kDouble).mean().item<double>();
    result.top5 = (ranks < 5).to(torch::kDouble).mean().item<double>();
    return result;
}

}  // namespace

Neighbours nearestRows(const torch::Tensor& bank, const torch::Tensor& queries, std::int64_t k)
{
    const torch::NoGradGuard noGrad;
    if (candidatesPay(bank, queries)) return nearestByCandidates(bank, queries, k);
    k = std::min(k, bank.size(0));
    const std::int64_t chunk = std::clamp<std::int64_t>(kSimilaritiesAtOnce / std::max<std::int64_t>(1, bank.size(0)), 1, 2048);
    const torch::Tensor columns = bank.t();
    std::vector<torch::Tensor> similarities = {torch::zeros({0, k}, bank.options())};
    std::vector<torch::Tensor> indices = {torch::zeros({0, k}, bank.options().dtype(torch::kLong))};
    for (std::int64_t start = 0; start < queries.size(0); start += chunk) {
        const auto [values, rows] = queries.slice(0, start, start + chunk).mm(columns).topk(k, 1);  // (chunk, k)
        similarities.push_back(values);
        indices.push_back(rows);
    }
    return {torch::cat(similarities), torch::cat(indices)};
}

torch::Tensor voteScores(const Neighbours& neighbours, const torch::Tensor& bankLabels, double temperature, std::int64_t classes)
{
    const torch::NoGradGuard noGrad;
    const auto& [similarities, indices] = neighbours;
    // In double: exp overflows float at similarity 1 and temperature 0.011.
    const torch::Tensor votes = similarities.to(torch::kDouble).div_(temperature).exp_();
    return torch::zeros({indices.size(0), classes}, votes.options())
        .scatter_add_(1, bankLabels.index_select(0, indices.flatten()).view_as(indices), votes);
}

torch::Tensor knnScores(const torch::Tensor& bank, const torch::Tensor& bankLabels, const torch::Tensor& queries,
                        std::int64_t neighbours, double temperature, std::int64_t classes)
{
    return voteScores(nearestRows(bank, queries, neighbours), bankLabels, temperature, classes);
}

torch::Tensor ranksOfTruth(const torch::Tensor& scores, const torch::Tensor& labels)
{
    const torch::Tensor own = scores.gather(1, labels.unsqueeze(1));  // (M, 1)
    const torch::Tensor classes = torch::arange(scores.size(1), labels.options());
    return ((scores > own) | ((scores == own) & (classes < labels.unsqueeze(1)))).sum(1);
}

KnnResult knnClassify(MatrixView bank, std::span<const std::int32_t> bankLabels, MatrixView queries,
                      std::span<const std::int32_t> queryLabels, const KnnOptions& options)
{
    const KnnQuestion question{bankLabels, queryLabels, options.classes};
    return std::move(knnClassify(bank, queries, {&question, 1}, options).front());
}

std::vector<KnnResult> knnClassify(MatrixView bank, MatrixView queries, std::span<const KnnQuestion> questions, const KnnOptions& options)
{
    if (bank.rows < 1 || queries.rows < 1)
        throw Error("kNN", fmt::format("there are {} bank features and {} queries", bank.rows, queries.rows));
    if (bank.columns != queries.columns)
        throw Error("kNN", fmt::format("bank features have {} numbers, queries {}", bank.columns, queries.columns));
    if (options.neighbours < 1) throw Error("kNN", fmt::format("{} neighbours cannot vote", options.neighbours));
    if (!(options.temperature > 0))
        throw Error("kNN", fmt::format("the temperature is {}", options.temperature), "It has to be above 0.");
    std::vector<Asked> asked;
    for (const KnnQuestion& question : questions) {
        const std::int64_t classes = classesOf(question);
        asked.push_back({checkedLabels("kNN", "bank", question.bankLabels, bank.rows, classes),
                         checkedLabels("kNN", "query set", question.queryLabels, queries.rows, classes), classes});
    }

    torch::Tensor x = finiteTensor(bank, "kNN bank"), y = finiteTensor(queries, "kNN queries");
    if (options.normalize) {
        x = unitLength(x);
        y = unitLength(y);
    }
    const Neighbours neighbours = nearestRows(x, y, options.neighbours);
    std::vector<KnnResult> results;
    for (const Asked& question : asked) results.push_back(answer(neighbours, question, options.temperature));
    return results;
}

}  // namespace selfsight
