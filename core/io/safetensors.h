// Named arrays in one file: an 8-byte header length, a JSON header, raw little-endian data. Weights, checkpoints and
// the golden reference cases. Strict both ways: a file with a hole, an overlap or a stray byte is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/dtype.h"

namespace selfsight {

class ReadOnlyFile;

/// One array of a file.
struct TensorInfo {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;  // row-major; empty: a scalar
    std::uint64_t offset = 0;         // from the start of the data
    std::uint64_t bytes = 0;

    std::int64_t count() const;  // elements
};

/// Reads a file piece by piece; only the header is held. A file replaced meanwhile is still read as it was.
/// Thread: const members from any number of threads.
class SafetensorsFile {
public:
    /// Throws Error saying what is wrong with the header.
    static SafetensorsFile open(const std::filesystem::path& file);

    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    const std::vector<TensorInfo>& tensors() const { return m_tensors; }  // in the order of the data

    const TensorInfo* find(const std::string& name) const;  // nullptr: not there
    const TensorInfo& at(const std::string& name) const;    // throws Error with the nearest name

    /// Raw bytes into `destination`, which holds tensor.bytes.
    void read(const TensorInfo& tensor, void* destination) const;

    /// Converted. T: float or double from any dtype, std::int64_t from the integer ones (throws Error otherwise).
    template <class T>
    std::vector<T> values(const std::string& name) const;

private:
    std::filesystem::path m_file;
    std::map<std::string, std::string> m_metadata;
    std::vector<TensorInfo> m_tensors;
    std::uint64_t m_dataStart = 0;
    std::shared_ptr<const ReadOnlyFile> m_bytes;
};

/// An array to be written; the bytes stay the caller's and are not copied.
struct TensorSource {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
};

/// Arrays keep their order, except that wider elements come first so that each is aligned. Atomic.
/// Returns the SHA-256 of the file. Throws Error when a name comes twice, a shape does not fit its bytes or the file cannot be written.
std::string writeSafetensors(const std::filesystem::path& file, const std::vector<TensorSource>& tensors,
                             const std::map<std::string, std::string>& metadata = {});

}  // namespace selfsight
