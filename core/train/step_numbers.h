// The numbers of a step that leave the device.
#pragma once

#include <vector>

#include "core/methods/method.h"
#include "core/train/named_tensors.h"

namespace selfsight {

/// Trainable parameters in forward order: the layers whose gradients are recorded.
NamedTensors trainableLayers(const Method& method);

struct StepNumbers {
    std::vector<float> terms;
    std::vector<float> gradientNorms;  // 0 where there is no gradient
    std::vector<float> sampleLosses;   // empty: the method doesn't tell
};

/// The Euclidean norms of the gradients (0 where there is none), or of the weights, in one copy.
std::vector<float> gradientNorms(const NamedTensors& layers);
std::vector<float> weightNorms(const NamedTensors& layers);

/// In one copy: the step's only synchronisation.
StepNumbers stepNumbers(const StepOutput& output, const NamedTensors& layers);

}  // namespace selfsight
