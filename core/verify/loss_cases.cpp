#include "core/nn/nt_xent.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

CaseResult verifyNtXent(const Case& reference)
{
    const torch::Tensor z1 = differentiable(reference, "z1"), z2 = differentiable(reference, "z2");
    const torch::Tensor loss = ntXent(z1, z2, reference.number("temperature")).loss;
    loss.backward();
    Comparison comparison(reference);
    compare(comparison, "loss", loss);
    compare(comparison, "grad.z1", z1.grad());
    compare(comparison, "grad.z2", z2.grad());
    return comparison.result();
}

}  // namespace selfsight
