#include "core/analysis/nearest_table.h"

#include <algorithm>
#include <limits>

#include "core/analysis/lanes.h"
#include "core/analysis/worker_team.h"

namespace selfsight {

namespace {

constexpr int kGroup = 8;               // queries of one tile
constexpr int kTile = 2 * kLaneCount;   // bank rows of one tile
constexpr std::int64_t kQueries = 256;  // of one piece of work
constexpr std::int64_t kPieces = 16;    // a thread, between two questions whether to stop
constexpr std::int64_t kSpare = 8;      // candidates beyond k: products round differently from distances

/// products (kGroup, kTile) = bias + queries' bank; queries (columns, kGroup), bank (columns, kTile). Where a row has more than
/// its floor, its bit is set in the result.
SELFSIGHT_VECTORIZED unsigned multiplyTile(const float* queries, const float* bank, const float* bias, std::int64_t columns,
                                           const float* floors, float* products)
{
    Lanes left[kGroup], right[kGroup], biasLeft, biasRight;
    load(biasLeft, bias);
    load(biasRight, bias + kLaneCount);
#pragma GCC unroll 8
    for (int q = 0; q < kGroup; ++q) {
        left[q] = biasLeft;
        right[q] = biasRight;
    }
    for (std::int64_t c = 0; c < columns; ++c) {
        Lanes bankLeft, bankRight;
        load(bankLeft, bank + c * kTile);
        load(bankRight, bank + c * kTile + kLaneCount);
#pragma GCC unroll 8
        for (int q = 0; q < kGroup; ++q) {
            left[q] += bankLeft * queries[c * kGroup + q];
            right[q] += bankRight * queries[c * kGroup + q];
        }
    }
#pragma GCC unroll 8
    for (int q = 0; q < kGroup; ++q) {
        store(products + q * kTile, left[q]);
        store(products + q * kTile + kLaneCount, right[q]);
    }
    unsigned found = 0;
    for (int q = 0; q < kGroup; ++q) {
        int above = 0;
        for (int lane = 0; lane < kTile; ++lane) above |= products[q * kTile + lane] > floors[q];
        found |= static_cast<unsigned>(above) << q;
    }
    return found;
}

struct Near {
    float similarity;
    std::int32_t index;
    bool operator<(const Near& other) const
    {
        return similarity != other.similarity ? similarity > other.similarity : index < other.index;
    }
};

/// The best of what one query has seen: all above the floor, cut down to the k best whenever there are twice as many.
class Best {
public:
    void start(std::int64_t k)
    {
        m_k = static_cast<std::size_t>(k);
        m_near.clear();
        m_near.reserve(2 * m_k + kTile);
    }

    /// Takes `count` similarities of rows from `first`; returns the new floor.
    float take(const float* similarities, std::int32_t first, std::int32_t count, std::int32_t self, float floor)
    {
        for (std::int32_t i = 0; i < count; ++i)
            if (similarities[i] > floor && first + i != self) m_near.push_back({similarities[i], first + i});
        if (m_near.size() < 2 * m_k) return floor;
        cut();
        return m_near[m_k - 1].similarity;
    }

