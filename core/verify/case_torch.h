// Reference cases as tensors.
#pragma once

#include <torch/types.h>

#include "core/verify/case.h"

namespace selfsight {

/// A copy, of the same element type.
torch::Tensor toTensor(const CaseTensor& values);

/// in.NAME as a leaf that records its gradient.
torch::Tensor differentiable(const Case& reference, const std::string& name);

/// Numbers and shape; a scalar tensor has shape [1], as in the files. An undefined tensor fails the case.
void compare(Comparison& comparison, const std::string& output, const torch::Tensor& got);

}  // namespace selfsight
