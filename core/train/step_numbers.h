// The numbers of a step that leave the device.
#pragma once

#include <vector>

#include "core/methods/method.h"
#include "core/train/named_tensors.h"

namespace selfsight {

/// Trainable parameters in forward order: the layers whose gradients are recorded.
NamedTensors trainableLayers(const Method& method);

/// Loss terms, then gradient norms (0 where there is no gradient), in one copy: the step's only synchronisation.
std::vector<float> stepNumbers(const StepOutput& output, const NamedTensors& layers);

}  // namespace selfsight
