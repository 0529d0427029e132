#include "core/methods/dino_parts.h"

namespace selfsight {

DinoHeadOptions dinoHeadOptions(const DinoOptions& options, std::int64_t features)
{
    return {.in = features, .out = options.outputs, .layers = options.layers, .hidden = options.hidden,
            .bottleneck = options.bottleneck, .batchNorm = options.headBatchNorm, .normLastLayer = options.normLastLayer};
}

double teacherTemperature(const DinoOptions& options, const StepContext& context)
{
    return linearRamp(static_cast<double>(context.step / context.stepsPerEpoch), options.warmupTeacherEpochs,
                      options.warmupTeacherTemperature, options.teacherTemperature);
}

void clipEachGradient(const std::vector<torch::Tensor>& parameters, double limit)
{
    const torch::NoGradGuard noGrad;
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& parameter : parameters)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    if (gradients.empty() || limit == 0) return;
    std::vector<torch::Tensor> factors = at::_foreach_norm(gradients);
    for (torch::Tensor& factor : factors) factor = (limit / (factor + 1e-6)).clamp_max(1);
    for (std::size_t i = 0; i < gradients.size(); ++i) gradients[i].mul_(factors[i]);
}

}  // namespace selfsight
