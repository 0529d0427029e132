// t-SNE's forces on a layout and its divergence. Torch-free. The same bits with any number of threads.
// Paper: van der Maaten and Hinton 2008, JMLR 9, section 3.
#pragma once

#include <span>

#include "core/analysis/affinities.h"
#include "core/analysis/worker_team.h"

namespace selfsight {

/// forces (points, 2): sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2, by all pairs.
/// Returns the sum over i != j of 1 / (1 + |y_i - y_j|^2).
double repelByPairs(std::span<const float> layout, std::span<float> forces, WorkerTeam& team);

/// Sum over j of p_ij (y_i - y_j) / (1 + |y_i - y_j|^2) of one row.
struct Attraction {
    float x = 0, y = 0;
};
Attraction attraction(const Affinities& affinities, std::span<const float> layout, std::int64_t row);

/// Sum over i, j of p_ij ln(p_ij / q_ij), where q_ij = 1 / (1 + |y_i - y_j|^2) / sum.
double divergence(const Affinities& affinities, std::span<const float> layout, double sum, WorkerTeam& team);

}  // namespace selfsight
