#include "core/nn/distillation.h"

#include "core/nn/torch_compat.h"

namespace selfsight {

torch::Tensor distillationLosses(const torch::Tensor& student, const torch::Tensor& teacher, double temperature)
{
    const FullPrecision guard;
    const torch::Tensor p = teacher.detach().div(temperature).softmax(1);  // (B, C)
    return -(p * student.div(temperature).log_softmax(1)).sum(1);
}

}  // namespace selfsight
