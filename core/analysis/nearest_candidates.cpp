#include "core/analysis/nearest_candidates.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/vectorize.h"

namespace selfsight {

namespace {

constexpr std::int64_t kScoresAtOnce = std::int64_t{1} << 26;  // 128 MB of bfloat16
constexpr std::int64_t kColumnsABlock = 16, kColumnsALook = 32;
constexpr std::int64_t kMostCandidates = 32;  // times k, beyond which the row is left to a product in float
constexpr std::size_t kLanes = 16;   // floats of a cache line
constexpr std::size_t kAhead = 3;    // rows
constexpr std::int64_t kTileRows = 256;

/// Order of bfloat16 numbers as integers.
SELFSIGHT_INLINED std::int16_t orderKey(std::int16_t bits) { return static_cast<std::int16_t>(bits ^ ((bits >> 15) & 0x7fff)); }

float fromKey(std::int16_t key)
{
    const auto bits = static_cast<std::uint16_t>(orderKey(key));  // its own inverse
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Of the next bfloat16 at or below.
std::int16_t keyBelow(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto cut = static_cast<std::int16_t>(static_cast<std::uint16_t>(bits >> 16));
    return static_cast<std::int16_t>(orderKey(cut) - (value < 0 ? 1 : 0));
}

/// Orders by the product, and equal ones by the earlier row: larger is better.
std::uint64_t rankKey(float similarity, std::uint32_t row)
{
    const auto bits = std::bit_cast<std::uint32_t>(similarity);
    const std::uint32_t order = bits & 0x80000000U ? ~bits : bits | 0x80000000U;
    return std::uint64_t{order} << 32 | (0xffffffffU - row);
}

std::pair<float, std::int64_t> fromRankKey(std::uint64_t key)
{
    const auto order = static_cast<std::uint32_t>(key >> 32);
    return {std::bit_cast<float>(order & 0x80000000U ? order & 0x7fffffffU : ~order), std::int64_t{0xffffffffU - static_cast<std::uint32_t>(key)}};
}

SELFSIGHT_VECTORIZED float product(const float* a, const float* b, std::int64_t n)
{
    std::array<float, kLanes> sums{};
    std::int64_t i = 0;
    for (; i + static_cast<std::int64_t>(kLanes) <= n; i += kLanes)
        for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + static_cast<std::int64_t>(lane)] * b[i + static_cast<std::int64_t>(lane)];
    float sum = 0;
    for (; i < n; ++i) sum += a[i] * b[i];
    for (const float lane : sums) sum += lane;
    return sum;
}

/// Of block j, which is columns j, j + blocks, ...
SELFSIGHT_VECTORIZED void blockMaxima(const std::int16_t* scores, std::int64_t rows, std::int64_t blocks, std::int16_t* best)
{
    for (std::int64_t j = 0; j < blocks; ++j) best[j] = orderKey(scores[j]);
    for (std::int64_t start = blocks; start < rows; start += blocks) {
        const std::int64_t count = std::min(blocks, rows - start);
        for (std::int64_t j = 0; j < count; ++j) best[j] = std::max(best[j], orderKey(scores[start + j]));
    }
}

/// Rows whose score is at least `least`, into `found`, which holds `most` and kColumnsALook more; how many, or -1: more than that.
SELFSIGHT_VECTORIZED std::int64_t rowsFrom(const std::int16_t* scores, std::int64_t rows, std::int16_t least, std::int64_t most, std::uint32_t* found)
{
    std::int64_t count = 0;
    for (std::int64_t start = 0; start < rows; start += kColumnsALook) {
        const std::int64_t end = std::min(start + kColumnsALook, rows);
        std::int16_t best = std::numeric_limits<std::int16_t>::min();
        for (std::int64_t row = start; row < end; ++row) best = std::max(best, orderKey(scores[row]));
        if (best < least) continue;
        for (std::int64_t row = start; row < end; ++row)
            if (orderKey(scores[row]) >= least) found[count++] = static_cast<std::uint32_t>(row);
        if (count > most) return -1;
    }
    return count;
}

/// Rows rounded to bfloat16, and by how much.
struct Rounded {
    explicit Rounded(const torch::Tensor& exact) : rows(exact.to(torch::kBFloat16))
    {
        const torch::Tensor back = rows.to(torch::kFloat);
        errors = (exact - back).norm(2, 1);
        lengths = back.norm(2, 1);
    }

