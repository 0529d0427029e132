#include "core/analysis/grid_repulsion.h"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <mutex>
#include <numbers>
#include <thread>
#include <vector>

namespace selfsight {

namespace {

constexpr int kSpline = 4;             // nodes that a point touches in each direction
constexpr std::int64_t kBandRows = 8;  // at least kSpline: bands of the same parity never share a row
constexpr std::int64_t kPointsABlock = 1024;
constexpr std::array kSizes = {32, 48, 64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 960, 1024, 1280, 1536, 1920, 2048, 2560, 3072, 4096};

std::mutex& planner()
{
    static std::mutex mutex;  // FFTW's planner is one for the whole program
    return mutex;
}

/// Weights of the four nodes around a point that lies `t` (0..1) behind the second of them, and their slopes.
struct Spline {
    explicit Spline(float t)
    {
        const float s = 1 - t;
        weights = {s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6};
        slopes = {-s * s / 2, (3 * t * t - 4 * t) / 2, (4 * s - 3 * s * s) / 2, t * t / 2};
    }
    std::array<float, kSpline> weights, slopes;
};

void inParallel(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work)
{
    std::atomic<std::int64_t> next = 0;
    const auto run = [&] {
        for (std::int64_t i; (i = next.fetch_add(1)) < count;) work(i);
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < std::min<std::int64_t>(threads, count); ++i) others.emplace_back(run);
    run();
}

}  // namespace

struct GridRepulsion::Parts {
    int threads;
    double spacing;
    std::int64_t side = 0;                // nodes of the grid, without padding
    std::int64_t padded = 0;              // twice that
    std::vector<float> kernel;            // (padded, side + 1): transform of 1/(1+r^2) over the splines', real, scaled for the way back
    float* values = nullptr;              // (padded, padded)
    fftwf_complex* waves = nullptr;       // (padded, side + 1)
    fftwf_plan forward = nullptr, backward = nullptr;
    std::vector<std::int32_t> order, rowStarts;

    ~Parts() { release(); }

    void release()
    {
        const std::lock_guard lock(planner());
        if (forward) fftwf_destroy_plan(forward);
        if (backward) fftwf_destroy_plan(backward);
        fftwf_free(values);
        fftwf_free(waves);
    }

