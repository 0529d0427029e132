// A checkpoint's encoder, with its projection head and classifier where it has them, as a weights file that fine-tuning,
// distillation and the classifier's own evaluation begin with. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/config/catalog.h"

namespace selfsight
{

/// Backbone under its own names, "head.*" and "classifier.*" beside it, and the facts that exports carry. Whole or absent.
/// `step`: of a checkpoint, absent for the last. Throws Error when the run has no such checkpoint or several encoders.
void writeEncoderFile(const std::filesystem::path& run, std::optional<std::int64_t> step, const std::filesystem::path& out,
                      const Catalog& catalog);

}  // namespace selfsight
