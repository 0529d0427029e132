// A state dict as torch.save() writes it since PyTorch 1.6: a zip with a pickle that rebuilds an OrderedDict of tensors.
// It holds nothing else, and so opens with torch.load(weights_only=True).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/safetensors.h"

namespace selfsight {

/// `note` is kept beside the tensors as the member extra/selfsight.json, which torch.load() passes over. Tensors keep their
/// order. Atomic. Throws Error when a name comes twice, a shape does not fit its bytes, the file would pass 4 GB or cannot be
/// written.
void writeTorchFile(const std::filesystem::path& file, const std::vector<TensorSource>& tensors, const std::string& note = {});

}  // namespace selfsight
