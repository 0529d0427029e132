#include "core/train/dense_knn.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/knn_scores.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"
#include "core/train/labelled_rows.h"

namespace selfsight {

namespace {

constexpr std::int64_t kLargestBank = 10'000, kQueries = 512;  // views

}  // namespace

DenseKnn::DenseKnn(const DataSet& data, const RecordOptions& options, const torch::Device& device)
    : m_every(options.denseKnnEverySteps), m_most(std::clamp<std::int64_t>(data.size() / 10, 512, kLargestBank)),
      m_neighbours(options.knnNeighbours), m_temperature(options.knnTemperature), m_device(device)
{
    if (data.labelTables().empty()) return;
    m_classes = static_cast<std::int64_t>(data.labelTables().front().classes.size());
    m_labels = uploadedLabels(data.labelTables().front(), device);
}

std::optional<ProbeFigure> DenseKnn::take(std::int64_t step, const torch::Tensor& rows, const std::vector<std::int64_t>& images)
{
    if (m_classes == 0 || m_every == 0 || !rows.defined() || rows.size(0) != static_cast<std::int64_t>(images.size())) return std::nullopt;
    const torch::NoGradGuard noGradients;
    const torch::Tensor unit = unitRows(rows), indices = uploaded(torch::tensor(images, torch::kInt64), m_device);
    m_rows.push_back(unit);
    m_images.push_back(indices);
    for (m_count += unit.size(0); m_rows.size() > 1 && m_count - m_rows.front().size(0) >= m_most; m_rows.pop_front(), m_images.pop_front())
        m_count -= m_rows.front().size(0);
    if (step % m_every != 0 || 2 * m_count < m_most) return std::nullopt;
    return measure();
}

/// An image that was seen in the epoch before is not its own neighbour.
ProbeFigure DenseKnn::measure() const
{
    const auto joined = [](const std::deque<torch::Tensor>& parts) { return torch::cat(std::vector<torch::Tensor>(parts.begin(), parts.end())); };
    const torch::Tensor allRows = joined(m_rows), allImages = joined(m_images);
    const std::int64_t queries = std::min(std::max(kQueries, m_rows.back().size(0)), m_count / 2), bank = m_count - queries;
    const torch::Tensor rows = allRows.slice(0, bank), images = allImages.slice(0, bank), seen = allImages.slice(0, 0, bank);
    const torch::Tensor cosines = rows.mm(allRows.slice(0, 0, bank).t()).masked_fill(images.unsqueeze(1) == seen.unsqueeze(0), -2);  // (queries, bank)
    const auto [similarities, places] = cosines.topk(std::min(m_neighbours, bank), 1);
    const torch::Tensor scores = voteScores({similarities, places}, m_labels.index_select(0, seen), m_temperature, m_classes);
    const double top1 = (ranksOfTruth(scores, m_labels.index_select(0, images)) == 0).to(torch::kFloat).mean().item<double>();
    return {"knn.dense", top1, fmt::format("subset: the last {} training views, by the {} before", queries, bank)};
}

}  // namespace selfsight
