#include "core/analysis/affinities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/analysis/nearest_table.h"
#include "core/analysis/worker_team.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::int64_t kRowsAPart = 512;

struct Entry {
    std::int32_t column;
    float value;
};

/// (P + P') / 2n of conditional shares P, which are the table's similarities: each row's own entries and those that others have
/// of it.
Affinities symmetric(const NearestTable& shares, WorkerTeam& team)
{
    const std::int64_t rows = shares.rows(), k = shares.neighbours;
    std::vector<std::int64_t> firsts(static_cast<std::size_t>(rows + 1));  // of the transpose
    for (const std::int32_t column : shares.indices) ++firsts[static_cast<std::size_t>(column) + 1];
    std::partial_sum(firsts.begin(), firsts.end(), firsts.begin());
    std::vector<Entry> transpose(shares.indices.size());
    std::vector<std::int64_t> next(firsts.begin(), firsts.end() - 1);
    for (std::int64_t r = 0; r < rows; ++r)
        for (auto at = static_cast<std::size_t>(r * k); at < static_cast<std::size_t>((r + 1) * k); ++at)
            transpose[static_cast<std::size_t>(next[static_cast<std::size_t>(shares.indices[at])]++)] = {
                static_cast<std::int32_t>(r), shares.similarities[at]};

    // Rows are joined in parts, whose places are known once all are.
    const std::int64_t parts = (rows + kRowsAPart - 1) / kRowsAPart;
    const auto half = static_cast<float>(0.5 / static_cast<double>(rows));
    std::vector<std::vector<Entry>> joined(static_cast<std::size_t>(parts));
    Affinities result;
    result.starts.resize(static_cast<std::size_t>(rows + 1));
    team.run(parts, [&](std::int64_t part, int) {
        std::vector<Entry>& entries = joined[static_cast<std::size_t>(part)];
        std::vector<Entry> line;
        for (std::int64_t r = part * kRowsAPart; r < std::min((part + 1) * kRowsAPart, rows); ++r) {
            line.assign(transpose.begin() + firsts[static_cast<std::size_t>(r)],
                        transpose.begin() + firsts[static_cast<std::size_t>(r + 1)]);
            for (auto at = static_cast<std::size_t>(r * k); at < static_cast<std::size_t>((r + 1) * k); ++at)
                line.push_back({shares.indices[at], shares.similarities[at]});
            std::ranges::stable_sort(line, {}, &Entry::column);
            const std::size_t start = entries.size();
            for (const Entry& entry : line) {
                if (entries.size() > start && entries.back().column == entry.column) entries.back().value += entry.value * half;
                else entries.push_back({entry.column, entry.value * half});
            }
            result.starts[static_cast<std::size_t>(r + 1)] = static_cast<std::int64_t>(entries.size() - start);
        }
    });
    std::partial_sum(result.starts.begin(), result.starts.end(), result.starts.begin());
    for (std::vector<Entry>& entries : joined) {
        for (const Entry& entry : entries) {
            result.columns.push_back(entry.column);
            result.values.push_back(entry.value);
        }
        std::vector<Entry>().swap(entries);
    }
    return result;
}

}  // namespace

std::vector<float> scaledRows(MatrixView rows)
{
    std::vector<double> mean(static_cast<std::size_t>(rows.columns));
    for (std::int64_t r = 0; r < rows.rows; ++r)
        for (std::int64_t c = 0; c < rows.columns; ++c) {
            const float value = rows.data[r * rows.columns + c];
            if (!std::isfinite(value))
                throw Error(fmt::format("row {}", r), fmt::format("the value in column {} is not finite.", c),
                            "Leave the row out or mend it.");
            mean[static_cast<std::size_t>(c)] += value / static_cast<double>(rows.rows);
        }
    double largest = 0;
    for (std::int64_t i = 0; i < rows.rows * rows.columns; ++i)
        largest = std::max(largest, std::abs(rows.data[i] - mean[static_cast<std::size_t>(i % rows.columns)]));
    const double scale = largest > 0 ? 1 / largest : 0;
    std::vector<float> scaled(static_cast<std::size_t>(rows.rows * rows.columns));
    for (std::size_t i = 0; i < scaled.size(); ++i)
        scaled[i] = static_cast<float>((rows.data[i] - mean[i % static_cast<std::size_t>(rows.columns)]) * scale);
    return scaled;
}

double calibrate(const float* distances, std::int64_t count, double perplexity, float* shares)
{
    const double wanted = std::log(perplexity);
    double mean = 0;
    for (std::int64_t i = 0; i < count; ++i) mean += (distances[i] - distances[0]) / static_cast<double>(count);
    double low = 0, high = std::numeric_limits<double>::infinity(), beta = mean > 0 ? 1 / mean : 1, sum = 1;
    for (int turn = 0; turn < 100; ++turn) {
        sum = 0;
        double weighted = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const double distance =
                distances[i] - distances[0];  // of the nearest: the same distribution, and it never underflows as a whole
            const double weight = std::exp(-beta * distance);
            shares[i] = static_cast<float>(weight);
            sum += weight;
            weighted += weight * distance;
        }
        const double entropy = std::log(sum) + beta * weighted / sum;
        if (std::abs(entropy - wanted) < 1e-6) break;
        (entropy > wanted ? low : high) = beta;
        beta = std::isinf(high) ? 2 * beta : (low + high) / 2;
        if (!std::isfinite(beta) || beta == 0) break;
    }
    for (std::int64_t i = 0; i < count; ++i) shares[i] = static_cast<float>(shares[i] / sum);
    return beta;
}

Affinities affinities(MatrixView rows, double perplexity, std::int64_t neighbours, int threads,
                      const std::function<bool()>& isCancelled)
{
    if (rows.rows < 4) throw Error("t-SNE", fmt::format("there are {} samples.", rows.rows), "Give it at least 4.");
    const double most = static_cast<double>(rows.rows - 1) / 3;
    if (neighbours == 0 && !(perplexity >= 1 && perplexity <= most))
        throw Error("perplexity", fmt::format("{} does not fit {} samples.", perplexity, rows.rows),
                    fmt::format("Choose 1 to {}.", std::floor(most)));
    const std::vector<float> scaled = scaledRows(rows);
    const std::int64_t wanted = neighbours > 0 ? neighbours : static_cast<std::int64_t>(std::ceil(3 * perplexity));
    NearestTable near = nearestByDistance({scaled.data(), rows.rows, rows.columns}, wanted, threads, isCancelled);
    if (near.rows() == 0) return {};

    const std::int64_t k = near.neighbours;
    WorkerTeam team(threads);
    std::vector<float>& shares = near.similarities;  // minus squared distances, until they are replaced
    team.run((rows.rows + kRowsAPart - 1) / kRowsAPart, [&](std::int64_t part, int) {
        std::vector<float> distances(static_cast<std::size_t>(k));
        for (std::int64_t r = part * kRowsAPart; r < std::min((part + 1) * kRowsAPart, rows.rows); ++r) {
            for (std::int64_t i = 0; i < k; ++i)
                distances[static_cast<std::size_t>(i)] = -shares[static_cast<std::size_t>(r * k + i)];
            calibrate(distances.data(), k, perplexity, shares.data() + r * k);
        }
    });
    return symmetric(near, team);
}

}  // namespace selfsight
