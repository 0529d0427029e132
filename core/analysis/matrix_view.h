#pragma once

#include <cstdint>

namespace selfsight {

/// Somebody else's numbers as rows: one sample a row, row-major, no padding. Torch-free.
struct MatrixView {
    const float* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
};

}  // namespace selfsight
