// How a run ended, and runs that ended without an end: the power went, or the program was killed.
#pragma once

#include <filesystem>
#include <optional>

#include "core/record/run_state.h"

namespace selfsight {

/// What result.json says; absent: it still goes on, or was cut off.
std::optional<RunState> endOf(const std::filesystem::path& folder);

/// A run without an end that nobody writes.
bool isCutOff(const std::filesystem::path& folder);

/// The run folder right in `base` that was cut off last.
std::optional<std::filesystem::path> newestCutOffRun(const std::filesystem::path& base);

}  // namespace selfsight
