#include "app/frame_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/analysis/layout_quality.h"
#include "core/analysis/local_alignment.h"
#include "core/analysis/neighbourhoods.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::int64_t kNeighbours = 15, kRowsJudged = 1000;
constexpr int kUnlabelledClusters = 10;
constexpr int kRound = 50, kMostRounds = 8, kSliceIterations = 15;  // of a warm start
constexpr double kAtRest = 0.002;                                   // of the divergence, a round
constexpr double kReach = 3;                                        // of the alignment by place; neighbours are about 1 apart
constexpr double kBent = 0.15;                                      // of the divergence: what the alignment may cost
constexpr int kMendingRound = 5, kMostMendingRounds = 20;

const SnapshotArray* find(const Snapshot& snapshot, const std::string& name)
{
    const auto found = std::ranges::find(snapshot.arrays, name, &SnapshotArray::name);
    return found == snapshot.arrays.end() ? nullptr : &*found;
}

}  // namespace

FrameMaker::FrameMaker(std::shared_ptr<const ProbeSet> set, const FrameOptions& options)
    : m_set(std::move(set)), m_options(options)
{
    m_options.perplexity = std::clamp(std::floor((static_cast<double>(m_set->size()) - 1) / 3), 1.0, options.perplexity);
}

std::string FrameMaker::how() const
{
    return fmt::format("tsne perplexity={} {}", m_options.perplexity,
                       m_options.isWarm ? "warm, aligned by place" : "alone");
}

MatrixView FrameMaker::rows() const
{
    return {m_features.data(), static_cast<std::int64_t>(m_set->size()), m_columns};
}

bool FrameMaker::layOut(const NearestTable& near, const Moved& moved, const Cancelled& isCancelled)
{
    const bool isFirst = !m_options.isWarm || m_layout.empty();
    if (isFirst || !m_tsne)
        m_tsne.emplace(TsneOptions{.perplexity = m_options.perplexity, .seed = m_options.seed, .threads = m_options.threads});
    if (!m_tsne->setRows(rows(), isCancelled)) return false;
    const auto cancelled = [&] { return isCancelled && isCancelled(); };
    const auto iterate = [&](int count) {
        for (int i = 0; i < count && !cancelled(); ++i) {
            m_tsne->iterate(1);
            if (moved) moved(m_tsne->layout());
        }
    };
    if (isFirst) {
        iterate(m_tsne->total());
    } else {
        m_tsne->setLayout(m_layout);
        double before = m_tsne->divergence();
        for (int round = 0; round < kMostRounds && !cancelled(); ++round) {
            iterate(kRound);
            const double now = m_tsne->divergence();
            if (before - now < kAtRest * before) break;
            before = now;
        }
        settle(near, iterate);
    }
    if (cancelled()) return false;
    std::vector<float> layout = m_tsne->layout();
    if (!isFirst) alignTo(m_layout, layout);
    m_layout = std::move(layout);
    return true;
}

/// Optimising lets whole groups wander, which says nothing: they go back to where their samples were, above all those that kept
/// their neighbours. A few iterations then mend what that bent.
void FrameMaker::settle(const NearestTable& near, const std::function<void(int)>& iterate)
{
    if (m_near.rows() != near.rows()) return;
    std::vector<float> trust;
    for (const float change : neighbourhoodChange(m_near, near)) trust.push_back(std::pow(1 - change, 4.0f));
    const double good = m_tsne->divergence() * (1 + kBent);
    std::vector<float> layout = m_tsne->layout();
    alignTo(m_layout, layout);
    alignLocally(m_layout, trust, layout, kReach);
    m_tsne->setLayout(layout);
    for (int round = 0; round < kMostMendingRounds; ++round) {
        iterate(kMendingRound);
        if (m_tsne->divergence() <= good) break;
    }
}

