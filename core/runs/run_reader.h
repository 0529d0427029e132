// A run folder as a RunSource: the first drain gives all that is there, later ones what was appended since, whoever appends it.
#pragma once

#include <filesystem>
#include <memory>

#include "core/record/run_source.h"

namespace selfsight {

/// How many steps at once are handed over: each as a record with all it holds, or in columns as RunUpdate::past, of a million
/// steps a row for each 64, which steps() refines.
enum class ManySteps { Records, Columns };

/// Throws Error when `folder` holds no run, or one of a newer program. A folder that is deleted later makes drain() throw.
std::shared_ptr<RunSource> openRun(const std::filesystem::path& folder, ManySteps many = ManySteps::Records);

/// Whether a dropped folder is a run.
bool isRunFolder(const std::filesystem::path& folder);

}  // namespace selfsight