    void resize(std::int64_t nodes)
    {
        release();
        side = nodes;
        padded = 2 * nodes;
        values = fftwf_alloc_real(static_cast<std::size_t>(padded * padded));
        waves = fftwf_alloc_complex(static_cast<std::size_t>(padded * (side + 1)));
        const int n = static_cast<int>(padded);
        {
            const std::lock_guard lock(planner());
            forward = fftwf_plan_dft_r2c_2d(n, n, values, waves, FFTW_ESTIMATE);  // measured plans differ from run to run
            backward = fftwf_plan_dft_c2r_2d(n, n, waves, values, FFTW_ESTIMATE);
        }
        for (std::int64_t y = 0; y < padded; ++y)
            for (std::int64_t x = 0; x < padded; ++x) {
                const double dy = spacing * static_cast<double>(std::min(y, padded - y)), dx = spacing * static_cast<double>(std::min(x, padded - x));
                values[y * padded + x] = static_cast<float>(1 / (1 + dx * dx + dy * dy));
            }
        fftwf_execute(forward);
        const auto transfer = [&](std::int64_t wave) { return (2 + std::cos(2 * std::numbers::pi * static_cast<double>(wave) / static_cast<double>(padded))) / 3; };
        kernel.resize(static_cast<std::size_t>(padded * (side + 1)));
        for (std::int64_t y = 0; y < padded; ++y)
            for (std::int64_t x = 0; x <= side; ++x) {
                const double splines = std::pow(transfer(y) * transfer(x), 2);  // of spreading and of reading
                kernel[static_cast<std::size_t>(y * (side + 1) + x)] =
                    static_cast<float>(waves[y * (side + 1) + x][0] / splines / (static_cast<double>(padded) * static_cast<double>(padded)));
            }
    }
};

GridRepulsion::GridRepulsion(int threads, double spacing) : m_parts(new Parts{std::max(threads, 1), spacing}) {}
GridRepulsion::~GridRepulsion() = default;

double GridRepulsion::repel(std::span<const float> layout, std::span<float> forces)
{
    Parts& p = *m_parts;
    const auto points = static_cast<std::int64_t>(layout.size() / 2);
    if (points == 0) return 0;
    float low[2] = {layout[0], layout[1]}, high[2] = {layout[0], layout[1]};
    for (std::int64_t i = 0; i < points; ++i)
        for (int axis = 0; axis < 2; ++axis) {
            low[axis] = std::min(low[axis], layout[static_cast<std::size_t>(2 * i + axis)]);
            high[axis] = std::max(high[axis], layout[static_cast<std::size_t>(2 * i + axis)]);
        }
    const double widest = std::max(high[0] - low[0], high[1] - low[1]);
    const auto needed = static_cast<std::int64_t>(widest / p.spacing) + kSpline + 2;
    const auto* fitting = std::ranges::find_if(kSizes, [&](int size) { return size >= needed; });
    if (fitting == kSizes.end()) {  // a layout this wide is rare: a coarser grid does
        p.spacing = widest / (kSizes.back() - kSpline - 3);
        fitting = kSizes.end() - 1;
        p.side = 0;
    }
    if (p.side != *fitting) p.resize(*fitting);

    const float scale = static_cast<float>(1 / p.spacing);
    const auto place = [&](std::int64_t i, int axis) { return (layout[static_cast<std::size_t>(2 * i + axis)] - low[axis]) * scale + 1; };

    // Points by grid row, so that bands can be filled side by side, each in the same order whoever fills it.
    p.rowStarts.assign(static_cast<std::size_t>(p.side + 1), 0);
    p.order.resize(static_cast<std::size_t>(points));
    for (std::int64_t i = 0; i < points; ++i) ++p.rowStarts[static_cast<std::size_t>(place(i, 1)) + 1];
    for (std::size_t row = 1; row < p.rowStarts.size(); ++row) p.rowStarts[row] += p.rowStarts[row - 1];
    std::vector<std::int32_t> next(p.rowStarts.begin(), p.rowStarts.end() - 1);
    for (std::int64_t i = 0; i < points; ++i)
        p.order[static_cast<std::size_t>(next[static_cast<std::size_t>(place(i, 1))]++)] = static_cast<std::int32_t>(i);

    std::fill_n(p.values, p.padded * p.padded, 0.0f);
    const std::int64_t bands = (p.side + kBandRows - 1) / kBandRows;
    for (std::int64_t parity = 0; parity < 2; ++parity)
        inParallel((bands + 1 - parity) / 2, p.threads, [&](std::int64_t half) {
            const std::int64_t first = (2 * half + parity) * kBandRows, last = std::min(first + kBandRows, p.side);
            for (std::int32_t at = p.rowStarts[static_cast<std::size_t>(first)]; at < p.rowStarts[static_cast<std::size_t>(last)]; ++at) {
                const std::int32_t i = p.order[static_cast<std::size_t>(at)];
                const float x = place(i, 0), y = place(i, 1);
                const auto column = static_cast<std::int64_t>(x), row = static_cast<std::int64_t>(y);
                const Spline across(x - static_cast<float>(column)), down(y - static_cast<float>(row));
                for (std::int64_t r = 0; r < kSpline; ++r)
                    for (std::int64_t c = 0; c < kSpline; ++c)
                        p.values[(row - 1 + r) * p.padded + column - 1 + c] += down.weights[static_cast<std::size_t>(r)] * across.weights[static_cast<std::size_t>(c)];
            }
        });

    fftwf_execute(p.forward);
    for (std::size_t i = 0; i < p.kernel.size(); ++i) {
        p.waves[i][0] *= p.kernel[i];
        p.waves[i][1] *= p.kernel[i];
    }
    fftwf_execute(p.backward);

    const std::int64_t blocks = (points + kPointsABlock - 1) / kPointsABlock;
    std::vector<double> sums(static_cast<std::size_t>(blocks));
    inParallel(blocks, p.threads, [&](std::int64_t block) {
        double sum = 0;
        for (std::int64_t at = block * kPointsABlock; at < std::min((block + 1) * kPointsABlock, points); ++at) {
            const std::int32_t i = p.order[static_cast<std::size_t>(at)];
            const float x = place(i, 0), y = place(i, 1);
            const auto column = static_cast<std::int64_t>(x), row = static_cast<std::int64_t>(y);
            const Spline across(x - static_cast<float>(column)), down(y - static_cast<float>(row));
            float potential = 0, slopeX = 0, slopeY = 0;
            for (std::size_t r = 0; r < kSpline; ++r) {
                const float* line = p.values + (row - 1 + static_cast<std::int64_t>(r)) * p.padded + column - 1;
                float value = 0, slope = 0;
                for (std::size_t c = 0; c < kSpline; ++c) {
                    value += across.weights[c] * line[c];
                    slope += across.slopes[c] * line[c];
                }
                potential += down.weights[r] * value;
                slopeX += down.weights[r] * slope;
                slopeY += down.slopes[r] * value;
            }
            sum += potential - 1;  // itself
            forces[static_cast<std::size_t>(2 * i)] = -0.5f * slopeX * scale;
            forces[static_cast<std::size_t>(2 * i + 1)] = -0.5f * slopeY * scale;
        }
        sums[static_cast<std::size_t>(block)] = sum;
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    return sum;
}

}  // namespace selfsight
