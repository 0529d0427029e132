// The full figures at the end: weighted kNN of the trained encoder, of the same encoder before its first step and of the
// raw data (pixels, or the samples of signals), on all of them. Papers as in knn_probe.h.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/record/run_state.h"
#include "core/train/training.h"

namespace selfsight {

/// Called between slices with what is being done and the share done (0..1); false cancels.
using EvaluationProgress = std::function<bool(const std::string& activity, double share)>;

/// Absent without labels or when cancelled. Without a test part, a fifth of the training images (the same every time)
/// are the queries.
std::optional<RunResult::Knn> evaluateKnn(Training& training, const RecordOptions& options, const EvaluationProgress& progress);

}  // namespace selfsight
