// Softmax of the rows of a bfloat16 matrix on the CPU, where libtorch 1.13 converts number by number.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// scores (N, M) bfloat16, contiguous, without gradient; in place and returned. Exponentials to 4e-6, sums in float.
torch::Tensor rowSoftmaxInPlace(torch::Tensor scores);

}  // namespace selfsight
