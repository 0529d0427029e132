// Random tensors from a run's counter-based generator: the same on every device, and on resuming.
#pragma once

#include <torch/types.h>

#include "core/base/rng.h"

namespace selfsight {

/// int64 in 0 .. bound - 1, with replacement.
torch::Tensor randomIndices(Rng& rng, std::int64_t bound, at::IntArrayRef shape, const torch::Device& device);

/// fp32 in [0, 1).
torch::Tensor randomUniform(Rng& rng, at::IntArrayRef shape, const torch::Device& device);

/// 0 .. count - 1 in random order, int64.
torch::Tensor randomOrder(Rng& rng, std::int64_t count, const torch::Device& device);

}  // namespace selfsight
