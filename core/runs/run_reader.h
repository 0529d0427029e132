// A run folder as a RunSource: the first drain gives all that is there, later ones what was appended since.
#pragma once

#include <filesystem>
#include <memory>

#include "core/record/run_source.h"

namespace selfsight {

/// Throws Error when `folder` holds no run, or one of a newer program.
std::shared_ptr<RunSource> openRun(const std::filesystem::path& folder);

/// Whether a dropped folder is a run.
bool isRunFolder(const std::filesystem::path& folder);

}  // namespace selfsight
