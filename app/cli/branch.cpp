// selfsight-cli branch: a new run from the nearest checkpoint of a stored one, with options changed. It begins with its parent's records.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/run_experiment.h"
#include "core/catalog.h"
#include "core/runs/run_writer.h"
#include "core/train/branch.h"

namespace selfsight::cli {

namespace {

struct Arguments {
    std::string run, out;
    std::int64_t at = 0;
    std::vector<std::string> settings;  // key=value
    std::optional<std::int64_t> steps;
    bool json = false;
};

int branch(const Arguments& arguments)
{
    BranchPoint point = branchPoint(arguments.run, arguments.at, catalog());
    Experiment experiment = point.experiment;
    change(experiment, settingsFrom(arguments.settings), {}, arguments.run);
    if (point.checkpoint.facts.step != arguments.at)
        fmt::print(stderr, "the nearest checkpoint before step {} is that of step {}\n", arguments.at, point.checkpoint.facts.step);
    const std::filesystem::path out = arguments.out.empty() ? freshRunFolder(point.run.parent_path(), experiment.name) : std::filesystem::path(arguments.out);
    const RunState state = runToEnd(BranchOptions{.parent = point.run,
                                                  .step = arguments.at,
                                                  .experiment = std::move(experiment),
                                                  .runFolder = out,
                                                  .furtherSteps = arguments.steps,
                                                  .evaluateAtEnd = !arguments.steps},
                                    arguments.json);
    if (state.result) printResult(*state.result, arguments.json);
    return exitCode(state);
}

}  // namespace

Run addBranch(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->run, "The folder of the run to branch from; it stays as it is")->required();
    command.add_option("--at", arguments->at, "The step; the nearest checkpoint at or before it is taken")->required()->check(CLI::NonNegativeNumber);
    command.add_option("--set", arguments->settings, "key=value, such as method.temperature=0.2; may be repeated")
        ->allow_extra_args(false)
        ->check(settingProblem);
    command.add_option("--steps", arguments->steps, "That many steps beyond the checkpoint, and no evaluation at the end (default: to the parent's total)")
        ->check(CLI::Range(1, 1000000000));
    command.add_option("--out", arguments->out, "The new run's folder, absent or empty (default: DATE_NAME beside the parent)");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return branch(*arguments); };
}

}  // namespace selfsight::cli
