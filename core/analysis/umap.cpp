#include "core/analysis/umap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/analysis/affinities.h"
#include "core/analysis/nearest_table.h"
#include "core/analysis/pca.h"
#include "core/analysis/worker_team.h"
#include "core/base/error.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr int kRefusals = 5;  // samples that each attraction is set against
constexpr float kLongestMove = 4;
constexpr double kFirstExtent = 10, kFirstJitter = 1e-4;
constexpr std::int64_t kRowsAPart = 256, kManyRows = 10'000;

/// 1 for the nearest, and such that all together count log2(k); distances ascending.
void memberships(const float* distances, std::int64_t k, float* result)
{
    const double nearest = distances[0], wanted = std::log2(static_cast<double>(k));
    double low = 0, high = 0, sigma = 1;
    for (int turn = 0; turn < 64; ++turn) {
        double sum = 0;
        for (std::int64_t i = 0; i < k; ++i) sum += std::exp(-(distances[i] - nearest) / sigma);
        if (std::abs(sum - wanted) < 1e-5) break;
        (sum > wanted ? high : low) = sigma;
        sigma = high > 0 ? (low + high) / 2 : 2 * sigma;
    }
    double mean = 0;
    for (std::int64_t i = 0; i < k; ++i) mean += distances[i] / static_cast<double>(k);
    sigma = std::max(sigma, 1e-3 * mean);
    for (std::int64_t i = 0; i < k; ++i)
        result[i] = sigma > 0 ? static_cast<float>(std::exp(-(distances[i] - nearest) / sigma)) : 1;
}

struct Edge {
    std::int32_t to;
    float weight;
};

/// Of each row all edges, those that only others have included: a + b - a b.
std::vector<std::vector<Edge>> fuzzyUnion(const NearestTable& table)
{
    std::vector<std::vector<Edge>> edges(static_cast<std::size_t>(table.rows()));
    for (std::int64_t row = 0; row < table.rows(); ++row)
        for (std::int64_t i = row * table.neighbours; i < (row + 1) * table.neighbours; ++i) {
            const std::int32_t other = table.indices[static_cast<std::size_t>(i)];
            const float weight = table.similarities[static_cast<std::size_t>(i)];
            edges[static_cast<std::size_t>(row)].push_back({other, weight});
            edges[static_cast<std::size_t>(other)].push_back({static_cast<std::int32_t>(row), weight});
        }
    for (std::vector<Edge>& line : edges) {
        std::ranges::stable_sort(line, {}, &Edge::to);
        std::vector<Edge> joined;
        for (const Edge& edge : line) {
            if (joined.empty() || joined.back().to != edge.to) joined.push_back(edge);
            else joined.back().weight += edge.weight - joined.back().weight * edge.weight;
        }
        line = std::move(joined);
    }
    return edges;
}

std::vector<float> umapStart(MatrixView rows, std::uint64_t seed)
{
    std::vector<float> layout = pcaLayout(rows);
    float largest = 0;
    for (const float value : layout) largest = std::max(largest, std::abs(value));
    Rng rng({seed, 0x3a9});
    for (float& value : layout)
        value = static_cast<float>((largest > 0 ? kFirstExtent * value / largest : 0) + kFirstJitter * rng.normal());
    return layout;
}

}  // namespace

UmapCurve umapCurve(double minDistance)
{
    UmapCurve curve;
    constexpr int kPoints = 300;
    for (int turn = 0; turn < 100; ++turn) {  // Gauss and Newton, a little damped
        double aa = 1e-9, ab = 0, bb = 1e-9, ar = 0, br = 0;
        for (int i = 1; i < kPoints; ++i) {
            const double d = 3.0 * i / (kPoints - 1), power = std::pow(d, 2 * curve.b), value = 1 / (1 + curve.a * power);
            const double miss = (d < minDistance ? 1 : std::exp(minDistance - d)) - value;
            const double da = -value * value * power, db = -value * value * curve.a * power * 2 * std::log(d);
            aa += da * da, ab += da * db, bb += db * db, ar += da * miss, br += db * miss;
        }
        const double det = aa * bb - ab * ab;
        curve.a = std::max(0.01, curve.a + 0.5 * (ar * bb - br * ab) / det);
        curve.b = std::max(0.1, curve.b + 0.5 * (br * aa - ar * ab) / det);
    }
    return curve;
}

