// Who attracts whom in t-SNE: Gaussian affinities of each row's nearest others, at one perplexity. Torch-free.
// Paper: van der Maaten and Hinton 2008, JMLR 9, section 2; sparse as van der Maaten 2014, JMLR 15.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

/// A symmetric sparse matrix whose entries sum to 1: of row i those from starts[i] to before starts[i + 1], by ascending column.
struct Affinities {
    std::vector<std::int64_t> starts;  // (rows + 1)
    std::vector<std::int32_t> columns;
    std::vector<float> values;

    std::int64_t rows() const { return static_cast<std::int64_t>(starts.size()) - 1; }
};

/// (N, D) centred and scaled to at most 1: layouts ask only for ratios of distances, and no square overflows.
/// Errors: throws Error when a value is not finite.
std::vector<float> scaledRows(MatrixView rows);

/// Row-wise precision beta such that the entropy of exp(-beta d) is ln(perplexity); d ascending squared distances.
/// Where no precision does (all equal) the search ends at its 100th halving. `shares` (d) receives the distribution.
double calibrate(const float* distances, std::int64_t count, double perplexity, float* shares);

/// Over the `neighbours` nearest by Euclidean distance, exact (0: 3 * perplexity); at most rows - 1. Empty when cancelled.
/// Errors: throws Error when there are fewer than 4 rows, a value is not finite, or perplexity is outside 1 .. (rows - 1) / 3
/// while neighbours is 0.
Affinities affinities(MatrixView rows, double perplexity, std::int64_t neighbours = 0, int threads = 1,
                      const std::function<bool()>& isCancelled = {});

}  // namespace selfsight
