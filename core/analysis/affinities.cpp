#include "core/analysis/affinities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/analysis/neighbourhoods.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

/// Centred and scaled to at most 1: t-SNE asks only for ratios of distances, and no square overflows.
std::vector<float> scaledRows(MatrixView rows)
{
    std::vector<double> mean(static_cast<std::size_t>(rows.columns));
    for (std::int64_t r = 0; r < rows.rows; ++r)
        for (std::int64_t c = 0; c < rows.columns; ++c) {
            const float value = rows.data[r * rows.columns + c];
            if (!std::isfinite(value))
                throw Error(fmt::format("row {}", r), fmt::format("the value in column {} is not finite.", c), "Leave the row out or mend it.");
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

}  // namespace

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
            const double distance = distances[i] - distances[0];  // of the nearest: the same distribution, and it never underflows as a whole
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

Affinities affinities(MatrixView rows, double perplexity, std::int64_t neighbours, int threads, const std::function<bool()>& isCancelled)
{
    if (rows.rows < 4) throw Error("t-SNE", fmt::format("there are {} samples.", rows.rows), "Give it at least 4.");
    const double most = static_cast<double>(rows.rows - 1) / 3;
    if (neighbours == 0 && !(perplexity >= 1 && perplexity <= most))
        throw Error("perplexity", fmt::format("{} does not fit {} samples.", perplexity, rows.rows), fmt::format("Choose 1 to {}.", std::floor(most)));
    const std::vector<float> scaled = scaledRows(rows);
    const std::int64_t wanted = neighbours > 0 ? neighbours : static_cast<std::int64_t>(std::ceil(3 * perplexity));
    NearestTable near = nearestByDistance({scaled.data(), rows.rows, rows.columns}, wanted, threads, isCancelled);
    if (near.rows() == 0) return {};

    const std::int64_t k = near.neighbours;
    std::vector<float> shares(near.similarities.size()), distances(static_cast<std::size_t>(k));
    for (std::int64_t r = 0; r < rows.rows; ++r) {
        for (std::int64_t i = 0; i < k; ++i) distances[static_cast<std::size_t>(i)] = -near.similarities[static_cast<std::size_t>(r * k + i)];
        calibrate(distances.data(), k, perplexity, shares.data() + r * k);
    }

    // (P + P') / 2n: each row's own entries and those that others have of it, joined.
    struct Entry {
        std::int32_t column;
        float value;
    };
    std::vector<std::vector<Entry>> lines(static_cast<std::size_t>(rows.rows));
    const float half = static_cast<float>(0.5 / static_cast<double>(rows.rows));
    for (std::int64_t r = 0; r < rows.rows; ++r)
        for (std::int64_t i = 0; i < k; ++i) {
            const std::int32_t other = near.indices[static_cast<std::size_t>(r * k + i)];
            const float value = shares[static_cast<std::size_t>(r * k + i)] * half;
            lines[static_cast<std::size_t>(r)].push_back({other, value});
            lines[static_cast<std::size_t>(other)].push_back({static_cast<std::int32_t>(r), value});
        }
    Affinities result;
    result.starts.push_back(0);
    for (auto& line : lines) {
        std::ranges::stable_sort(line, {}, &Entry::column);
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (i > 0 && line[i].column == line[i - 1].column) {
                result.values.back() += line[i].value;
                continue;
            }
            result.columns.push_back(line[i].column);
            result.values.push_back(line[i].value);
        }
        result.starts.push_back(static_cast<std::int64_t>(result.columns.size()));
    }
    return result;
}

}  // namespace selfsight
