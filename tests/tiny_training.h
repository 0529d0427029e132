// A method small enough to train in a test.
#pragma once

#include "core/methods/method.h"

inline constexpr std::int64_t kBatch = 8;

/// A ResNet, or what the method asks for instead.
inline selfsight::OptionSet tinyBackbone(const selfsight::MethodInfo& info, selfsight::MethodSetup setup)
{
    using selfsight::OptionSet;
    if (info.samples == selfsight::SampleKind::Signal) return {"conv1d", {{"layers", std::int64_t{3}}, {"channels", std::int64_t{16}}}};
    const OptionSet transformer{"vit", {{"dim", std::int64_t{24}}, {"depth", std::int64_t{2}}, {"heads", std::int64_t{2}}, {"patch", std::int64_t{8}}}};
    setup.backbone = {"resnet", {{"depth", "10"}, {"width", std::int64_t{8}}, {"stem", "strided"}}};
    if (!info.conflicts) return setup.backbone;
    for (const selfsight::Conflict& conflict : info.conflicts({}, setup)) {
        if (conflict.keyPath == "backbone.type") return transformer;
        if (conflict.keyPath == "backbone.norm") {
            setup.backbone.values["norm"] = conflict.suggestion;
            setup.backbone.values["groups"] = std::int64_t{1};  // on maps of a pixel a channel alone would be normalised to nothing but rounding
        }
    }
    return setup.backbone;
}

inline selfsight::MethodSetup tinySetup(const selfsight::MethodInfo& info, std::int64_t batch = kBatch)
{
    selfsight::MethodSetup setup;
    setup.datasetSize = 64;
    if (info.samples == selfsight::SampleKind::Signal) setup.sampleShape = {1, 1, 800};
    else setup.sampleShape = {3, 32, 32};
    setup.batchSize = batch;
    setup.totalSteps = 50;
    setup.classes = 4;
    setup.backbone = tinyBackbone(info, setup);
    setup.makeBackbone = [options = setup.backbone] { return selfsight::backbones().at(options.type).make(options); };
    return setup;
}

inline std::shared_ptr<selfsight::Method> makeMethod(const selfsight::MethodInfo& info, std::uint64_t seed,
                                                     const selfsight::OptionSet& options = {}, std::int64_t batch = kBatch)
{
    torch::manual_seed(seed);
    return info.make(options, tinySetup(info, batch));
}

/// `difference`: how much noise tells the views of an image apart.
inline selfsight::Views randomViews(const selfsight::MethodInfo& info, std::int64_t batch = kBatch, double difference = 0.1)
{
    torch::manual_seed(77);
    const bool signals = info.samples == selfsight::SampleKind::Signal;
    const torch::Tensor images = signals ? torch::randn({batch, 1, 1, 800}) : torch::randn({batch, 3, 32, 32});
    selfsight::Views views;
    for (int i = 0; i < info.globalViews; ++i) views.global.push_back(images + difference * torch::randn_like(images));
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
                               const selfsight::StepContext& context, double rate = 0.05, bool moveTargets = true)
{
    method.beforeStep(context);
    const selfsight::StepOutput output = method.loss(views, context);
    output.terms.at(0).second.backward();
    method.afterBackward(context);
    optimizer.step(rate, rate);
    optimizer.zeroGrad();
    if (moveTargets) method.afterStep(output, context);
    return output.terms.at(0).second.detach();
}

inline torch::Tensor trainStep(selfsight::Method& method, selfsight::Optimizer& optimizer, const selfsight::Views& views,
                               std::int64_t step, double rate = 0.05)
{
    return trainStep(method, optimizer, views, contextOf(step), rate);
}
