// Which tensors of a method are its encoder, and the encoder of a checkpoint, built anew. Internal to core/export: it has torch
// in it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/experiment.h"
#include "core/io/safetensors.h"
#include "core/methods/method.h"

namespace selfsight {

/// "backbone.conv1.weight" -> "conv1.weight"; absent for tensors that the features do not come from. Names of what follows the
/// first module stay as they are ("head.0.weight"), and so do those of several networks ("backbone_l.conv1.weight").
std::optional<std::string> encoderName(const MethodInfo& method, const std::string& tensor);

/// The method in evaluation mode on the CPU, its encoder as in the checkpoint; everything else is as it was drawn, and as small
/// as can be: no data is opened. Throws Error when a tensor is missing or has another shape.
std::shared_ptr<Method> storedEncoder(const Experiment& experiment, const SafetensorsFile& checkpoint);

/// What features() takes, (C, H, W), or (1, 1, T) of signals.
std::vector<std::int64_t> sampleShape(const Experiment& experiment);

}  // namespace selfsight
