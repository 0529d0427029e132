// How far embeddings have collapsed. Internal to core/train: it has torch in it.
#pragma once

#include <torch/types.h>

#include <vector>

#include "core/record/run_state.h"

namespace selfsight {

struct EmbeddingState {
    std::int64_t rows = 0;              // fewer than 2: nothing was measured
    RunResult::Collapse collapse;
    std::vector<float> singularValues;  // centred, descending
};

/// Batches of (B, D) on any device, taken together; of the collapse all but the targets. `lengthMatters`: as MethodInfo says.
EmbeddingState measureEmbeddings(const std::vector<torch::Tensor>& batches, bool lengthMatters);

}  // namespace selfsight
