#include "core/nn/dino_loss.h"

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor teacherTarget(const torch::Tensor& teacher, const torch::Tensor& center, double temperature)
{
    const FullPrecision guard;
    return torch::softmax((atLeastFloat(teacher.detach()) - center) / temperature, -1);
}

Distillation dinoLoss(const torch::Tensor& student, const torch::Tensor& target, double studentTemperature)
{
    const FullPrecision guard;
    const std::int64_t batch = target.size(0) / 2, crops = student.size(0) / batch;
    const torch::Tensor logP = torch::log_softmax(atLeastFloat(student) / studentTemperature, 1);
    const torch::Tensor own = (target * logP.narrow(0, 0, 2 * batch)).view({2, batch, -1}).sum(2).sum(0);  // (B): a crop with itself doesn't count

    // The sum over pairs of products is the product of sums.
    const torch::Tensor targets = target.view({2, batch, -1}).sum(0), crop = logP.view({crops, batch, -1}).sum(0);
    Distillation result;
    result.perSample = ((targets * crop).sum(1) - own) / -static_cast<double>(2 * crops - 2);
    result.loss = result.perSample.mean();
    result.target = target;
    result.entropy = at::special_entr(target).sum(1).mean();
    return result;
}

torch::Tensor maskedPatchLosses(const torch::Tensor& student, const torch::Tensor& target, const torch::Tensor& mask,
                                double studentTemperature)
{
    const FullPrecision guard;
    const torch::Tensor perPatch = -(target * torch::log_softmax(atLeastFloat(student) / studentTemperature, 2)).sum(2);
    const torch::Tensor weight = mask.to(perPatch.scalar_type());
    return (perPatch * weight).sum(1) / weight.sum(1).clamp_min(1);
}

void updateCenter(torch::Tensor center, const torch::Tensor& logits, double momentum)
{
    const torch::NoGradGuard noGrad;
    center.mul_(momentum).add_(atLeastFloat(logits).flatten(0, -2).mean(0, true).view_as(center), 1 - momentum);
}

KoLeo koLeo(const torch::Tensor& x, double eps)
{
    const FullPrecision guard;
    const torch::Tensor z = unitRows(x);
    KoLeo result;
    result.nearest = z.detach().mm(z.detach().t()).fill_diagonal_(-2).argmax(1);
    const torch::Tensor distance = (z - z.index_select(0, result.nearest) + eps).norm(2, 1);
    result.loss = -(distance + eps).log().mean();
    return result;
}

}  // namespace selfsight
