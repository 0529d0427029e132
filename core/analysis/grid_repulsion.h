// t-SNE's repulsion by a convolution on a grid: one charge, one forward and one inverse transform, forces from the gradient of the
// potential. Torch-free. Idea: Linderman et al. 2019, arXiv 1712.09005; cubic B-splines as in particle-mesh Ewald (Essmann et al. 1995).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace selfsight {

/// Thread: one at a time; the same bits with any number of threads.
class GridRepulsion {
public:
    /// `spacing` of the grid in units of the layout.
    explicit GridRepulsion(int threads, double spacing = 1.0 / 3);
    ~GridRepulsion();

    /// forces (points, 2): sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2.
    /// Returns the sum over i != j of 1 / (1 + |y_i - y_j|^2). The layout must be finite.
    double repel(std::span<const float> layout, std::span<float> forces);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}  // namespace selfsight
