// How neighbourhoods agree with labels, and where it has changed between two steps. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"
#include "core/analysis/nearest_table.h"

namespace selfsight {

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
/// in groups of three or more, the most telling first (rows times mean change). Idea: Emblaze, Sivaraman et al. 2022, arXiv
/// 2202.02641.
std::vector<ChangedGroup> changedGroups(const NearestTable& before, const NearestTable& after, double share = 0.2);

/// (rows): a cluster each, 0 .. clusters - 1, the largest first. k-means with k-means++ starts (Arthur and Vassilvitskii 2007);
/// fewer clusters where rows coincide.
std::vector<std::int32_t> clusters(MatrixView rows, int clusters, std::uint64_t seed,
                                   const std::function<bool()>& isCancelled = {});

/// `after` with its clusters named as those of `before` that they share most rows with, the pair with most in common first; clusters
/// without a counterpart get the names that are left. Of equally many rows, else `after` as it is.
std::vector<std::int32_t> matchedClusters(const std::vector<std::int32_t>& before, std::vector<std::int32_t> after);

}  // namespace selfsight
