#include "core/analysis/tsne_forces.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/analysis/lanes.h"

namespace selfsight {

namespace {

constexpr std::int64_t kPointsATile = 2 * kLaneCount;
constexpr std::int64_t kRowsASum = 512;

/// Points `first` .. `first` + kPointsATile - 1 of `columns` (2, padded), against all `points` of the layout. Returns the sum.
SELFSIGHT_VECTORIZED double repelTile(const float* layout, std::int64_t points, const float* x, const float* y, float* forcesX,
                                      float* forcesY)
{
    Lanes x0, x1, y0, y1;
    load(x0, x);
    load(x1, x + kLaneCount);
    load(y0, y);
    load(y1, y + kLaneCount);
    Lanes sum0 = {}, sum1 = {}, fx0 = {}, fx1 = {}, fy0 = {}, fy1 = {};
    for (std::int64_t j = 0; j < points; ++j) {
        const Lanes dx0 = x0 - layout[2 * j], dx1 = x1 - layout[2 * j], dy0 = y0 - layout[2 * j + 1],
                    dy1 = y1 - layout[2 * j + 1];
        const Lanes near0 = 1.0f / (1.0f + dx0 * dx0 + dy0 * dy0), near1 = 1.0f / (1.0f + dx1 * dx1 + dy1 * dy1);
        const Lanes force0 = near0 * near0, force1 = near1 * near1;
        sum0 += near0;
        sum1 += near1;
        fx0 += force0 * dx0;
        fx1 += force1 * dx1;
        fy0 += force0 * dy0;
        fy1 += force1 * dy1;
    }
    store(forcesX, fx0);
    store(forcesX + kLaneCount, fx1);
    store(forcesY, fy0);
    store(forcesY + kLaneCount, fy1);
    float sums[kPointsATile];
    store(sums, sum0);
    store(sums + kLaneCount, sum1);
    double sum = 0;
    for (const float part : sums) sum += part;
    return sum;
}

SELFSIGHT_VECTORIZED Attraction attractionOf(const float* values, const std::int32_t* columns, std::int64_t count,
                                             const float* layout, float x, float y)
{
    // A handful of sums side by side: the loads are slow, and additions must not wait for each other.
    constexpr std::int64_t kSums = 8;
    float sumX[kSums] = {}, sumY[kSums] = {};
    std::int64_t at = 0;
    for (; at + kSums <= count; at += kSums)
        for (std::int64_t i = 0; i < kSums; ++i) {
            const float* other = layout + 2 * static_cast<std::int64_t>(columns[at + i]);
            const float dx = x - other[0], dy = y - other[1], pull = values[at + i] / (1 + dx * dx + dy * dy);
            sumX[i] += pull * dx;
            sumY[i] += pull * dy;
        }
    for (; at < count; ++at) {
        const float* other = layout + 2 * static_cast<std::int64_t>(columns[at]);
        const float dx = x - other[0], dy = y - other[1], pull = values[at] / (1 + dx * dx + dy * dy);
        sumX[0] += pull * dx;
        sumY[0] += pull * dy;
    }
    Attraction result;
    for (std::int64_t i = 0; i < kSums; ++i) {
        result.x += sumX[i];
        result.y += sumY[i];
    }
    return result;
}

}  // namespace

double repelByPairs(std::span<const float> layout, std::span<float> forces, WorkerTeam& team)
{
    const auto points = static_cast<std::int64_t>(layout.size() / 2), tiles = (points + kPointsATile - 1) / kPointsATile;
    std::vector<double> sums(static_cast<std::size_t>(tiles));
    team.run(tiles, [&](std::int64_t tile, int) {
        const std::int64_t first = tile * kPointsATile, count = std::min(kPointsATile, points - first);
        float x[kPointsATile] = {}, y[kPointsATile] = {}, forcesX[kPointsATile], forcesY[kPointsATile];
        for (std::int64_t i = 0; i < kPointsATile; ++i) {  // a short tile repeats its last point
            const auto from = static_cast<std::size_t>(2 * (first + std::min(i, count - 1)));
            x[i] = layout[from];
            y[i] = layout[from + 1];
        }
        double sum = repelTile(layout.data(), points, x, y, forcesX, forcesY);
        for (std::int64_t i = 0; i < count; ++i) {
            forces[static_cast<std::size_t>(2 * (first + i))] = forcesX[i];
            forces[static_cast<std::size_t>(2 * (first + i) + 1)] = forcesY[i];
        }
        if (count < kPointsATile) {  // what the repeated point added
            double once = 0;
            for (std::int64_t j = 0; j < points; ++j) {
                const float dx = x[count - 1] - layout[static_cast<std::size_t>(2 * j)],
                            dy = y[count - 1] - layout[static_cast<std::size_t>(2 * j + 1)];
                once += 1 / (1 + dx * dx + dy * dy);
            }
            sum -= once * static_cast<double>(kPointsATile - count);
        }
        sums[static_cast<std::size_t>(tile)] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0) - static_cast<double>(points);  // without each with itself
}

Attraction attraction(const Affinities& affinities, std::span<const float> layout, std::int64_t row)
{
    const std::int64_t start = affinities.starts[static_cast<std::size_t>(row)],
                       end = affinities.starts[static_cast<std::size_t>(row + 1)];
    return attractionOf(affinities.values.data() + start, affinities.columns.data() + start, end - start, layout.data(),
                        layout[static_cast<std::size_t>(2 * row)], layout[static_cast<std::size_t>(2 * row + 1)]);
}

double divergence(const Affinities& affinities, std::span<const float> layout, double sum, WorkerTeam& team)
{
    std::vector<double> sums(static_cast<std::size_t>((affinities.rows() + kRowsASum - 1) / kRowsASum));
    team.run(static_cast<std::int64_t>(sums.size()), [&](std::int64_t block, int) {
        double part = 0;
        for (std::int64_t row = block * kRowsASum; row < std::min((block + 1) * kRowsASum, affinities.rows()); ++row)
            for (auto at = static_cast<std::size_t>(affinities.starts[static_cast<std::size_t>(row)]);
                 at < static_cast<std::size_t>(affinities.starts[static_cast<std::size_t>(row + 1)]); ++at) {
                const auto i = static_cast<std::size_t>(2 * row), j = 2 * static_cast<std::size_t>(affinities.columns[at]);
                const double dx = layout[i] - layout[j], dy = layout[i + 1] - layout[j + 1], p = affinities.values[at];
                if (p > 0) part += p * std::log(p * (1 + dx * dx + dy * dy) * sum);
            }
        sums[static_cast<std::size_t>(block)] = part;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace selfsight
