// SimSiam's two heads, numbered as in the authors' checkpoints (encoder.fc.N, predictor.N).
// Paper: Chen and He 2020, arXiv 2011.10566, 3.
#pragma once

#include "core/nn/projection_head.h"

namespace selfsight {

/// Batch norm after every layer, the last one without scale and shift.
torch::nn::Sequential simSiamProjector(std::int64_t in, std::int64_t hidden, std::int64_t out, int layers = 3);

/// A bottleneck; no norm on its output, which would make the loss oscillate.
torch::nn::Sequential simSiamPredictor(std::int64_t size, std::int64_t hidden);

}  // namespace selfsight
