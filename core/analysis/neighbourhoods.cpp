#include "core/analysis/neighbourhoods.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr int kClusterTurns = 30;

double squareDistance(const float* a, const float* b, std::int64_t columns)
{
    float sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

}  // namespace

std::vector<float> neighbourAgreement(const NearestTable& table, std::span<const std::int32_t> labels)
{
    std::vector<float> agreement;
    for (std::int64_t row = 0; row < table.rows(); ++row) {
        const auto near = table.of(row);
        const auto same = std::ranges::count_if(near, [&](std::int32_t other) {
            return labels[static_cast<std::size_t>(other)] == labels[static_cast<std::size_t>(row)];
        });
        agreement.push_back(static_cast<float>(same) / static_cast<float>(near.size()));
    }
    return agreement;
}

std::vector<float> neighbourhoodChange(const NearestTable& before, const NearestTable& after)
{
    std::vector<float> change;
    for (std::int64_t row = 0; row < std::min(before.rows(), after.rows()); ++row) {
        const auto then = before.of(row), now = after.of(row);
        const auto kept =
            std::ranges::count_if(now, [&](std::int32_t other) { return std::ranges::find(then, other) != then.end(); });
        change.push_back(1 - static_cast<float>(kept) / static_cast<float>(now.size()));
    }
    return change;
}

std::vector<ChangedGroup> changedGroups(const NearestTable& before, const NearestTable& after, double share)
{
    const std::vector<float> change = neighbourhoodChange(before, after);
    const auto rows = static_cast<std::int32_t>(change.size());
    if (rows == 0) return {};
    const double mean = std::accumulate(change.begin(), change.end(), 0.0) / rows;
    std::vector<std::int32_t> order(change.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater{}, [&](std::int32_t row) { return change[static_cast<std::size_t>(row)]; });
    std::vector<char> isChosen(change.size(), 0);
    for (std::int32_t i = 0; i < std::min<std::int32_t>(rows, static_cast<std::int32_t>(share * rows)); ++i) {
        const auto row = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
        isChosen[row] = change[row] > 0 && change[row] >= mean;
    }
    // Chosen rows of which one is among the other's first five now belong together.
    constexpr std::size_t kClose = 5;
    std::vector<std::int32_t> parent(change.size());
    std::iota(parent.begin(), parent.end(), 0);
    const auto root = [&parent](std::int32_t row) {
        while (parent[static_cast<std::size_t>(row)] != row)
            row = parent[static_cast<std::size_t>(row)] = parent[static_cast<std::size_t>(parent[static_cast<std::size_t>(row)])];
        return row;
    };
    for (std::int32_t row = 0; row < rows; ++row) {
        if (!isChosen[static_cast<std::size_t>(row)]) continue;
        const auto near = after.of(row);
        for (const std::int32_t other : near.first(std::min(kClose, near.size())))
            if (isChosen[static_cast<std::size_t>(other)]) parent[static_cast<std::size_t>(root(row))] = root(other);
    }
    std::vector<ChangedGroup> byRoot(change.size());
    for (const std::int32_t row : order)
        if (isChosen[static_cast<std::size_t>(row)]) {
            ChangedGroup& group = byRoot[static_cast<std::size_t>(root(row))];
            group.rows.push_back(row);
            group.change += change[static_cast<std::size_t>(row)];
        }
    std::vector<ChangedGroup> groups;
    for (ChangedGroup& group : byRoot)
        if (group.rows.size() >= 3) groups.push_back(std::move(group));
    std::ranges::stable_sort(groups, std::greater{}, &ChangedGroup::change);
    for (ChangedGroup& group : groups) group.change /= static_cast<double>(group.rows.size());
    return groups;
}

