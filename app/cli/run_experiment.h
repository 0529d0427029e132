// One training, watched from a terminal: what `train` and `resume` do once and `table` for every preset.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/interrupts.h"
#include "core/config/experiment.h"
#include "core/record/run_state.h"
#include "core/train/trainer.h"

namespace selfsight::cli {

using Setting = std::pair<std::string, std::string>;  // key path, value as text

/// "key=value", as CLI11 checks it, and taken apart.
std::string settingProblem(const std::string& text);
std::vector<Setting> settingsFrom(const std::vector<std::string>& texts);

/// "0:42", "2 h 05 min", "?" below zero.
std::string duration(double seconds);

/// Prints issues; throws Error when there are any that forbid to go on.
void requireNone(const std::vector<Issue>& issues, const std::string& preset);

/// A preset with values changed. Problems are printed; throws Error when there are any.
Experiment experimentOf(const std::string& preset, const std::vector<Setting>& settings);

/// The values changed; `issues` and what the new values lack are printed. Throws Error naming `what` when any forbids to go on.
void change(Experiment& experiment, const std::vector<Setting>& settings, std::vector<Issue> issues, const std::string& what);

/// Prints progress on standard error, with `json` events on standard output. The first interrupt finishes the step and saves,
/// the second leaves at once. A failure's sentence is printed.
RunState runToEnd(Experiment experiment, const TrainerOptions& options, bool json);
/// The same for a stored run that goes on.
RunState runToEnd(const ResumeOptions& options, bool json);
/// The same for a new run that begins as a stored one.
RunState runToEnd(const BranchOptions& options, bool json);

/// For people, or one line of JSON.
void printResult(const RunResult& result, bool json);

/// 0 finished, 1 failed, 130 stopped.
int exitCode(const RunState& state);

}  // namespace selfsight::cli
