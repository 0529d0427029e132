// t-SNE's repulsion by a convolution on a grid: one charge, one forward and one inverse transform, forces from the gradient of
// the potential. Torch-free. Idea: Linderman et al. 2019, arXiv 1712.09005; cubic B-splines as in particle-mesh Ewald (Essmann et
// al. 1995).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/analysis/grid_convolution.h"
#include "core/analysis/worker_team.h"

namespace selfsight {

/// Thread: one at a time; the same bits with any number of threads.
class GridRepulsion {
public:
    static constexpr double kSpacing = 1.0 / 3;

    /// `spacing` of the grid in units of the layout.
    explicit GridRepulsion(WorkerTeam& team, double spacing = kSpacing);

    /// forces (points, 2): sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2.
    /// Returns the sum over i != j of 1 / (1 + |y_i - y_j|^2). The layout must be finite.
    double repel(std::span<const float> layout, std::span<float> forces);

private:
    void fit(std::span<const float> layout);
    void sortByRow(std::span<const float> layout);
    void spread(std::span<const float> layout);
    double read(std::span<const float> layout, std::span<float> forces);
    float place(float value, int axis) const { return (value - m_low[axis]) * m_scale + 1; }

    WorkerTeam& m_team;
    GridConvolution m_grid;
    double m_spacing, m_gridSpacing = 0;  // asked for; that of the kernel at hand
    float m_low[2] = {}, m_scale = 1;
    std::vector<std::int32_t> m_order, m_rowStarts;  // points by grid row
};

}  // namespace selfsight
