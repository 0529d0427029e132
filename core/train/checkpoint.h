// A checkpoint: step_N.safetensors with every tensor (the method's parameters and buffers under torchvision's and timm's
// names behind "method.", the optimiser's state behind "optimizer."), and step_N.json with the numbers beside them
// (step, sampler position, size of the tensors' file).
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/methods/method.h"
#include "core/nn/optimizer.h"

namespace selfsight {

struct CheckpointPosition {
    std::int64_t step = 0;   // steps done
    std::int64_t epoch = 0;  // of the next batch
    std::int64_t batch = 0;  // of the next batch, within the epoch
};

/// Whole or absent, whatever happens meanwhile. Throws Error.
void saveCheckpoint(const std::filesystem::path& file, const Method& method, Optimizer& optimizer, const CheckpointPosition& position);

}  // namespace selfsight
