// The commands of selfsight-cli: one file each, listed in main.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace selfsight::cli {

/// Declares a command's options on `command` and returns what runs it once they are parsed. The result is the exit
/// code: 0 done, 1 failed, 130 interrupted. Error and std::exception are caught in main, printed, and give 1.
using Run = std::function<int()>;

Run addTrain(CLI::App& command);
Run addResume(CLI::App& command);
Run addBranch(CLI::App& command);
Run addTable(CLI::App& command);
Run addEvaluate(CLI::App& command);
Run addPipeline(CLI::App& command);
Run addInspect(CLI::App& command);
Run addAttention(CLI::App& command);
Run addSpikes(CLI::App& command);
Run addReplay(CLI::App& command);
Run addEmbed(CLI::App& command);
Run addExport(CLI::App& command);
Run addSweep(CLI::App& command);
Run addList(CLI::App& command);
Run addDescribe(CLI::App& command);
Run addCheck(CLI::App& command);
Run addVerify(CLI::App& command);
Run addBench(CLI::App& command);  // with the subcommands of bench.h

}  // namespace selfsight::cli
