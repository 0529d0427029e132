// A second device for machines that have none: tensors on it live in host memory, but operators refuse to mix them with CPU
// tensors, as a GPU would, and every value that the host reads is counted. It borrows the name XPU. Link fake_device.cpp.
#pragma once

#include <torch/types.h>

/// Throws c10::Error naming the operator when a tensor of it meets a CPU tensor that has a dimension.
inline const torch::Device kFakeDevice(torch::kXPU, 0);

/// How often the host waited for a value since the last call: item(), copies to the CPU, nonzero().
int takeHostReads();
