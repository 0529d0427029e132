#pragma once

#include <torch/types.h>

#include <string>

#include "core/analysis/matrix_view.h"

namespace selfsight {

/// The same memory as a tensor (rows, columns). Throws Error naming `what` when a number is not finite.
torch::Tensor finiteTensor(MatrixView matrix, const std::string& what);

}  // namespace selfsight