std::shared_ptr<EmbeddingFrame> FrameMaker::frame(const Snapshot& snapshot, std::optional<std::vector<float>> known,
                                                  const Moved& moved, const Cancelled& isCancelled)
{
    const SnapshotArray* features = find(snapshot, embedding::kFeatures);
    if (!features) return nullptr;
    if (features->shape.size() != 2 || features->shape[0] != static_cast<std::int64_t>(m_set->size()))
        throw Error(fmt::format("step {}", snapshot.step),
                    fmt::format("features of {} samples, where the run looks at {}",
                                features->shape.empty() ? 0 : features->shape[0], m_set->size()));
    m_columns = features->shape[1];
    m_features = features->values;
    const auto perSample = [&](const char* name) {
        const SnapshotArray* array = find(snapshot, name);
        return array && array->values.size() == m_set->size() ? array->values : std::vector<float>();
    };
    m_steps = perSample(embedding::kSteps);
    m_losses = perSample(embedding::kLosses);

    if (!std::ranges::all_of(m_features, [](float value) { return std::isfinite(value); }))
        throw Error(fmt::format("step {}", snapshot.step), "a feature is not a finite number",
                    "The training has diverged; lower the learning rate.");
    NearestTable near = nearestByProduct(rows(), kNeighbours, m_options.threads, isCancelled);
    if (near.rows() == 0) return nullptr;
    if (known) {
        m_layout = std::move(*known);
    } else {
        try {
            if (!layOut(near, moved, isCancelled)) return nullptr;
        } catch (const Error& error) {
            throw error.within(fmt::format("step {}", snapshot.step));
        }
    }
    m_before = std::exchange(m_near, std::move(near));
    m_stepBefore = std::exchange(m_step, snapshot.step);
    auto frame = std::make_shared<EmbeddingFrame>();
    frame->step = snapshot.step;
    describe(*frame, isCancelled);
    return isCancelled && isCancelled() ? nullptr : frame;
}

void FrameMaker::describe(EmbeddingFrame& frame, const Cancelled& isCancelled) const
{
    frame.layout = m_layout;
    frame.featureSteps = m_steps;
    frame.losses = m_losses;
    frame.neighbours = m_near.neighbours;
    frame.nearest = m_near.indices;
    frame.similarities = m_near.similarities;
    const int count =
        m_set->tables.empty() ? kUnlabelledClusters : std::clamp(static_cast<int>(m_set->tables[0].classes.size()), 2, 50);
    frame.clusters = clusters(rows(), count, m_options.seed, isCancelled);
    if (isCancelled && isCancelled()) return;
    const LayoutQuality quality = layoutQuality(rows(), m_layout, kNeighbours, kRowsJudged, m_options.threads, isCancelled);
    frame.trustworthiness = quality.trustworthiness;
    frame.preserved = quality.neighboursKept;
}

std::shared_ptr<EmbeddingFrame> FrameMaker::movedBy(const std::vector<std::shared_ptr<const FeatureSlice>>& slices,
                                                    const Cancelled& isCancelled)
{
    if (m_layout.empty() || !m_options.isWarm) return nullptr;
    auto frame = std::make_shared<EmbeddingFrame>();
    for (const auto& slice : slices) {
        if (slice->columns != m_columns || slice->first < 0 ||
            slice->first + slice->rows() > static_cast<std::int64_t>(m_set->size()))
            continue;
        std::ranges::copy(slice->values, m_features.begin() + slice->first * m_columns);
        frame->step = std::max(frame->step, slice->step);
    }
    if (!m_tsne)
        m_tsne.emplace(TsneOptions{.perplexity = m_options.perplexity, .seed = m_options.seed, .threads = m_options.threads});
    if (!m_tsne->setRows(rows(), isCancelled)) return nullptr;
    m_tsne->setLayout(m_layout);
    m_tsne->iterate(kSliceIterations, isCancelled);
    std::vector<float> layout = m_tsne->layout();
    alignTo(m_layout, layout);
    m_layout = layout;
    frame->layout = std::move(layout);
    frame->isMoving = true;
    return frame;
}

EmbeddingChange FrameMaker::lastChange() const
{
    EmbeddingChange result{.from = m_stepBefore, .to = m_step, .groups = {}, .change = {}};
    if (m_before.rows() == 0 || m_before.rows() != m_near.rows()) return result;
    result.change = neighbourhoodChange(m_before, m_near);
    for (ChangedGroup& group : changedGroups(m_before, m_near)) result.groups.push_back({std::move(group.rows), group.change});
    return result;
}

}  // namespace selfsight
