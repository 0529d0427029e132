// The experiments that a pre-trained network's experiment gives rise to: fine-tuning, the same from scratch, a linear probe with
// augmentation, distillation. Each is an ordinary experiment that any trainer runs.
// Paper: SimCLR v2, arXiv 2006.10029, 2 and 3.1. Torch-free.
#pragma once

#include <filesystem>
#include <vector>

#include "core/config/experiment.h"
#include "core/evaluate/stage_options.h"

namespace selfsight
{

/// What a supervised stage begins with and what it may learn from.
struct LabelledStage {
    std::filesystem::path weights;  // a weights file or checkpoint; empty: random
    double share = 1;               // of the labels
    std::int64_t labelSeed = 1;
    std::int64_t seed = 1;      // of weights, order and views
    std::int64_t labelled = 0;  // images of that share
    bool frozen = false;        // the classifier alone learns
};

/// Throws Error when the experiment learns from signals, or the head cannot be cut as asked.
Experiment supervisedStage(const Experiment& pretraining, const LabelledStage& stage);

/// `images`: of the whole training part. Throws Error naming what is wrong with distillation.student.
Experiment distillationStage(const Experiment& pretraining, const std::filesystem::path& teacher,
                             const std::filesystem::path& start, double share, std::int64_t images, const Catalog& catalog);

/// Layers of the projection head that fine-tuning keeps with this share of the labels.
std::int64_t keptLayers(const FineTuneOptions& options, const std::filesystem::path& weights, double share);

}  // namespace selfsight
