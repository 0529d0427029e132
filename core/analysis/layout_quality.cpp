#include "core/analysis/layout_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/analysis/worker_team.h"
#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/base/vectorize.h"

namespace selfsight {

namespace {

constexpr std::int64_t kJudgedAtOnce = 64;  // rows between two questions whether to stop

SELFSIGHT_VECTORIZED void squaredDistances(const float* transposed, std::int64_t rows, std::int64_t columns, std::int64_t row,
                                           float* distances)
{
    std::fill_n(distances, rows, 0.0f);
    for (std::int64_t c = 0; c < columns; ++c) {
        const float* column = transposed + c * rows;
        const float value = column[row];
        for (std::int64_t r = 0; r < rows; ++r) distances[r] += (column[r] - value) * (column[r] - value);
    }
}

std::vector<float> transposedRows(MatrixView rows)
{
    std::vector<float> result(static_cast<std::size_t>(rows.rows * rows.columns));
    for (std::int64_t r = 0; r < rows.rows; ++r)
        for (std::int64_t c = 0; c < rows.columns; ++c)
            result[static_cast<std::size_t>(c * rows.rows + r)] = rows.data[r * rows.columns + c];
    return result;
}

/// The k nearest others by distance, equal ones by index.
std::vector<std::int32_t> nearestOf(const std::vector<float>& distances, std::int64_t row, std::int64_t k)
{
    std::vector<std::int32_t> order(distances.size());
    std::iota(order.begin(), order.end(), 0);
    order.erase(order.begin() + row);
    const auto isNearer = [&](std::int32_t a, std::int32_t b) {
        const float left = distances[static_cast<std::size_t>(a)], right = distances[static_cast<std::size_t>(b)];
        return left != right ? left < right : a < b;
    };
    std::nth_element(order.begin(), order.begin() + k - 1, order.end(), isNearer);
    order.resize(static_cast<std::size_t>(k));
    return order;
}

}  // namespace

LayoutQuality layoutQuality(MatrixView rows, std::span<const float> layout, std::int64_t k, std::int64_t judged, int threads,
                            const std::function<bool()>& isCancelled)
{
    if (rows.rows < 4)
        throw Error("layout", fmt::format("there are {} samples.", rows.rows), "A layout of fewer than 4 cannot be judged.");
    if (static_cast<std::int64_t>(layout.size()) != 2 * rows.rows)
        throw Error("layout", fmt::format("it has {} points for {} samples.", layout.size() / 2, rows.rows));
    const std::int64_t n = rows.rows;
    k = std::clamp<std::int64_t>(k, 1, (2 * n - 2) / 3 - (3 * ((2 * n - 2) / 3) >= 2 * n - 1 ? 1 : 0));
    std::vector<std::int64_t> chosen;
    if (judged > 0 && judged < n) {
        chosen = Rng({0x9ad}).permutation(n);
        chosen.resize(static_cast<std::size_t>(judged));
    } else {
        chosen.resize(static_cast<std::size_t>(n));
        std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
    }
    const std::vector<float> features = transposedRows(rows), places = transposedRows({layout.data(), n, 2});
    std::vector<double> penalties(chosen.size());
    std::vector<std::int64_t> kept(chosen.size());
    WorkerTeam team(threads);
    const auto judge = [&](std::int64_t item, int) {
        const std::int64_t row = chosen[static_cast<std::size_t>(item)];
        std::vector<float> far(static_cast<std::size_t>(n)), away(static_cast<std::size_t>(n));
        squaredDistances(features.data(), n, rows.columns, row, far.data());
        squaredDistances(places.data(), n, 2, row, away.data());
        const std::vector<std::int32_t> near = nearestOf(far, row, k);
        for (const std::int32_t other : nearestOf(away, row, k)) {
            if (std::ranges::find(near, other) != near.end()) {
                ++kept[static_cast<std::size_t>(item)];
                continue;
            }
            std::int64_t rank = 0;  // how many come before it; the row itself does too
            const float distance = far[static_cast<std::size_t>(other)];
            for (const float each : far) rank += each < distance;
            penalties[static_cast<std::size_t>(item)] += static_cast<double>(std::max<std::int64_t>(rank - k, 0));
        }
    };
    for (std::int64_t begin = 0; begin < static_cast<std::int64_t>(chosen.size()); begin += kJudgedAtOnce) {
        if (isCancelled && isCancelled()) return {};
        team.run(std::min(kJudgedAtOnce, static_cast<std::int64_t>(chosen.size()) - begin),
                 [&](std::int64_t item, int worker) { judge(begin + item, worker); });
    }
    const auto m = static_cast<double>(chosen.size()), width = static_cast<double>(k);
    const double norm = 2 / (m * width * (2 * static_cast<double>(n) - 3 * width - 1));
    return {1 - norm * std::accumulate(penalties.begin(), penalties.end(), 0.0),
            static_cast<double>(std::accumulate(kept.begin(), kept.end(), std::int64_t{0})) / (m * width),
            static_cast<std::int64_t>(chosen.size())};
}

void alignTo(std::span<const float> target, std::span<float> layout)
{
    const std::size_t points = std::min(target.size(), layout.size()) / 2;
    if (points == 0) return;
    double meanTarget[2] = {}, mean[2] = {};
    for (std::size_t i = 0; i < 2 * points; ++i) {
        meanTarget[i % 2] += target[i] / static_cast<double>(points);
        mean[i % 2] += layout[i] / static_cast<double>(points);
    }
    double xx = 0, xy = 0, yx = 0, yy = 0;  // of layout' target
    for (std::size_t i = 0; i < 2 * points; i += 2) {
        const double x = layout[i] - mean[0], y = layout[i + 1] - mean[1], u = target[i] - meanTarget[0],
                     v = target[i + 1] - meanTarget[1];
        xx += x * u;
        xy += x * v;
        yx += y * u;
        yy += y * v;
    }
    // In the plane: the best turn gains |(xx + yy, xy - yx)|, the best turn after a mirror |(xx - yy, xy + yx)|.
    const bool mirrors = std::hypot(xx - yy, xy + yx) > std::hypot(xx + yy, xy - yx);
    const double cosine = mirrors ? xx - yy : xx + yy, sine = mirrors ? xy + yx : xy - yx, length = std::hypot(cosine, sine);
    const double c = length > 0 ? cosine / length : 1, s = length > 0 ? sine / length : 0;
    for (std::size_t i = 0; i + 1 < layout.size(); i += 2) {
        const double x = layout[i] - mean[0], y = (mirrors ? -1 : 1) * (layout[i + 1] - mean[1]);
        layout[i] = static_cast<float>(c * x - s * y + meanTarget[0]);
        layout[i + 1] = static_cast<float>(s * x + c * y + meanTarget[1]);
    }
}

}  // namespace selfsight
