// The tensors of a checkpoint: read, and written from a copy. Internal to core/train: it has torch in it.
#pragma once

#include <filesystem>
#include <map>

#include "core/train/named_tensors.h"

namespace selfsight {

/// On the host. Throws Error.
NamedTensors loadTensors(const std::filesystem::path& file);

/// Host copies, in memory that is used again for the next copy. Thread: take() and write() not at the same time.
class TensorCopies {
public:
    /// From any device. The memory is touched the first time only: later copies take as long as the memory needs to move them.
    void take(const NamedTensors& tensors);

    /// A safetensors file, whole or absent. Returns its SHA-256. Throws Error.
    std::string write(const std::filesystem::path& file) const;

private:
    NamedTensors m_copies;
};

}  // namespace selfsight
