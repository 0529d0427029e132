#include "core/train/online_probe.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"
#include "core/train/labelled_rows.h"

namespace selfsight {

namespace {

constexpr double kRate = 3e-3, kBeta1 = 0.9, kBeta2 = 0.99, kMoving = 0.05;

}  // namespace

OnlineProbe::OnlineProbe(const DataSet& data, const RecordOptions& options, const torch::Device& device)
    : m_every(options.onlineProbe ? options.denseKnnEverySteps : 0), m_device(device)
{
    if (data.labelTables().empty()) return;
    m_classes = static_cast<std::int64_t>(data.labelTables().front().classes.size());
    m_labels = uploadedLabels(data.labelTables().front(), device);
}

void OnlineProbe::begin(std::int64_t columns)
{
    const auto options = torch::TensorOptions(torch::kFloat32).device(m_device);
    m_weight = torch::zeros({columns + 1, m_classes}, options);
    m_first = torch::zeros_like(m_weight);
    m_second = torch::zeros_like(m_weight);
    m_mean = torch::zeros({columns}, options);
    m_variance = torch::ones({columns}, options);
    m_right = torch::zeros({}, options);
    m_steps = m_seen = 0;
}

std::optional<ProbeFigure> OnlineProbe::take(std::int64_t step, const torch::Tensor& rows, const std::vector<std::int64_t>& images)
{
    if (m_classes < 2 || m_every == 0 || !rows.defined() || rows.size(0) != static_cast<std::int64_t>(images.size()) || rows.size(0) < 2) return std::nullopt;
    const torch::NoGradGuard noGradients;
    const FullPrecision guard;
    const torch::Tensor h = rows.to(torch::kFloat32);
    if (!m_weight.defined() || m_weight.size(0) != h.size(1) + 1) begin(h.size(1));
    const double share = m_steps == 0 ? 1 : kMoving;
    m_mean.lerp_(h.mean(0), share);
    m_variance.lerp_(h.var(0, false), share);
    const torch::Tensor x = torch::cat({(h - m_mean) / (m_variance + 1e-6).sqrt(), torch::ones({h.size(0), 1}, h.options())}, 1);
    learn(x, m_labels.index_select(0, uploaded(torch::tensor(images, torch::kInt64), m_device)));
    m_seen += h.size(0);
    if (step % m_every != 0) return std::nullopt;
    const double top1 = m_right.item<double>() / static_cast<double>(m_seen);
    ProbeFigure figure{"linear.online", top1, fmt::format("subset: the last {} training views, each before it was learnt from", m_seen)};
    m_right.zero_();
    m_seen = 0;
    return figure;
}

/// One step of Adam on the mean cross entropy of x (B, D + 1).
void OnlineProbe::learn(const torch::Tensor& x, const torch::Tensor& labels)
{
    const torch::Tensor scores = x.mm(m_weight);  // (B, classes)
    m_right += (scores.argmax(1) == labels).sum();
    torch::Tensor error = scores.softmax(1);
    error.scatter_add_(1, labels.unsqueeze(1), torch::full({labels.size(0), 1}, -1.0, error.options()));
    const torch::Tensor gradient = x.t().mm(error) / static_cast<double>(x.size(0));
    ++m_steps;
    m_first.lerp_(gradient, 1 - kBeta1);
    m_second.lerp_(gradient.square(), 1 - kBeta2);
    const double first = 1 - std::pow(kBeta1, m_steps), second = std::sqrt(1 - std::pow(kBeta2, m_steps));
    m_weight.addcdiv_(m_first, m_second.sqrt() / second + 1e-8, -kRate / first);
}

NamedTensors OnlineProbe::state() const
{
    if (!m_weight.defined()) return {};
    return {{"mean", m_mean}, {"variance", m_variance}, {"weight", m_weight}, {"first", m_first}, {"second", m_second}, {"right", m_right},
            {"counts", torch::tensor({m_seen, m_steps}, torch::kInt64)}};
}

void OnlineProbe::restore(const NamedTensors& state)
{
    if (state.empty() || m_classes < 2) return;
    for (const auto& [name, saved] : state)
        if (name == "mean") begin(saved.numel());
    NamedTensors own = this->state();
    torch::Tensor counts;
    for (auto& [name, tensor] : own)
        if (name == "counts") counts = tensor;
    try {
        copyInto(own, state, "online probe");
    } catch (const Error&) {
        m_weight = torch::Tensor();  // of other classes: learnt anew
        return;
    }
    m_seen = counts[0].item<std::int64_t>();
    m_steps = counts[1].item<std::int64_t>();
}

}  // namespace selfsight
