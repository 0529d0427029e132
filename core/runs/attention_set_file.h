// attention_set.safetensors in a run folder: the images whose attention maps its snapshots hold, with names, classes and masks.
#pragma once

#include <filesystem>
#include <memory>

#include "core/record/attention_set.h"

namespace selfsight {

/// Throws Error when it cannot be written.
void writeAttentionSet(const std::filesystem::path& runFolder, const AttentionSet& set);

/// nullptr: there is none (yet). Throws Error when it is damaged.
std::shared_ptr<const AttentionSet> readAttentionSet(const std::filesystem::path& runFolder);

}  // namespace selfsight
