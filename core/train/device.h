// Where and how numbers are computed. Internal to core/train: it has torch in it.
#pragma once

#include <c10/util/Exception.h>
#include <torch/types.h>

#include <optional>
#include <string>

#include "core/record/run_state.h"
#include "core/train/train_options.h"

namespace selfsight {

struct ComputeDevice {
    torch::Device device = torch::kCPU;
    at::ScalarType products = torch::kFloat;  // what convolutions and matrix products are computed in
    bool channelsLast = true;  // oneDNN and cuDNN both gain from it
    std::string description;   // "cpu (2 threads), bf16"
};

/// Throws Error when the build or the machine has no such GPU, or no GPU for fp16.
ComputeDevice resolveDevice(const TrainOptions& options, int threads);

/// Of a GPU, as its driver counts it; absent for the CPU.
std::optional<RunState::DeviceMemory> deviceMemory(const torch::Device& device);

/// Whether it says that host memory ran out: libtorch has no type for that.
bool isOutOfMemory(const c10::Error& error);

}  // namespace selfsight
