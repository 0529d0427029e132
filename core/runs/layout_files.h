// layouts/step_00001200.safetensors in a run folder: where each sample of the probe set lies in the picture of that step.
// Made from a snapshot's features by whoever shows the run, so that it reopens with the same film.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace selfsight {

/// `how` says how it was made ("tsne perplexity=30"): one made in another way is no answer.
/// Errors: throws Error when the folder cannot be written to.
void writeLayout(const std::filesystem::path& runFolder, std::int64_t step, const std::vector<float>& layout, const std::string& how);

/// (samples, 2); absent: none of that kind is kept, or it cannot be read, or it has not `samples` finite points.
std::optional<std::vector<float>> readLayout(const std::filesystem::path& runFolder, std::int64_t step, std::size_t samples, const std::string& how);

}  // namespace selfsight