    torch::Tensor rows;             // (N, D) bfloat16
    torch::Tensor errors, lengths;  // (N)
};

/// Picks the best rows of some queries. One a thread.
class RowPicker {
public:
    RowPicker(const torch::Tensor& bank, std::int64_t k)
        : m_bank(bank.data_ptr<float>()), m_rows(bank.size(0)), m_columns(bank.size(1)), m_k(k),
          m_blocks(std::min(m_rows, std::max(m_rows / kColumnsABlock, 8 * k))), m_best(static_cast<std::size_t>(m_blocks)),
          m_tiles(static_cast<std::size_t>((m_rows + kTileRows - 1) / kTileRows))
    {
    }

    /// `scores` (N) are within `error` of a number that orders as the products of `query` do, before they were rounded to bfloat16. False: too
    /// many rows come into question. The pointers stay valid until finish().
    bool collect(const std::int16_t* scores, const float* query, float error, float* similarities, std::int64_t* indices)
    {
        if (!findCandidates(scores, error)) return false;
        m_queries.push_back({similarities, indices, m_ranked.size(), m_candidates.size()});
        for (const std::uint32_t row : m_candidates) {
            m_tiles[row / kTileRows].push_back({query, static_cast<std::uint32_t>(row % kTileRows), static_cast<std::uint32_t>(m_ranked.size())});
            m_ranked.push_back(row);
        }
        return true;
    }

    /// Compares what was collected tile by tile, so that a part of the bank stays near while all queries ask for its rows.
    void finish()
    {
        for (std::size_t t = 0; t < m_tiles.size(); ++t) {
            const float* tile = m_bank + static_cast<std::int64_t>(t) * kTileRows * m_columns;
            const std::vector<Pair>& pairs = m_tiles[t];
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                if (i + kAhead < pairs.size()) fetch(tile + pairs[i + kAhead].row * m_columns);
                std::uint64_t& ranked = m_ranked[pairs[i].place];
                ranked = rankKey(product(pairs[i].query, tile + pairs[i].row * m_columns, m_columns), static_cast<std::uint32_t>(ranked));
            }
        }
        for (const Query& query : m_queries) {
            const auto begin = m_ranked.begin() + static_cast<std::ptrdiff_t>(query.first), end = begin + static_cast<std::ptrdiff_t>(query.count);
            std::sort(begin, end, std::greater<>());
            for (std::int64_t i = 0; i < m_k; ++i) std::tie(query.similarities[i], query.indices[i]) = fromRankKey(begin[i]);
        }
    }

private:
    struct Query {
        float* similarities;
        std::int64_t* indices;
        std::size_t first, count;  // of its candidates
    };
    struct Pair {
        const float* query;
        std::uint32_t row;    // of the tile
        std::uint32_t place;  // in m_ranked
    };

    /// Rows lie far apart in memory: asked for early, they are there when their turn comes.
    void fetch(const float* row) const
    {
        for (std::int64_t i = 0; i < m_columns; i += kLanes) __builtin_prefetch(row + i);
    }

