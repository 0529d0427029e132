// selfsight-cli: everything the core does, without a window.
//
// Exit codes: 0 done, 1 failed (one sentence on standard error), 2 wrong usage, 130 interrupted.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include "app/cli/command.h"
#include "core/base/nearest.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

struct Command {
    const char* name;
    const char* description;
    Run (*add)(CLI::App&);
};

constexpr Command kCommands[] = {
    {"train", "Trains a preset and evaluates it", addTrain},
    {"resume", "Goes on with a run that was interrupted, or further than it was meant to go", addResume},
    {"branch", "A new run from a checkpoint of a stored one, with options changed", addBranch},
    {"table", "Trains presets one after the other and compares what they learnt", addTable},
    {"evaluate", "What features are worth: kNN, linear probe, fine-tuning with few labels", addEvaluate},
    {"pipeline", "Pre-training, fine-tuning on few labels and distillation, one after the other", addPipeline},
    {"inspect", "What a weights file holds, and which network it fits", addInspect},
    {"attention", "What a vision transformer looks at, as pictures and maps", addAttention},
    {"spikes", "Gradient spikes of a run, and which layer goes first", addSpikes},
    {"replay", "The views that a step was trained on, and its losses", addReplay},
    {"embed", "Samples laid out in the plane by t-SNE or PCA", addEmbed},
    {"export", "A run as files that other programs open", addExport},
    {"sweep", "Trains an experiment with all its sweep's values, one run after the other", addSweep},
    {"list", "What can be chosen", addList},
    {"describe", "The options of one thing", addDescribe},
    {"check", "Every problem of an experiment's file", addCheck},
    {"verify", "Reference cases against the functions that training calls", addVerify},
    {"bench", "Speed", addBench},
};

/// CLI11's sentence, or a better one for a mistyped command or option.
std::string usageProblem(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments)
{
    const auto chosen = app.get_subcommands();
    if (chosen.empty() && !arguments.empty() && !arguments.front().starts_with('-')) {
        std::vector<std::string> names;
        for (const Command& command : kCommands) names.push_back(command.name);
        return fmt::format("there is no command '{}'{}", arguments.front(), suggestion(arguments.front(), names));
    }
    const CLI::App* command = chosen.empty() ? &app : chosen.back();
    while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
    std::vector<std::string> options;
    for (const CLI::Option* option : command->get_options())
        for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    for (const std::string& argument : arguments) {
        const std::string name = argument.substr(0, argument.find('='));
        if (name.starts_with("--") && std::find(options.begin(), options.end(), name) == options.end())
            return fmt::format("{}: there is no option '{}'{}", command->get_name(), name, suggestion(name, options));
    }
    return fmt::format("{}: {}", command->get_name(), error.what());
}

/// torch appends the places in its own source to what went wrong.
std::string firstLine(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

int runProgram(int argc, char** argv)
{
    CLI::App app("Trains self-supervised vision methods and measures what they learn.", "selfsight-cli");
    app.set_version_flag("--version", "selfsight-cli " SELFSIGHT_VERSION);
    app.require_subcommand(1);
    std::vector<std::pair<CLI::App*, Run>> commands;
    for (const Command& command : kCommands) {
        CLI::App* declared = app.add_subcommand(command.name, command.description);
        commands.emplace_back(declared, command.add(*declared));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wish) {  // --help, --version
        return app.exit(wish);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}. See selfsight-cli --help.\n", usageProblem(app, error, {argv + 1, argv + argc}));
        return 2;
    }
    for (const auto& [command, run] : commands)
        if (command->parsed()) return run();
    return 2;
}

}  // namespace

}  // namespace selfsight::cli

int main(int argc, char** argv)
{
    selfsight::prepareProcess();
    try {
        return selfsight::cli::runProgram(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", selfsight::cli::firstLine(error.what()));
        return 1;
    }
}
