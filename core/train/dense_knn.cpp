#include "core/train/dense_knn.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

constexpr std::int64_t kLargestBank = 10'000;

}  // namespace

DenseKnn::DenseKnn(const DataSet& data, const RecordOptions& options, const torch::Device& device)
    : m_every(options.denseKnnEverySteps), m_most(std::clamp<std::int64_t>(data.size() / 10, 512, kLargestBank)),
      m_neighbours(options.knnNeighbours), m_temperature(options.knnTemperature), m_device(device)
{
    if (data.labelTables().empty()) return;
    const LabelTable& table = data.labelTables().front();
    m_classes = static_cast<std::int64_t>(table.classes.size());
    m_labels = uploaded(torch::tensor(std::vector<std::int64_t>(table.labels.begin(), table.labels.end()), torch::kInt64), device);
}

std::optional<ProbeFigure> DenseKnn::take(std::int64_t step, const torch::Tensor& rows, const std::vector<std::int64_t>& images)
{
    if (m_classes == 0 || m_every == 0 || !rows.defined() || rows.size(0) != static_cast<std::int64_t>(images.size())) return std::nullopt;
    const torch::NoGradGuard noGradients;
    const torch::Tensor unit = unitRows(rows), indices = uploaded(torch::tensor(images, torch::kInt64), m_device);
    std::optional<ProbeFigure> figure;
    if (step % m_every == 0 && 2 * m_count >= m_most)
        figure = {"knn.dense", top1(unit, indices), fmt::format("subset: the last {} training views, by those before", rows.size(0))};
    m_rows.push_back(unit);
    m_images.push_back(indices);
    for (m_count += unit.size(0); m_rows.size() > 1 && m_count - m_rows.front().size(0) >= m_most; m_rows.pop_front(), m_images.pop_front())
        m_count -= m_rows.front().size(0);
    return figure;
}

/// An image that was seen in the epoch before is not its own neighbour.
double DenseKnn::top1(const torch::Tensor& rows, const torch::Tensor& images) const
{
    const auto joined = [](const std::deque<torch::Tensor>& parts) { return torch::cat(std::vector<torch::Tensor>(parts.begin(), parts.end())); };
    const torch::Tensor bank = joined(m_rows), seen = joined(m_images);
    const torch::Tensor cosines = rows.mm(bank.t()).masked_fill(images.unsqueeze(1) == seen.unsqueeze(0), -2);  // (B, bank)
    const auto [nearest, places] = cosines.topk(std::min(m_neighbours, bank.size(0)), 1);
    const torch::Tensor votes = torch::zeros({rows.size(0), m_classes}, rows.options())
                                    .scatter_add(1, m_labels.index_select(0, seen.index_select(0, places.flatten())).view_as(places),
                                                 (nearest / m_temperature).exp());
    return (votes.argmax(1) == m_labels.index_select(0, images)).to(torch::kFloat).mean().item<double>();
}

}  // namespace selfsight
