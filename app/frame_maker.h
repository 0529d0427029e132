// A run's features, step after step, as a film: each layout starts where the one before ended, and lies on it, place by place.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/nearest_table.h"
#include "core/analysis/tsne.h"
#include "core/record/embedding_frame.h"
#include "core/record/probe_set.h"
#include "core/record/snapshot.h"

namespace selfsight {

struct FrameOptions {
    double perplexity = 30;  // lowered to what the samples allow
    int threads = 1;
    bool isWarm = true;  // false: every layout by itself
    std::uint64_t seed = 0;
};

/// Idea of one consistent plane: DeepVisualInsight (Yang et al. 2022, AAAI) and TimeVis (Yang et al. 2022, IJCAI), there after
/// training. Thread: one at a time.
class FrameMaker {
public:
    using Cancelled = std::function<bool()>;
    using Moved = std::function<void(const std::vector<float>& layout)>;  // after every iteration

    FrameMaker(std::shared_ptr<const ProbeSet> set, const FrameOptions& options);

    /// The frame of a snapshot; nullptr: it has no features, or was cancelled. `known`: a layout made before, taken as it is.
    /// Errors: throws Error when features are not finite, or of another number of samples.
    std::shared_ptr<EmbeddingFrame> frame(const Snapshot& snapshot, std::optional<std::vector<float>> known = {},
                                          const Moved& moved = {}, const Cancelled& isCancelled = {});
    /// A moving frame with newer rows of features in it; nullptr: cancelled, or there is no frame yet.
    std::shared_ptr<EmbeddingFrame> movedBy(const std::vector<std::shared_ptr<const FeatureSlice>>& slices,
                                            const Cancelled& isCancelled = {});

    /// Groups of samples whose neighbours changed between the last two frames; none before the second.
    EmbeddingChange lastChange() const;

    /// Says how layouts are made; those made in the same way are the same.
    std::string how() const;

private:
    MatrixView rows() const;
    bool layOut(const NearestTable& near, const Moved& moved, const Cancelled& isCancelled);
    void settle(const NearestTable& near, const std::function<void(int)>& iterate);
    void describe(EmbeddingFrame& frame, const Cancelled& isCancelled) const;

    std::shared_ptr<const ProbeSet> m_set;
    FrameOptions m_options;
    std::optional<Tsne> m_tsne;
    std::vector<float> m_layout;  // of the frame before; empty: none
    std::int64_t m_columns = 0;
    std::vector<float> m_features, m_steps, m_losses;
    NearestTable m_before, m_near;  // of the last two frames
    std::int64_t m_stepBefore = 0, m_step = 0;
};

}  // namespace selfsight
