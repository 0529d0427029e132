#include "core/methods/dino_parts.h"

#include "core/nn/unit_rows.h"

namespace selfsight {

DinoHeadOptions dinoHeadOptions(const DinoOptions& options, std::int64_t features)
{
    return {.in = features, .out = options.outputs, .layers = options.layers, .hidden = options.hidden,
            .bottleneck = options.bottleneck, .batchNorm = options.headBatchNorm, .normLastLayer = options.normLastLayer};
}

double teacherTemperature(const DinoOptions& options, double final, const StepContext& context)
{
    return linearRamp(static_cast<double>(context.step / context.stepsPerEpoch), options.warmupTeacherEpochs,
                      options.warmupTeacherTemperature, final);
}

void addTeacherTerms(StepOutput& output, const Distillation& result)
{
    output.terms.insert(output.terms.end(), {{"teacher_entropy", result.entropy},
                                             {"divergence", result.loss.detach() - result.entropy},
                                             {"largest_mean_output", result.target.mean(0).max()},
                                             {"outputs_used", usedShare(result.target)}});
}

void addKoLeo(StepOutput& output, const torch::Tensor& first, const torch::Tensor& second, double weight)
{
    if (weight == 0) return;
    const torch::Tensor spread = (koLeo(first).loss + koLeo(second).loss) / 2;
    output.terms.front().second = output.terms.front().second + spread * weight;
    output.terms.emplace_back("koleo", spread.detach());
}

std::vector<CurveInfo> teacherCurves()
{
    return {
        {"teacher_entropy", CurveScale::Loss, "Entropy of the teacher's distributions, in nats: 0 is one answer for all, ln K no answer at all."},
        {"divergence", CurveScale::Loss, "Kullback-Leibler divergence of the student's distributions from the teacher's, in nats: what is left to learn."},
        {"largest_mean_output", CurveScale::Share, "The largest output of the teacher's mean distribution: 1 when one output wins for all images."},
        {"outputs_used", CurveScale::Share, "Share of the outputs that win for some image of this batch; at most 2B of K can."},
        {"center_norm", CurveScale::Own, "Length of the running mean that centring subtracts."},
        {"koleo", CurveScale::Own, "Mean of -ln distance to the nearest other image of the batch: smaller is further apart."},
    };
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
