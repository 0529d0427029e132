// Principal components, in double on one thread: the same bits with any number of threads. Torch-free.
#pragma once

#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

struct Pca {
    std::int64_t components = 0;                 // k
    std::vector<double> mean;                    // (D)
    std::vector<double> axes;                    // (k, D) unit rows, the entry of largest magnitude positive
    std::vector<double> singularValues;          // (k) of the centred rows, descending
    std::vector<double> explainedVariance;       // (k) their squares / (N - 1)
    std::vector<double> explainedVarianceRatio;  // (k) shares of the variance of all columns; 0 where that is 0
    std::vector<double> transformed;             // (N, k)
};

/// rows (N, D); `components` is lowered to min(N, D).
/// Errors: throws Error when there are fewer than 2 rows or a value is not finite.
Pca pca(MatrixView rows, std::int64_t components);

/// (N, k) floats: rows in their `components` principal components.
std::vector<float> pcaRows(MatrixView rows, std::int64_t components);

/// (N, 2): the first two principal components; a second of zeros where rows have one column.
std::vector<float> pcaLayout(MatrixView rows);

}  // namespace selfsight
