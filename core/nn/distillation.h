// A student that shall predict what its teacher predicts. Paper: Chen et al. 2020 (SimCLR v2), arXiv 2006.10029, equation 3.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// -sum_c softmax(teacher / temperature)_c ln softmax(student / temperature)_c -> (B); the loss is their mean. Logits (B, C); the teacher is
/// constant.
/// The authors' notebook takes temperature^2 times that, so that gradients keep their size.
torch::Tensor distillationLosses(const torch::Tensor& student, const torch::Tensor& teacher, double temperature);

}  // namespace selfsight
