// NumPy's .npy files: one array in C order.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/io/dtype.h"

namespace selfsight {

struct NpyArray {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;

    /// T: float, double or std::int64_t.
    template <class T>
    std::vector<T> values() const
    {
        return converted<T>(dtype, bytes);
    }
};

/// Throws Error for other files, element types NumPy writes that are not in DType, Fortran order, and missing bytes.
NpyArray readNpy(const std::filesystem::path& file);

/// Atomic. BF16 has no name in NumPy and is refused.
void writeNpy(const std::filesystem::path& file, DType dtype, const std::vector<std::int64_t>& shape,
              std::span<const std::byte> bytes);

}  // namespace selfsight
