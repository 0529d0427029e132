// A method small enough to train in a test.
#pragma once

#include "core/methods/method.h"

inline constexpr std::int64_t kBatch = 8;

inline selfsight::MethodSetup tinySetup(std::int64_t batch = kBatch)
{
    selfsight::MethodSetup setup;
    setup.datasetSize = 64;
    setup.sampleShape = {3, 32, 32};
    setup.batchSize = batch;
    setup.totalSteps = 50;
    setup.classes = 4;
    setup.makeBackbone = [] {
        return selfsight::backbones().at("resnet").make({"resnet", {{"width", std::int64_t{8}}, {"stem", "strided"}}});
    };
    return setup;
}

inline std::shared_ptr<selfsight::Method> makeMethod(const selfsight::MethodInfo& info, std::uint64_t seed,
                                                     const selfsight::OptionSet& options = {}, std::int64_t batch = kBatch)
{
    torch::manual_seed(seed);
    return info.make(options, tinySetup(batch));
}

inline selfsight::Views randomViews(const selfsight::MethodInfo& info, std::int64_t batch = kBatch)
{
    torch::manual_seed(77);
    const torch::Tensor images = torch::randn({batch, 3, 32, 32});
    selfsight::Views views;
    for (int i = 0; i < info.globalViews; ++i) views.global.push_back(images + 0.1 * torch::randn_like(images));
    for (int i = 0; info.localViews && i < 2; ++i) views.local.push_back(images.slice(2, 0, 16).slice(3, 0, 16).clone());
    views.indices = torch::arange(batch, torch::kLong);
    if (info.usesLabels) views.labels = torch::arange(batch, torch::kLong).remainder(4);
    return views;
}

inline selfsight::StepContext contextOf(std::int64_t step)
{
    return {.step = step,
            .totalSteps = 50,
            .stepsPerEpoch = 8,
            .learningRate = 0.05,
            .rng = selfsight::Rng{1, static_cast<std::uint64_t>(step)}};
}

/// The trainer's order, without its record. Returns the loss where it was computed: nothing is read back.
inline torch::Tensor trainStep(selfsight::Method& method, selfsight::Optimizer& optimizer, const selfsight::Views& views,
                               std::int64_t step, double rate = 0.05, bool moveTargets = true)
{
    const selfsight::StepContext context = contextOf(step);
    method.beforeStep(context);
    const selfsight::StepOutput output = method.loss(views, context);
    output.terms.at(0).second.backward();
    method.afterBackward(context);
    optimizer.step(rate, rate);
    optimizer.zeroGrad();
    if (moveTargets) method.afterStep(output, context);
    return output.terms.at(0).second.detach();
}
