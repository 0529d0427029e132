// selfsight-cli train: the same Trainer that the window uses, watched from a terminal.
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/run_experiment.h"
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

int train(const Arguments& arguments)
{
    Experiment experiment = chosenExperiment(arguments);
    TrainerOptions options;
    options.runFolder = arguments.out.empty() ? freshRunFolder("runs", experiment.name) : std::filesystem::path(arguments.out);
    options.steps = arguments.steps;
    options.evaluateAtEnd = !arguments.steps || arguments.evaluate;

    const RunState state = runToEnd(std::move(experiment), options, arguments.json);
    if (state.result) printResult(*state.result, arguments.json);
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
