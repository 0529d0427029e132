// The network and method of an experiment, built the same way for training, for the untrained reference and for benchmarks.
#pragma once

#include <filesystem>
#include <memory>

#include "core/config/experiment.h"
#include "core/methods/method.h"
#include "core/train/device.h"

namespace selfsight {

/// Weights depend on `seed` alone: the same seed gives the same network, bit for bit. Every backbone begins with the weights of
/// `initial` where there is such a file. Throws Error when they do not fit.
std::shared_ptr<Method> buildMethod(const Experiment& experiment, MethodSetup setup, std::uint64_t seed, const ComputeDevice& device,
                                    const std::filesystem::path& initial = {});

/// What the method is told of the run. `makeBackbone` is filled by buildMethod.
MethodSetup methodSetup(const Experiment& experiment, std::int64_t datasetSize, std::int64_t classes, std::int64_t totalSteps, std::int64_t batchSize);

/// Batch pixels (B, H, W, 3) on the host -> (B, 3, H, W) on the device, channels last in memory; signals (B, T) -> (B, 1, 1, T).
torch::Tensor toDevice(const std::vector<float>& pixels, SampleKind samples, std::int64_t batch, int size, const ComputeDevice& device);

}  // namespace selfsight
