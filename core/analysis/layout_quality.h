// How faithful a layout is to what it lays out, and how it lies on another one. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"
#include "core/analysis/nearest_table.h"

namespace selfsight {

struct LayoutQuality {
    double trustworthiness = 0;   // 0..1: neighbours in the layout that are none in feature space cost their rank there
    double neighboursKept = 0;    // 0..1: share of the k nearest in feature space that are among the k nearest in the layout
    std::int64_t rowsJudged = 0;  // 0: cancelled
};

/// `rows` (N, D) and their `layout` (N, 2); over `judged` rows drawn with a fixed seed (0, or N or more: all), each against all
/// N. Paper: Venna and Kaski 2001, ICANN (trustworthiness). k is lowered to what N allows (trustworthiness needs 3 k < 2 N - 1).
/// Errors: throws Error when there are fewer than 4 rows, or the layout has another number of points.
LayoutQuality layoutQuality(MatrixView rows, std::span<const float> layout, std::int64_t k, std::int64_t judged = 0,
                            int threads = 1, const std::function<bool()>& isCancelled = {});

/// Turns, mirrors and moves `layout` (N, 2), without scaling, so that it lies on `target` (N, 2) with least squares.
/// Orthogonal Procrustes problem: Schoenemann 1966, Psychometrika 31.
void alignTo(std::span<const float> target, std::span<float> layout);

}  // namespace selfsight
