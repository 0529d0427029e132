#include "core/evaluate/stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/data/data_set.h"
#include "core/train/classifier_file.h"
#include "core/train/train_options.h"

namespace selfsight
{

namespace
{

constexpr double kFewLabels = 0.05;

/// Crop and flip alone, as all papers fine-tune.
ViewPlan plainViews(ViewPlan views)
{
    constexpr std::array kKept = {"random_resized_crop", "random_crop", "horizontal_flip", "normalize"};
    views.global.count = 1;
    views.local.count = 0;
    std::erase_if(views.global.chain, [&](const OptionSet& step) { return std::ranges::find(kKept, step.type) == kKept.end(); });
    return views;
}

OptionSet nesterov(double rate, std::int64_t batch, double decay)
{
    return {"sgd", {{"lr", rate * static_cast<double>(batch) / 256}, {"nesterov", true}, {"weight_decay", decay}}};
}

std::int64_t stepsOf(double epochs, std::int64_t images, std::int64_t batch)
{
    return std::max<std::int64_t>(1, std::llround(epochs * static_cast<double>(std::max<std::int64_t>(1, images / batch))));
}

/// A copy whose stage sections are kept, so that a stored stage says what it came from.
Experiment stageOf(const Experiment& pretraining, std::int64_t steps, std::int64_t batch)
{
    if (dataSets().at(pretraining["data"].type).samples != SampleKind::Image)
        throw Error("fine-tuning", "is for images, and these are signals", "kNN and the linear probe judge their features.");
    Experiment stage = pretraining;
    stage.views = plainViews(stage.views);
    OptionSet& train = stage.sections.at("train");
    train.values["steps"] = steps;
    train.values["batch_size"] = batch;
    train.values.erase("init_weights");
    train.values.erase("checkpoint_every_steps");
    return stage;
}

void begin(Experiment& stage, const std::filesystem::path& weights)
{
    if (!weights.empty()) stage.sections.at("train").values["init_weights"] = std::filesystem::absolute(weights).string();
}

bool headCanBeCut(const std::filesystem::path& weights)
{
    try {
        headIn(weights, 1);
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// "width=16, depth=10" -> key paths of the section backbone.
void applyStudent(Experiment& stage, const std::string& text, const Catalog& catalog)
{
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        std::string setting = text.substr(begin, end - begin);
        std::erase(setting, ' ');
        begin = end + 1;
        if (setting.empty()) continue;
        const auto equals = setting.find('=');
        if (equals == std::string::npos)
            throw Error("distillation.student", fmt::format("'{}' is not key=value", setting), "Write it as width=16, depth=10.");
        if (const auto issue = setValue(stage, "backbone." + setting.substr(0, equals), setting.substr(equals + 1), catalog))
            throw Error("distillation.student", issue->message);
    }
}

}  // namespace

std::int64_t keptLayers(const FineTuneOptions& options, const std::filesystem::path& weights, double share)
{
    if (options.headLayers >= 0) return options.headLayers;
    return share < 0.5 && headCanBeCut(weights) ? 1 : 0;
}

Experiment supervisedStage(const Experiment& pretraining, const LabelledStage& stage)
{
    const FineTuneOptions options = fineTuneSchema().read(pretraining["fine_tune"]);
    const bool scratch = stage.weights.empty();
    const std::int64_t batch = std::clamp<std::int64_t>(options.batchSize, 2, std::max<std::int64_t>(2, stage.labelled));
    double epochs = options.epochs > 0 ? options.epochs : stage.share < kFewLabels ? 60 : 30;
    if (scratch) epochs = options.scratchEpochs > 0 ? options.scratchEpochs : 3 * epochs;
    if (stage.frozen) epochs = options.probeEpochs;

    Experiment result = stageOf(pretraining, stepsOf(epochs, stage.labelled, batch), batch);
    begin(result, stage.weights);
    result.sections.at("train").values["seed"] = stage.seed;
    OptionSet& method = result.sections.at("method");
    method = {"supervised", {{"label_share", stage.share}, {"label_seed", stage.labelSeed}}};
    if (!scratch) method.values["zero_classifier"] = true;
    if (stage.frozen) method.values["freeze_encoder"] = true;
    if (const std::int64_t layers = scratch || stage.frozen ? 0 : keptLayers(options, stage.weights, stage.share); layers > 0) {
        const KeptHead head = headIn(stage.weights, layers);
        method.values["head_layers"] = head.layers;
        method.values["head_hidden"] = head.hidden;
        method.values["head_batch_norm"] = head.batchNorm;
        method.values["head_bias"] = head.bias;
    }
    result.sections.at("optimizer") = scratch ? nesterov(options.scratchLr, batch, options.scratchWeightDecay)
                                              : nesterov(options.lr, batch, options.weightDecay);
    return result;
}

Experiment distillationStage(const Experiment& pretraining, const std::filesystem::path& teacher,
                             const std::filesystem::path& start, double share, std::int64_t images, const Catalog& catalog)
{
    const DistillationStageOptions options = distillationStageSchema().read(pretraining["distillation"]);
    const FineTuneOptions labels = fineTuneSchema().read(pretraining["fine_tune"]);
    const std::int64_t batch = std::clamp<std::int64_t>(options.batchSize, 2, std::max<std::int64_t>(2, images));
    Experiment result = stageOf(pretraining, stepsOf(options.epochs, images, batch), batch);
    result.sections.at("method") = {"distillation",
                                    {{"teacher", std::filesystem::absolute(teacher).string()},
                                     {"temperature", options.temperature},
                                     {"labelled_weight", options.labelledWeight},
                                     {"label_share", share},
                                     {"label_seed", labels.labelSeed}}};
    applyStudent(result, options.student, catalog);
    if (options.studentStart == StudentStart::Pretrained && result["backbone"] == pretraining["backbone"]) begin(result, start);
    result.sections.at("optimizer") = nesterov(options.lr, batch, options.weightDecay);
    return result;
}

}  // namespace selfsight
