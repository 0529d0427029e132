#include "core/train/bench_step.h"

#include <torch/cuda.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "core/base/error.h"
#include "core/nn/torch_compat.h"
#include "core/record/spikes.h"
#include "core/train/machine.h"
#include "core/train/model.h"
#include "core/train/multiply_adds.h"
#include "core/train/step_numbers.h"

namespace selfsight {

namespace {

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

double timed(const ComputeDevice& device, const std::function<void()>& work)
{
    const auto begin = std::chrono::steady_clock::now();
    work();
    if (device.device.is_cuda()) torch::cuda::synchronize();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Of a matrix product, written as such and as a 1x1 convolution: on a CPU different libraries compute them.
double peakFlops(const ComputeDevice& device)
{
    constexpr std::int64_t kSide = 2048, kHeight = 32;
    const auto options = torch::TensorOptions().device(device.device).dtype(device.products);
    const torch::Tensor a = torch::ones({kSide, kSide}, options), b = torch::ones({kSide, kSide}, options);
    const torch::Tensor image = a.view({1, kHeight, kSide / kHeight, kSide}).permute({0, 3, 1, 2}), kernel = b.view({kSide, kSide, 1, 1});
    double best = 1e9;
    for (int i = 0; i < 8; ++i) {
        best = std::min(best, timed(device, [&] { torch::mm(a, b); }));
        best = std::min(best, timed(device, [&] { torch::conv2d(image, kernel); }));
    }
    return 2.0 * kSide * kSide * kSide / best;
}

/// A ResNet, or what the method asks for instead.
OptionSet backboneFor(const MethodInfo& method, const StepBenchOptions& options)
{
    if (options.vit) return {"vit", {{"image_size", std::int64_t{options.size}}}};
    if (method.samples == SampleKind::Signal) return {"conv1d", {{"channels", options.width}}};
    MethodSetup setup;
    setup.sampleShape = {3, options.size, options.size};
    setup.batchSize = options.batch;
    setup.backbone = {"resnet", {{"depth", std::to_string(options.depth)}, {"width", options.width}, {"stem", std::string("small")}}};
    if (!method.conflicts) return setup.backbone;
    for (const Conflict& conflict : method.conflicts({method.key, {}}, setup)) {
        if (conflict.keyPath == "backbone.type") return {conflict.suggestion, {{"image_size", std::int64_t{options.size}}}};
        if (conflict.keyPath == "backbone.norm") setup.backbone.values["norm"] = conflict.suggestion;
    }
    return setup.backbone;
}

}  // namespace

StepBench benchStep(const Catalog& catalog, const StepBenchOptions& options)
{
    Experiment experiment = defaultExperiment(catalog);
    experiment.sections["method"] = {options.method, {}};
    const MethodInfo& info = methods().at(options.method);
    experiment.sections["backbone"] = backboneFor(info, options);
    const bool signals = info.samples == SampleKind::Signal;
    if (signals) experiment.sections["data"] = {"tones", {}};
    experiment.views.global.size = signals ? 3 * options.size * options.size : options.size;  // as many numbers

    StepBench result;
    result.threads = prepareComputeThread(options.threads, 0);
    TrainOptions train;
    train.device = options.device;
    train.precision = options.bf16 ? Precision::Bf16 : Precision::Fp32;
    const ComputeDevice device = resolveDevice(train, result.threads);
    result.device = device.description;

    const MethodSetup setup = methodSetup(experiment, 50000, 10, 1000, options.batch);
    const auto method = buildMethod(experiment, setup, 1, device);
    method->train();
    const NamedTensors layers = trainableLayers(*method);
    const OptionSet sgd{"sgd", {}};
    const auto optimizer = optimizers().at("sgd").make(sgd, method->parameterGroups());
    Views views;
    for (int v = 0; v < info.globalViews; ++v) {
        std::vector<std::int64_t> shape = setup.sampleShape;
        shape.insert(shape.begin(), options.batch);
        views.global.push_back(channelsLast(torch::randn(shape)).to(device.device));
    }
    views.indices = torch::arange(options.batch).to(device.device);
    if (info.usesLabels) views.labels = views.indices.remainder(10);

    StepContext context;
    context.totalSteps = 1000;
    SpikeDetector detector(layers.size());
    std::vector<double> recording;
    double otherSeconds = 0;  // outside forward and backward
    const auto step = [&] {
        otherSeconds += timed(device, [&] { method->beforeStep(context); });
        optimizer->zeroGrad();
        StepOutput output;
        {
            const Autocast autocast(device.device, device.products);
            output = method->loss(views, context);
        }
        output.terms.front().second.backward();
        recording.push_back(timed(device, [&] {
            const StepNumbers numbers = stepNumbers(output, layers);
            detector.observe(context.step, numbers.gradientNorms);
        }));
        otherSeconds += timed(device, [&] {
            method->afterBackward(context);
            optimizer->step(0.01, 0.01);
            method->afterStep(output, context);
        });
        ++context.step;
    };

    for (int i = 0; i < 3; ++i) timed(device, step);
    otherSeconds = 0;
    recording.clear();
    std::vector<double> seconds;
    double total = 0;
    while (total < options.seconds || seconds.size() < 5) {
        seconds.push_back(timed(device, step));
        total += seconds.back();
    }
    result.otherShare = otherSeconds / total;
    result.recordSeconds = median(recording);
    result.layers = static_cast<std::int64_t>(layers.size());
    result.steps = static_cast<std::int64_t>(seconds.size());
    result.stepSeconds = median(seconds);
    result.imagesPerSecond = static_cast<double>(options.batch) / result.stepSeconds;
    result.peakFlops = peakFlops(device);

    std::int64_t multiplyAdds = 0;
    {
        const torch::NoGradGuard noGradients;
        multiplyAdds = countMultiplyAdds([&] { method->features(views.global.front().slice(0, 0, 1)); });
    }
    const double flops = 2.0 * 3.0 * static_cast<double>(multiplyAdds) * static_cast<double>(options.batch) * static_cast<double>(views.global.size());
    result.peakShare = flops / result.stepSeconds / result.peakFlops;
    return result;
}

}  // namespace selfsight
