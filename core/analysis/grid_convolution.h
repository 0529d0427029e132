// Convolution of a small picture with a symmetric function by Fourier transforms, over threads, without the padding's work.
// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/analysis/worker_team.h"

namespace selfsight {

/// Thread: one at a time; the same bits with any number of threads.
class GridConvolution {
public:
    explicit GridConvolution(WorkerTeam& team);
    ~GridConvolution();

    /// A grid of `height` rows of `width` nodes, each a product of small primes, convolved with `kernel` of the distance in
    /// nodes, divided in Fourier space by transfer(waves down) * transfer(waves across), waves in cycles a node.
    void resize(std::int64_t width, std::int64_t height, const std::function<double(double across, double down)>& kernel,
                const std::function<double(double)>& transfer);

    std::int64_t width() const { return m_width; }
    std::int64_t height() const { return m_height; }

    /// Row `y`: width() numbers, which convolve() replaces.
    float* row(std::int64_t y);
    void clear();
    void convolve();

private:
    struct Plans;

    void transformColumns(std::int64_t block, int worker);

    WorkerTeam& m_team;
    std::int64_t m_width = 0, m_height = 0;
    std::vector<float> m_kernel;  // (blocks, height + 1, kColumns): real and symmetric, scaled for the way back
    std::unique_ptr<Plans> m_plans;
};

}  // namespace selfsight
