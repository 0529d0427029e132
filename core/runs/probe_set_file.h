// probe_set.safetensors in a run folder: the samples whose features its snapshots hold, with thumbnails and labels.
#pragma once

#include <filesystem>
#include <memory>

#include "core/record/probe_set.h"

namespace selfsight {

/// Throws Error when it cannot be written.
void writeProbeSet(const std::filesystem::path& runFolder, const ProbeSet& set);

/// nullptr: there is none (yet). Throws Error when it is damaged.
std::shared_ptr<const ProbeSet> readProbeSet(const std::filesystem::path& runFolder);

}  // namespace selfsight
