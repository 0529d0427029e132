// Weighted nearest-neighbour classification on features: how well images of one class lie together. Torch-free.
// Paper: Wu et al. 2018, arXiv 1805.01978, section 3.4.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

struct KnnOptions {
    std::int64_t neighbours = 20;  // at most the size of the bank
    double temperature = 0.07;
    std::int64_t classes = 0;      // 0: the largest label of bank and queries, plus one
    bool normalize = true;         // compare directions; false takes the rows as they are
};

struct KnnResult {
    std::vector<std::int64_t> predictions;  // one a query
    std::vector<double> scores;             // (queries, classes)
    double top1 = 0, top5 = 0;              // shares, 0..1: true label first, or among the best five
};

/// The `neighbours` bank rows of largest inner product vote for their class with exp(similarity / temperature). A class
/// without a vote scores 0; equal scores rank by lower class.
/// Errors: throws Error when sizes disagree, a label is outside 0..classes-1 or a feature is not finite.
KnnResult knnClassify(MatrixView bank, std::span<const std::int32_t> bankLabels, MatrixView queries,
                      std::span<const std::int32_t> queryLabels, const KnnOptions& options);

/// What is asked of the features: labels of each row, and what they mean ("class", "speaker").
struct KnnQuestion {
    std::span<const std::int32_t> bankLabels, queryLabels;
    std::int64_t classes = 0;  // as in KnnOptions
};

/// The same for several questions, each with its own classes; the neighbours, which cost most, are looked for once.
std::vector<KnnResult> knnClassify(MatrixView bank, MatrixView queries, std::span<const KnnQuestion> questions, const KnnOptions& options);

}  // namespace selfsight
