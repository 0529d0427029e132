// NT-Xent with labels: every image of the class is a positive.
// Paper: Khosla et al. 2020 (SupCon), arXiv 2004.11362, equations 2 (out) and 3 (in).
#pragma once

#include <torch/types.h>

namespace selfsight {

/// z (M, D) of any length, labels (M) int64. -> (M), the loss is their mean; a row that is alone in its class has 0. `sumInside`: the
/// logarithm of the positives' sum instead of the mean of their logarithms.
torch::Tensor supConLosses(const torch::Tensor& z, const torch::Tensor& labels, double temperature, bool sumInside = false);

}  // namespace selfsight