std::vector<float> umapLayout(MatrixView rows, const UmapOptions& options, const std::function<bool(int, int)>& goesOn)
{
    if (rows.rows < 4) throw Error("UMAP", fmt::format("there are {} samples.", rows.rows), "Give it at least 4.");
    const int epochs = options.epochs > 0 ? options.epochs : rows.rows > kManyRows ? 200 : 500;
    const std::vector<float> scaled = scaledRows(rows);
    NearestTable near = nearestByDistance({scaled.data(), rows.rows, rows.columns}, std::max<std::int64_t>(options.neighbours, 2),
                                          options.threads, [&] { return goesOn && !goesOn(0, epochs); });
    if (near.rows() == 0) return {};
    for (std::int64_t row = 0; row < near.rows(); ++row) {
        float* line = near.similarities.data() + row * near.neighbours;  // minus squared distances
        std::transform(line, line + near.neighbours, line, [](float value) { return std::sqrt(std::max(-value, 0.0f)); });
        const std::vector<float> distances(line, line + near.neighbours);
        memberships(distances.data(), near.neighbours, line);
    }
    const std::vector<std::vector<Edge>> edges = fuzzyUnion(near);
    const UmapCurve curve = umapCurve(options.minDistance);
    const auto a = static_cast<float>(curve.a), b = static_cast<float>(curve.b);

    std::vector<float> layout = umapStart(rows, options.seed), next = layout;
    WorkerTeam team(options.threads);
    for (int epoch = 0; epoch < epochs; ++epoch) {
        const float rate = 1 - static_cast<float>(epoch) / static_cast<float>(epochs);
        const auto move = [&](std::int64_t row) {
            const auto at = static_cast<std::size_t>(2 * row);
            const float x = layout[at], y = layout[at + 1];
            float stepX = 0, stepY = 0;
            const auto add = [&](float slope, float dx, float dy) {
                stepX += std::clamp(slope * dx, -kLongestMove, kLongestMove);
                stepY += std::clamp(slope * dy, -kLongestMove, kLongestMove);
            };
            Rng rng({options.seed, 0x3aa, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(row)});
            for (const Edge& edge : edges[static_cast<std::size_t>(row)]) {
                // The heaviest edges, of weight 1, are due in every epoch.
                if (std::floor(static_cast<float>(epoch + 1) * edge.weight) <= std::floor(static_cast<float>(epoch) * edge.weight)) continue;
                const auto to = static_cast<std::size_t>(2 * edge.to);
                const float dx = x - layout[to], dy = y - layout[to + 1], square = dx * dx + dy * dy;
                if (square > 0) {
                    const float power = std::pow(square, b);
                    add(-2 * 2 * a * b * power / square / (1 + a * power), dx, dy);  // as one end and as the other
                }
                for (int i = 0; i < kRefusals; ++i) {
                    const std::int64_t other = rng.below(rows.rows);
                    if (other == row) continue;
                    const auto from = static_cast<std::size_t>(2 * other);
                    const float ex = x - layout[from], ey = y - layout[from + 1], apart = ex * ex + ey * ey;
                    add(2 * b / ((0.001f + apart) * (1 + a * std::pow(apart, b))), ex, ey);
                }
            }
            next[at] = x + rate * stepX;
            next[at + 1] = y + rate * stepY;
        };
        team.run((rows.rows + kRowsAPart - 1) / kRowsAPart, [&](std::int64_t part, int) {
            for (std::int64_t row = part * kRowsAPart; row < std::min((part + 1) * kRowsAPart, rows.rows); ++row) move(row);
        });
        std::swap(layout, next);
        if (goesOn && !goesOn(epoch + 1, epochs)) return {};
    }
    return layout;
}

}  // namespace selfsight
