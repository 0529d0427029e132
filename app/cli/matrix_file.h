// A table of numbers from a .npy file: a row for each sample.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight::cli {

struct MatrixRows {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values;  // row-major

    MatrixView view() const { return {values.data(), rows, columns}; }
};

/// Throws Error when the file is no array of two dimensions, or holds nothing.
MatrixRows readMatrix(const std::string& file);

}  // namespace selfsight::cli