    std::vector<Near>& cut()
    {
        if (m_near.size() > m_k) {
            std::nth_element(m_near.begin(), m_near.begin() + static_cast<std::ptrdiff_t>(m_k) - 1, m_near.end());
            m_near.resize(m_k);
        }
        return m_near;
    }

private:
    std::size_t m_k = 0;
    std::vector<Near> m_near;
};

/// Rows in groups of `width`, columns first: (groups, columns, width), the last group filled up with zeros.
std::vector<LaneMemory> packed(MatrixView rows, std::int64_t first, std::int64_t count, int width)
{
    const std::int64_t groups = (count + width - 1) / width;
    std::vector<LaneMemory> result(static_cast<std::size_t>((groups * rows.columns * width + kLaneCount - 1) / kLaneCount),
                                   LaneMemory{});
    float* values = result.data()->values;
    for (std::int64_t r = 0; r < count; ++r)
        for (std::int64_t c = 0; c < rows.columns; ++c)
            values[((r / width) * rows.columns + c) * width + r % width] = rows.data[(first + r) * rows.columns + c];
    return result;
}

/// In double: what rounds differently on one machine and another must not reorder neighbours.
using Similarity = float (*)(const float* a, const float* b, std::int64_t columns);

SELFSIGHT_VECTORIZED float innerProduct(const float* a, const float* b, std::int64_t columns)
{
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += static_cast<double>(a[c]) * b[c];
    return static_cast<float>(sum);
}

SELFSIGHT_VECTORIZED float minusSquaredDistance(const float* a, const float* b, std::int64_t columns)
{
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) {
        const double difference = static_cast<double>(a[c]) - b[c];
        sum += difference * difference;
    }
    return static_cast<float>(-sum);
}

/// Rows of largest product plus bias, ordered by `similarity`.
NearestTable nearest(MatrixView rows, const std::vector<float>& bias, Similarity similarity, std::int64_t neighbours, int threads,
                     const std::function<bool()>& isCancelled)
{
    NearestTable table;
    table.neighbours = std::clamp<std::int64_t>(neighbours, 0, std::max<std::int64_t>(rows.rows - 1, 0));
    if (table.neighbours == 0) return table;
    const std::int64_t k = table.neighbours, tiles = (rows.rows + kTile - 1) / kTile;
    table.indices.resize(static_cast<std::size_t>(rows.rows * k));
    table.similarities.resize(table.indices.size());
    const std::vector<LaneMemory> bank = packed(rows, 0, rows.rows, kTile);
    std::vector<float> tileBias(bias);
    tileBias.resize(static_cast<std::size_t>(tiles * kTile));

    WorkerTeam team(threads);
    std::vector<std::vector<Best>> bests(static_cast<std::size_t>(team.threads()), std::vector<Best>(kQueries));
    const auto piece = [&](std::int64_t first, int worker) {
        const std::int64_t queries = std::min(kQueries, rows.rows - first), groups = (queries + kGroup - 1) / kGroup;
        const std::vector<LaneMemory> asked = packed(rows, first, queries, kGroup);
        std::vector<Best>& best = bests[static_cast<std::size_t>(worker)];
        for (std::int64_t q = 0; q < queries; ++q) best[static_cast<std::size_t>(q)].start(std::min(k + kSpare, rows.rows - 1));
        std::vector<float> floors(static_cast<std::size_t>(groups * kGroup), -std::numeric_limits<float>::infinity());
        std::fill(floors.begin() + queries, floors.end(), std::numeric_limits<float>::infinity());
        alignas(64) float products[kGroup * kTile];
        for (std::int64_t tile = 0; tile < tiles; ++tile)
            for (std::int64_t group = 0; group < groups; ++group) {
                float* floor = floors.data() + group * kGroup;
                const unsigned found = multiplyTile(asked.data()->values + group * rows.columns * kGroup,
                                                    bank.data()->values + tile * rows.columns * kTile,
                                                    tileBias.data() + tile * kTile, rows.columns, floor, products);
                if (found == 0) continue;
                const auto count = static_cast<std::int32_t>(std::min<std::int64_t>(kTile, rows.rows - tile * kTile));
                for (int q = 0; q < kGroup; ++q)
                    if (found >> q & 1)
                        floor[q] = best[static_cast<std::size_t>(group * kGroup + q)].take(
                            products + q * kTile, static_cast<std::int32_t>(tile * kTile), count,
                            static_cast<std::int32_t>(first + group * kGroup + q), floor[q]);
            }
        for (std::int64_t q = 0; q < queries; ++q) {
            std::vector<Near>& near = best[static_cast<std::size_t>(q)].cut();
            for (Near& candidate : near)
                candidate.similarity =
                    similarity(rows.data + (first + q) * rows.columns, rows.data + candidate.index * rows.columns, rows.columns);
            std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(k), near.end());
            for (std::int64_t i = 0; i < k; ++i) {
                table.indices[static_cast<std::size_t>((first + q) * k + i)] = near[static_cast<std::size_t>(i)].index;
                table.similarities[static_cast<std::size_t>((first + q) * k + i)] = near[static_cast<std::size_t>(i)].similarity;
            }
        }
    };
    const std::int64_t pieces = (rows.rows + kQueries - 1) / kQueries, atOnce = kPieces * team.threads();
    for (std::int64_t begin = 0; begin < pieces; begin += atOnce) {
        if (isCancelled && isCancelled()) return {};
        team.run(std::min(atOnce, pieces - begin),
                 [&](std::int64_t item, int worker) { piece((begin + item) * kQueries, worker); });
    }
    return isCancelled && isCancelled() ? NearestTable{} : table;
}

}  // namespace

NearestTable nearestByProduct(MatrixView rows, std::int64_t neighbours, int threads, const std::function<bool()>& isCancelled)
{
    return nearest(rows, std::vector<float>(static_cast<std::size_t>(rows.rows)), innerProduct, neighbours, threads, isCancelled);
}

NearestTable nearestByDistance(MatrixView rows, std::int64_t neighbours, int threads, const std::function<bool()>& isCancelled)
{
    // The largest x.y - |y|^2 / 2 is the nearest y.
    std::vector<float> bias;
    for (std::int64_t r = 0; r < rows.rows; ++r)
        bias.push_back(-innerProduct(rows.data + r * rows.columns, rows.data + r * rows.columns, rows.columns) / 2);
    return nearest(rows, bias, minusSquaredDistance, neighbours, threads, isCancelled);
}

}  // namespace selfsight
