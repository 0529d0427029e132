// A supervised stage trained in memory and asked about the test images. Internal to core/evaluate.
#pragma once

#include <optional>

#include "core/evaluate/judged_data.h"

namespace selfsight
{

/// Logits of the query images after the stage's steps; absent when cancelled. Throws Error as training does.
std::optional<FeatureRows> trainStage(const Experiment& stage, const JudgedData& data, int threads,
                                      const SliceProgress& progress);

std::int64_t stepsOf(const Experiment& stage);
std::int64_t batchOf(const Experiment& stage);

}  // namespace selfsight
