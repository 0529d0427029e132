// The spikes of a run folder, found again in its steps, for comparing runs.
#pragma once

#include <filesystem>
#include <functional>

#include "core/record/spike_comparison.h"

namespace selfsight {

/// Also of a run that is still written. Throws Error when the folder holds no run, or one without steps.
SpikingRun readSpikes(const std::filesystem::path& run, const SpikeOptions& options = {}, const std::function<bool()>& isCancelled = {});

}  // namespace selfsight