    bool findCandidates(const std::int16_t* scores, float error)
    {
        // The k best blocks hold k rows, so their k-th maximum is a floor for the k-th best.
        blockMaxima(scores, m_rows, m_blocks, m_best.data());
        m_order = m_best;
        std::nth_element(m_order.begin(), m_order.begin() + (m_k - 1), m_order.end(), std::greater<>());
        const float reached = fromKey(m_order[static_cast<std::size_t>(m_k - 1)]);
        // A row of the k best is at most twice the error below; rounding to bfloat16 keeps order, and takes 2^-9 of `reached`.
        const float floor = reached - std::ldexp(std::abs(reached), -8) - 2 * error;
        if (!std::isfinite(floor)) return false;

        const std::int64_t most = std::min(kMostCandidates * m_k, m_rows);
        m_candidates.resize(static_cast<std::size_t>(most + kColumnsALook));
        const std::int64_t count = rowsFrom(scores, m_rows, keyBelow(floor), most, m_candidates.data());
        m_candidates.resize(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
        return count >= m_k;
    }

    const float* m_bank;
    std::int64_t m_rows, m_columns, m_k, m_blocks;
    std::vector<std::int16_t> m_best, m_order;
    std::vector<std::uint32_t> m_candidates;                // of the query at hand
    std::vector<Query> m_queries;
    std::vector<std::uint64_t> m_ranked;                   // candidates of all queries: rows, then rank keys
    std::vector<std::vector<Pair>> m_tiles;
};

}  // namespace

bool multipliesBfloat16()
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

Neighbours nearestByCandidates(const torch::Tensor& bankRows, const torch::Tensor& queryRows, std::int64_t k)
{
    const torch::NoGradGuard noGrad;
    const torch::Tensor bank = bankRows.contiguous(), queries = queryRows.contiguous();
    const std::int64_t rows = bank.size(0), columns = bank.size(1);
    k = std::min(k, rows);
    Neighbours result{torch::empty({queries.size(0), k}, bank.options()), torch::empty({queries.size(0), k}, bank.options().dtype(torch::kLong))};
    if (k == 0 || queries.size(0) == 0) return result;

    // q (b - mean) orders the bank as q b does, and rounds by the bank's spread instead of its length.
    const Rounded centred(bank - bank.mean(0));
    const torch::Tensor transposed = centred.rows.t();
    const float bankError = centred.errors.max().item<float>(), spread = centred.lengths.max().item<float>() + bankError;
    const float bankLength = bank.norm(2, 1).max().item<float>();
    const float summing = std::ldexp(static_cast<float>(columns + 8), -23);  // sums of `columns` products in float

    std::vector<std::int64_t> left;  // queries with too many candidates
    const std::int64_t chunk = std::clamp<std::int64_t>(kScoresAtOnce / rows, 1, 2048);
    for (std::int64_t start = 0; start < queries.size(0); start += chunk) {
        const torch::Tensor part = queries.slice(0, start, start + chunk);
        const Rounded rounded(part);
        const torch::Tensor lengths = rounded.lengths + rounded.errors;
        const torch::Tensor errors = rounded.errors * spread + lengths * (bankError + summing * (spread + bankLength));
        const torch::Tensor scores = rounded.rows.mm(transposed);  // (chunk, N) bfloat16
        std::vector<char> picked(static_cast<std::size_t>(part.size(0)), 0);
        at::parallel_for(0, part.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
            RowPicker picker(bank, k);
            for (std::int64_t i = begin; i < end; ++i)
                picked[static_cast<std::size_t>(i)] = picker.collect(
                    reinterpret_cast<const std::int16_t*>(scores.data_ptr<at::BFloat16>()) + i * rows, part.data_ptr<float>() + i * columns,
                    errors.data_ptr<float>()[i], result.similarities.data_ptr<float>() + (start + i) * k,
                    result.indices.data_ptr<std::int64_t>() + (start + i) * k);
            picker.finish();
        });
        for (std::size_t i = 0; i < picked.size(); ++i)
            if (!picked[i]) left.push_back(start + static_cast<std::int64_t>(i));
    }
    for (std::size_t begin = 0; begin < left.size(); begin += static_cast<std::size_t>(chunk)) {
        const auto count = static_cast<std::int64_t>(std::min(left.size() - begin, static_cast<std::size_t>(chunk)));
        const torch::Tensor which = torch::from_blob(left.data() + begin, {count}, torch::kLong);
        const auto [values, indices] = queries.index_select(0, which).mm(bank.t()).topk(k, 1);
        result.similarities.index_copy_(0, which, values);
        result.indices.index_copy_(0, which, indices);
    }
    return result;
}

}  // namespace selfsight