std::vector<std::int32_t> clusters(MatrixView rows, int count, std::uint64_t seed, const std::function<bool()>& isCancelled)
{
    const std::int64_t n = rows.rows, columns = rows.columns;
    std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 0);
    if (n == 0 || count < 2) return labels;
    Rng rng({seed, 0xc105});
    std::vector<float> centres(rows.data, rows.data + columns);  // the first row: which one matters little
    std::vector<double> nearest(static_cast<std::size_t>(n), std::numeric_limits<double>::infinity());
    while (static_cast<std::int64_t>(centres.size()) < count * columns) {
        const float* last = centres.data() + centres.size() - static_cast<std::size_t>(columns);
        double sum = 0;
        for (std::int64_t r = 0; r < n; ++r) {
            auto& least = nearest[static_cast<std::size_t>(r)];
            least = std::min(least, squareDistance(rows.data + r * columns, last, columns));
            sum += least;
        }
        if (!(sum > 0)) break;  // all rows are centres already
        double target = rng.uniform() * sum;
        std::int64_t chosen = n - 1;
        for (std::int64_t r = 0; r < n; ++r)
            if ((target -= nearest[static_cast<std::size_t>(r)]) <= 0) {
                chosen = r;
                break;
            }
        const float* row = rows.data + chosen * columns;
        centres.insert(centres.end(), row, row + columns);
    }
    const auto found = static_cast<std::int64_t>(centres.size()) / columns;
    std::vector<std::int64_t> sizes;
    for (int turn = 0; turn < kClusterTurns; ++turn) {
        if (isCancelled && isCancelled()) return {};
        bool moved = turn == 0;
        std::vector<double> sums(centres.size(), 0);
        sizes.assign(static_cast<std::size_t>(found), 0);
        for (std::int64_t r = 0; r < n; ++r) {
            std::int32_t best = 0;
            double least = std::numeric_limits<double>::infinity();
            for (std::int64_t c = 0; c < found; ++c)
                if (const double square = squareDistance(rows.data + r * columns, centres.data() + c * columns, columns);
                    square < least) {
                    least = square;
                    best = static_cast<std::int32_t>(c);
                }
            moved = moved || labels[static_cast<std::size_t>(r)] != best;
            labels[static_cast<std::size_t>(r)] = best;
            ++sizes[static_cast<std::size_t>(best)];
            for (std::int64_t i = 0; i < columns; ++i)
                sums[static_cast<std::size_t>(best * columns + i)] += rows.data[r * columns + i];
        }
        if (!moved) break;
        for (std::int64_t c = 0; c < found; ++c)
            if (const auto size = static_cast<double>(sizes[static_cast<std::size_t>(c)]); size > 0)
                for (std::int64_t i = 0; i < columns; ++i)
                    centres[static_cast<std::size_t>(c * columns + i)] =
                        static_cast<float>(sums[static_cast<std::size_t>(c * columns + i)] / size);
    }
    std::vector<std::int32_t> order(static_cast<std::size_t>(found)), name(order.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::int32_t cluster) { return sizes[static_cast<std::size_t>(cluster)]; });
    for (std::size_t i = 0; i < order.size(); ++i) name[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    for (std::int32_t& label : labels) label = name[static_cast<std::size_t>(label)];
    return labels;
}

std::vector<std::int32_t> matchedClusters(const std::vector<std::int32_t>& before, std::vector<std::int32_t> after)
{
    if (before.size() != after.size() || after.empty()) return after;
    const std::int32_t names = std::max(*std::ranges::max_element(before), *std::ranges::max_element(after)) + 1;
    struct Pair {
        std::int32_t before, after;
        std::int64_t shared = 0;
    };
    std::vector<Pair> pairs;
    for (std::int32_t then = 0; then < names; ++then)
        for (std::int32_t now = 0; now < names; ++now) pairs.push_back({then, now});
    for (std::size_t row = 0; row < after.size(); ++row) ++pairs[static_cast<std::size_t>(before[row] * names + after[row])].shared;
    std::ranges::stable_sort(pairs, std::greater{}, &Pair::shared);
    std::vector<std::int32_t> name(static_cast<std::size_t>(names), -1);
    std::vector<char> isTaken(static_cast<std::size_t>(names), 0);
    for (const Pair& pair : pairs)
        if (name[static_cast<std::size_t>(pair.after)] < 0 && !isTaken[static_cast<std::size_t>(pair.before)]) {
            name[static_cast<std::size_t>(pair.after)] = pair.before;
            isTaken[static_cast<std::size_t>(pair.before)] = 1;
        }
    for (std::int32_t& cluster : after) cluster = name[static_cast<std::size_t>(cluster)];
    return after;
}

}  // namespace selfsight
