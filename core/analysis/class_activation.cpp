#include "core/analysis/class_activation.h"

#include <torch/autograd.h>

namespace selfsight
{

torch::Tensor gradCam(const torch::Tensor& maps, const LogitsOfPooled& logits, const torch::Tensor& classes)
{
    const torch::AutoGradMode withGradients(true);
    const torch::Tensor leaf = maps.detach().requires_grad_();
    const torch::Tensor scores =
        logits(leaf.mean({2, 3})).gather(1, classes.unsqueeze(1)).sum();  // images do not meet: each has its own gradient
    const torch::Tensor gradient = torch::autograd::grad({scores}, {leaf})[0];
    const torch::Tensor weights = gradient.mean({2, 3}, true);  // (B, D, 1, 1)
    return (weights * leaf).sum(1).relu().detach();
}

}  // namespace selfsight
