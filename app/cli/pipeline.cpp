// selfsight-cli pipeline: pre-training, fine-tuning on few labels and distillation, one stage after the other, with the chart of
// accuracy against the share of labels. What was interrupted goes on where it stood.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/evaluate/feature_cache.h"
#include "core/evaluate/pipeline.h"
#include "core/runs/run_json.h"
#include "core/train/machine.h"

namespace selfsight::cli
{

namespace
{

namespace fs = std::filesystem;

struct PipelineArguments {
    std::string preset, out, cache;
    std::vector<std::string> settings;
    bool resume = false, json = false;
};

/// Trains the stage, or goes on with it; its exit code.
int train(const Pipeline& pipeline, const PipelineStage& stage, bool json)
{
    const RunState state =
        stage.begun
            ? runToEnd(ResumeOptions{.runFolder = stage.run, .furtherSteps = {}, .evaluateAtEnd = false}, false)
            : runToEnd(pipeline.experimentOf(stage), {.runFolder = stage.run, .steps = {}, .evaluateAtEnd = false}, false);
    if (json && state.result) {
        nlohmann::ordered_json event = {{"event", "stage"}, {"stage", stage.key}, {"title", stage.title}};
        nlohmann::ordered_json result = toJson(*state.result);
        result.erase("event");
        event.update(result);
        printJson(event);
    }
    return exitCode(state);
}

void printChart(const std::vector<ChartPoint>& chart, bool json)
{
    std::vector<std::vector<std::string>> text = {{"", "labels", "images", "top-1 %", "top-5 %"}};
    for (const ChartPoint& point : chart) {
        if (json)
            printJson({{"event", "point"},
                       {"series", point.series},
                       {"stage", point.stage},
                       {"labels", point.share},
                       {"labelled", point.labelled},
                       {"top1", point.top1},
                       {"top5", point.top5}});
        text.push_back({titleOfSeries(point.series), percentText(point.share),
                        point.labelled > 0 ? std::to_string(point.labelled) : "", fmt::format("{:.2f}", 100 * point.top1),
                        fmt::format("{:.2f}", 100 * point.top5)});
    }
    if (!json) printTable(text);
}

int pipeline(const PipelineArguments& arguments)
{
    const Experiment experiment = experimentOf(arguments.preset, settingsFrom(arguments.settings));
    const fs::path folder = arguments.out.empty() ? fs::path("runs") / experiment.name : fs::path(arguments.out);
    if (!arguments.resume && holdsPipeline(folder))
        throw Error(folder.string(), "is there already", "Add --resume to go on with it, or name another folder with --out.");
    const Pipeline pipeline(experiment, folder, catalog());
    const fs::path cache = arguments.cache.empty() ? FeatureCache::usualFolder() : fs::path(arguments.cache);
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t count = pipeline.stages().size();
    for (std::size_t i = 0; i < count; ++i) {
        PipelineStage stage = pipeline.stages()[i];
        if (stage.trained && stage.measured) continue;
        fmt::print(stderr, "stage {} of {}: {}\n", i + 1, count, stage.title);
        if (!stage.trained)
            if (const int code = train(pipeline, stage, arguments.json); code != 0) return code;
        heedInterrupts();
        const int threads = prepareComputeThread(0, 0);
        const bool measured =
            pipeline.measure(stage, cache, threads, [&](const std::string&, double) { return !isInterrupted(); });
        if (!measured) return kInterruptedCode;
    }
    printChart(pipeline.chart(), arguments.json);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (arguments.json)
        printJson({{"event", "result"}, {"stages", count}, {"path", (folder / "chart.csv").string()}, {"seconds", seconds}});
    else fmt::print("{} stages in {}; the chart is in {}\n", count, duration(seconds), (folder / "chart.csv").string());
    return 0;
}

}  // namespace

Run addPipeline(CLI::App& command)
{
    const auto arguments = std::make_shared<PipelineArguments>();
    command
        .add_option(
            "preset", arguments->preset,
            "A preset's name or an experiment's YAML file; its sections fine_tune and distillation say how the later stages go")
        ->required();
    command.add_option("--out", arguments->out, "Folder for the stages' runs and the chart (default: runs/NAME)");
    command.add_option("--set", arguments->settings, "key=value, such as fine_tune.label_shares=[0.01, 0.1]; may be repeated")
        ->allow_extra_args(false)
        ->check(settingProblem);
    command.add_option("--cache", arguments->cache, "Folder where features are kept (default: the user's cache)");
    command.add_flag("--resume", arguments->resume, "Go on where it stood, in whichever stage");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return pipeline(*arguments); };
}

}  // namespace selfsight::cli
