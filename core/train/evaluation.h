// The full figures at the end: weighted kNN and, where it is cheap, a linear classifier, of the trained encoder, of the same
// encoder before its first step and of the raw data (pixels, or the samples of signals), on all of them. Papers as in knn.h
// and linear_probe.h.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/record/run_state.h"
#include "core/train/training.h"

namespace selfsight {

/// Called between slices with what is being done and the share done (0..1); false cancels.
using EvaluationProgress = std::function<bool(const std::string& activity, double share)>;

struct Evaluation {
    RunResult::Knn knn;
    std::optional<RunResult::Linear> linear;
};

/// Absent without labels or when cancelled. Without a test part, a fifth of the training images (the same every time)
/// are the queries.
std::optional<Evaluation> evaluate(Training& training, const RecordOptions& options, const EvaluationProgress& progress);

}  // namespace selfsight
