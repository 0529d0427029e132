// Of each row its nearest others, exactly, by blocked products of plain floats. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

/// Of each row its nearest others, most similar first.
struct NearestTable {
    std::int64_t neighbours = 0;        // k, at most rows - 1
    std::vector<std::int32_t> indices;  // (rows, k)
    std::vector<float> similarities;    // (rows, k): inner products, cosines of unit rows

    std::int64_t rows() const { return neighbours > 0 ? static_cast<std::int64_t>(indices.size()) / neighbours : 0; }
    std::span<const std::int32_t> of(std::int64_t row) const
    {
        return {indices.data() + row * neighbours, static_cast<std::size_t>(neighbours)};
    }
};

/// By inner product; equal ones by lower index. Exact: rows * rows * columns products. The same with any number of threads.
/// `isCancelled` is asked now and then, by the calling thread; a cancelled table is empty.
NearestTable nearestByProduct(MatrixView rows, std::int64_t neighbours, int threads = 1,
                              const std::function<bool()>& isCancelled = {});

/// The same by Euclidean distance; `similarities` are minus the squared distances.
NearestTable nearestByDistance(MatrixView rows, std::int64_t neighbours, int threads = 1,
                               const std::function<bool()>& isCancelled = {});

}  // namespace selfsight
