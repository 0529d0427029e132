// Who lies near whom, how that agrees with labels, and where it has changed between two steps. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

/// Of each row its nearest others, most similar first.
struct NearestTable {
    std::int64_t neighbours = 0;              // k, at most rows - 1
    std::vector<std::int32_t> indices;        // (rows, k)
    std::vector<float> similarities;          // (rows, k): inner products, cosines of unit rows

    std::int64_t rows() const { return neighbours > 0 ? static_cast<std::int64_t>(indices.size()) / neighbours : 0; }
    std::span<const std::int32_t> of(std::int64_t row) const { return {indices.data() + row * neighbours, static_cast<std::size_t>(neighbours)}; }
};

/// By inner product; equal ones by lower index. Exact: rows * rows * columns products.
/// `isCancelled` is asked now and then; a cancelled table is empty.
NearestTable nearestByProduct(MatrixView rows, std::int64_t neighbours, int threads = 1, const std::function<bool()>& isCancelled = {});

/// The same by Euclidean distance; `similarities` are minus the squared distances.
NearestTable nearestByDistance(MatrixView rows, std::int64_t neighbours, int threads = 1, const std::function<bool()>& isCancelled = {});

/// (rows): share of each row's neighbours that have its own label. The mean is the neighbourhoods' purity.
std::vector<float> neighbourAgreement(const NearestTable& table, std::span<const std::int32_t> labels);

/// (rows): 1 - share of neighbours that both tables give a row. Tables of equal size.
std::vector<float> neighbourhoodChange(const NearestTable& before, const NearestTable& after);

/// Rows that changed much and belong together now.
struct ChangedGroup {
    std::vector<std::int32_t> rows;  // most changed first
    double change = 0;               // mean of theirs
};

/// Of the `share` of all rows that changed most (none below the mean change): those that are neighbours of each other afterwards,
/// in groups of three or more, the most telling first (rows times mean change). Idea: Emblaze, Sivaraman et al. 2022, arXiv 2202.02641.
std::vector<ChangedGroup> changedGroups(const NearestTable& before, const NearestTable& after, double share = 0.2);

/// (rows): a cluster each, 0 .. clusters - 1, the largest first. k-means with k-means++ starts (Arthur and Vassilvitskii 2007); fewer
/// clusters where rows coincide.
std::vector<std::int32_t> clusters(MatrixView rows, int clusters, std::uint64_t seed, const std::function<bool()>& isCancelled = {});

}  // namespace selfsight
