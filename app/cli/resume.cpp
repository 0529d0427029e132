// selfsight-cli resume: a stored run goes on in its own folder.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/run_experiment.h"
#include "core/runs/run_end.h"
#include "core/runs/run_lock.h"

namespace selfsight::cli {

namespace {

struct Arguments {
    std::string run;
    std::optional<std::int64_t> steps;
    bool json = false;
};

int resume(const Arguments& arguments)
{
    const auto end = endOf(arguments.run);
    if (end && end->phase == RunPhase::Finished && end->result && !arguments.steps && !RunLock::isHeld(arguments.run)) {
        fmt::print(stderr, "{} has finished: all its {} steps are done. With --steps N it goes on for N more.\n", arguments.run, end->step);
        printResult(*end->result, arguments.json);
        return 0;
    }
    const RunState state = runToEnd(ResumeOptions{.runFolder = arguments.run, .furtherSteps = arguments.steps, .evaluateAtEnd = !arguments.steps}, arguments.json);
    if (state.result) printResult(*state.result, arguments.json);
    return exitCode(state);
}

}  // namespace

Run addResume(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->run, "The run's folder")->required();
    command.add_option("--steps", arguments->steps, "That many steps more, and no evaluation at the end (default: to the run's total)")->check(CLI::Range(1, 1000000000));
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return resume(*arguments); };
}

}  // namespace selfsight::cli
