// What a checkpoint holds: tensors under their names.
#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace selfsight {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Those whose names begin with `prefix`, without it.
NamedTensors withoutPrefix(const NamedTensors& tensors, const std::string& prefix);

/// Copies `saved` into `tensors`, which keep their device and layout. Throws Error, with nothing changed, when a name is missing or
/// too many, or a tensor has another shape or type.
void copyInto(const NamedTensors& tensors, const NamedTensors& saved, const std::string& what);

}  // namespace selfsight
