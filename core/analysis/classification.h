// How right a classifier is: shares, confusions, and what several seeds say together. Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace selfsight
{

struct Classification {
    std::int64_t images = 0;
    double top1 = 0, top5 = 0;            // shares, 0..1
    std::vector<std::int64_t> confusion;  // (C, C) images: a row a true class, a column a predicted one
    std::vector<double> perClass;         // share of each class's images that are right; NaN for one without images

    std::int64_t classes() const { return static_cast<std::int64_t>(perClass.size()); }
};

/// Throws Error when sizes disagree or a class is outside 0..classes-1.
Classification classificationOf(std::span<const std::int64_t> predictions, std::span<const std::int32_t> truth,
                                std::int64_t classes, double top5);

/// The same of scores (M, C): ties go to the lower class.
Classification classificationOf(std::span<const double> scores, std::span<const std::int32_t> truth, std::int64_t classes);

/// Two classes that are taken for one another.
struct ConfusedPair {
    std::int64_t truth = 0, prediction = 0;
    std::int64_t images = 0;
    double share = 0;  // of the true class's images
};

/// The largest entries beside the diagonal, at most `count`, none without images.
std::vector<ConfusedPair> confusedPairs(const Classification& classification, std::size_t count);

/// Mean with the half width of its 95 % interval by Student's t; NaN of a single value, which has no spread.
struct MeanInterval {
    double mean = 0;
    double halfWidth = 0;
    std::int64_t count = 0;
};

MeanInterval meanInterval(std::span<const double> values);

}  // namespace selfsight
