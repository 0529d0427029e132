// Reads what torch.save() writes, without PyTorch and without running anything: the zip archive of PyTorch 1.6 and later, and the
// stream of pickles before. Tensors within dictionaries, whole checkpoints, modules and TorchScript archives are found by name.
#pragma once

#include <filesystem>
#include <memory>

#include "core/io/read_only_file.h"
#include "core/io/torch_tree.h"

namespace selfsight
{

/// Only the pickle is held; numbers are read when they are asked for. Thread: const members from any number of threads.
class TorchFile
{
public:
    /// Throws Error saying what is wrong: no such file, damaged, cut off, forged, or larger than any checkpoint.
    static TorchFile open(const std::filesystem::path& file);

    bool isLegacy() const { return m_isLegacy; }  // from before 1.6
    const std::vector<TorchTensor>& tensors() const { return m_tree.tensors; }
    const TorchTree& tree() const { return m_tree; }

    /// Row-major, whatever the strides. `destination` holds as many bytes as shape and type say.
    void read(const TorchTensor& tensor, void* destination) const;

private:
    void openArchive();
    void openLegacy();

    std::filesystem::path m_file;
    std::shared_ptr<const ReadOnlyFile> m_bytes;
    bool m_isLegacy = false;
    TorchTree m_tree;
    std::vector<std::uint64_t> m_offsets;  // in the file, one a storage
};

}  // namespace selfsight
