// selfsight-cli train: the same Trainer that the window uses, watched from a terminal.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "core/runs/run_json.h"
#include "core/runs/run_writer.h"

namespace selfsight::cli {

namespace {

struct Arguments {
    std::string preset;
    std::string out;
    std::vector<std::string> settings;  // key=value
    std::optional<std::int64_t> steps;
    bool evaluate = false;
    std::string device;
    std::optional<std::int64_t> threads;
    bool json = false;
};

Experiment chosenExperiment(const Arguments& arguments)
{
    std::vector<Setting> settings = settingsFrom(arguments.settings);
    if (!arguments.device.empty()) settings.emplace_back("train.device", arguments.device);
    if (arguments.threads) settings.emplace_back("train.threads", std::to_string(*arguments.threads));
    return experimentOf(arguments.preset, settings);
}

void printResult(const RunResult& result)
{
    fmt::print("run {}\n{} steps in {:.1f} s, {:.0f} images/s, loss {:.4f}\n", result.run, result.steps, result.seconds, result.imagesPerSecond, result.loss);
    if (result.knn) {
        fmt::print("kNN accuracy (k {}, T {}, bank {}, queries {}): trained {:.2f} %, untrained {:.2f} %, raw data {:.2f} %\n", result.knn->neighbours,
                   result.knn->temperature, result.knn->bank, result.knn->queries, 100 * result.knn->trained, 100 * result.knn->untrained, 100 * result.knn->pixels);
        for (const RunResult::Knn::Table& table : result.knn->further)
            fmt::print("  by {}: trained {:.2f} %, untrained {:.2f} %, raw data {:.2f} %\n", table.name, 100 * table.trained, 100 * table.untrained, 100 * table.pixels);
    }
    if (const auto& linear = result.linear) {
        fmt::print("linear classifier: trained {:.2f} %", 100 * linear->trained);
        if (linear->untrained) fmt::print(", untrained {:.2f} %", 100 * *linear->untrained);
        if (linear->pixels) fmt::print(", raw data {:.2f} %", 100 * *linear->pixels);
        fmt::print("\n");
    }
    if (const auto& collapse = result.collapse) {
        fmt::print("{}: std * sqrt(d) {:.3f} (1 healthy, 0 collapsed), effective rank {:.1f}", isCollapsed(*collapse) ? "collapsed" : "no collapse",
                   collapse->stdSqrtD, collapse->effectiveRank);
        if (const auto& targets = collapse->targets)
            fmt::print(", teacher's entropy {:.1f} % of ln K, divergence {:.3f}", 100 * targets->entropyShare, targets->divergence);
        fmt::print("\n");
    }
}

int train(const Arguments& arguments)
{
    Experiment experiment = chosenExperiment(arguments);
    TrainerOptions options;
    options.runFolder = arguments.out.empty() ? freshRunFolder("runs", experiment.name) : std::filesystem::path(arguments.out);
    options.steps = arguments.steps;
    options.evaluateAtEnd = !arguments.steps || arguments.evaluate;

    const RunState state = runToEnd(std::move(experiment), options, arguments.json);
    if (!state.result) return exitCode(state);
    if (arguments.json) printJson(toJson(*state.result));
    else printResult(*state.result);
    return exitCode(state);
}

}  // namespace

Run addTrain(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("preset", arguments->preset, "A preset's name or an experiment's YAML file")->required();
    command.add_option("--out", arguments->out, "The run folder, absent or empty (default: runs/DATE_NAME)");
    command.add_option("--set", arguments->settings, "key=value, such as method.temperature=0.2; may be repeated")
        ->allow_extra_args(false)
        ->check(settingProblem);
    command.add_option("--steps", arguments->steps, "Total steps; the evaluation at the end is then skipped")->check(CLI::Range(1, 1000000000));
    command.add_flag("--evaluate", arguments->evaluate, "Evaluate at the end also with --steps");
    command.add_option("--device", arguments->device, "auto, cpu, cuda or cuda:N");
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return train(*arguments); };
}

}  // namespace selfsight::cli
