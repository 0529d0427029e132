// IDX files (MNIST and its kin), plain or compressed with gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace selfsight {

/// Bytes, row-major. Images: (count, height, width); labels: (count).
struct IdxArray {
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> values;
};

/// Throws Error when the file is missing, holds another type or rank, or other than the bytes its header promises.
IdxArray readIdx(const std::filesystem::path& file, int rank);

}  // namespace selfsight
