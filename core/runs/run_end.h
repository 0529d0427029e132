// How a run ended, and runs that ended without an end: the power went, or the program was killed.
#pragma once

#include <filesystem>
#include <optional>

#include "core/record/run_state.h"

namespace selfsight {

/// What result.json says; absent: there is none, so the run still goes on, or was cut off. Throws Error when it is damaged.
std::optional<RunState> readEnd(const std::filesystem::path& folder);

/// The same; absent also when it is damaged.
std::optional<RunState> endOf(const std::filesystem::path& folder);

/// A run without an end that nobody writes.
bool isCutOff(const std::filesystem::path& folder);

}  // namespace selfsight
