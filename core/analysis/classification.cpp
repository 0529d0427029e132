#include "core/analysis/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"

namespace selfsight
{

namespace
{

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// 97.5 % points of Student's t with 1, 2, ... degrees of freedom.
constexpr std::array kStudent = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
                                 2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
                                 2.0796,  2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423};

double studentPoint(std::size_t freedom)
{
    if (freedom <= kStudent.size()) return kStudent[freedom - 1];
    const double z = 1.959964, n = static_cast<double>(freedom);
    return z + (z * z * z + z) / (4 * n);  // off by less than 1e-4 from here on
}

}  // namespace

Classification classificationOf(std::span<const std::int64_t> predictions, std::span<const std::int32_t> truth,
                                std::int64_t classes, double top5)
{
    if (predictions.size() != truth.size())
        throw Error("classification", fmt::format("there are {} answers for {} images", predictions.size(), truth.size()));
    const auto width = static_cast<std::size_t>(classes);
    Classification result{.images = static_cast<std::int64_t>(truth.size()),
                          .top5 = top5,
                          .confusion = std::vector<std::int64_t>(width * width),
                          .perClass = std::vector<double>(width, kUnknown)};
    std::int64_t right = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] < 0 || truth[i] >= classes || predictions[i] < 0 || predictions[i] >= classes)
            throw Error("classification", fmt::format("image {} is of class {} and was given {}, with {} classes", i, truth[i],
                                                      predictions[i], classes));
        ++result.confusion[static_cast<std::size_t>(truth[i]) * width + static_cast<std::size_t>(predictions[i])];
        right += predictions[i] == truth[i];
    }
    if (!truth.empty()) result.top1 = static_cast<double>(right) / static_cast<double>(truth.size());
    for (std::size_t c = 0; c < width; ++c) {
        const auto row = std::span(result.confusion).subspan(c * width, width);
        const auto images = std::accumulate(row.begin(), row.end(), std::int64_t{0});
        if (images > 0) result.perClass[c] = static_cast<double>(row[c]) / static_cast<double>(images);
    }
    return result;
}

Classification classificationOf(std::span<const double> scores, std::span<const std::int32_t> truth, std::int64_t classes)
{
    const auto width = static_cast<std::size_t>(classes);
    if (scores.size() != truth.size() * width)
        throw Error("classification",
                    fmt::format("there are {} scores for {} images and {} classes", scores.size(), truth.size(), classes));
    std::vector<std::int64_t> predictions;
    std::int64_t amongFive = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto row = scores.subspan(i * width, width);
        predictions.push_back(std::ranges::max_element(row) - row.begin());
        if (truth[i] < 0 || truth[i] >= classes) continue;  // named below
        const auto own = static_cast<std::size_t>(truth[i]);
        std::int64_t before = 0;
        for (std::size_t c = 0; c < width; ++c) before += row[c] > row[own] || (row[c] == row[own] && c < own);
        amongFive += before < 5;
    }
    const double top5 = truth.empty() ? 0 : static_cast<double>(amongFive) / static_cast<double>(truth.size());
    return classificationOf(predictions, truth, classes, top5);
}

std::vector<ConfusedPair> confusedPairs(const Classification& classification, std::size_t count)
{
    const auto width = static_cast<std::size_t>(classification.classes());
    std::vector<ConfusedPair> pairs;
    for (std::size_t truth = 0; truth < width; ++truth) {
        const auto row = std::span(classification.confusion).subspan(truth * width, width);
        const auto images = std::accumulate(row.begin(), row.end(), std::int64_t{0});
        for (std::size_t c = 0; c < width; ++c)
            if (c != truth && row[c] > 0)
                pairs.push_back({static_cast<std::int64_t>(truth), static_cast<std::int64_t>(c), row[c],
                                 static_cast<double>(row[c]) / static_cast<double>(images)});
    }
    std::ranges::stable_sort(pairs, std::greater(), &ConfusedPair::images);
    pairs.resize(std::min(pairs.size(), count));
    return pairs;
}

MeanInterval meanInterval(std::span<const double> values)
{
    MeanInterval result{.mean = 0, .halfWidth = kUnknown, .count = static_cast<std::int64_t>(values.size())};
    if (values.empty()) return result;
    const auto n = static_cast<double>(values.size());
    result.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    if (values.size() < 2) return result;
    double squares = 0;
    for (const double value : values) squares += (value - result.mean) * (value - result.mean);
    result.halfWidth = studentPoint(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
    return result;
}

}  // namespace selfsight
