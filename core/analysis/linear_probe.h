// A linear classifier on frozen features. Torch-free.
// Protocol: SimCLR, arXiv 2002.05709, appendix B.8.1: l2-regularised multinomial logistic regression, minimised by L-BFGS on
// cached features without augmentation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

struct LinearProbeOptions {
    std::int64_t classes = 0;    // above every label
    double strength = 1;         // C of: C * sum of cross-entropies + |W|^2 / 2, scikit-learn's convention; biases are free
    int iterations = 100;        // at most
};

struct LinearProbeResult {
    std::vector<std::int64_t> predictions;  // one a query
    std::vector<double> scores;             // (queries, classes): logits
    std::vector<float> weights, bias;       // (columns, classes), (classes): of the features as they are, not standardised
    double top1 = 0, top5 = 0;              // shares, 0..1
    double loss = 0;                        // mean of the bank with its |W|^2 share, at the end
    int iterations = 0;                     // fewer than allowed: it converged
};

/// Called after each iteration with the share done (0..1); false cancels.
using LinearProbeProgress = std::function<bool(double share)>;

/// Fits the bank and classifies the queries. Columns are brought to mean 0 and deviation 1 by the bank's own figures, so
/// that methods with features of any size are judged alike. Convex, begun at 0: the same rows give the same answer.
/// Absent when cancelled. Errors: throws Error as knnClassify does.
std::optional<LinearProbeResult> linearProbe(MatrixView bank, std::span<const std::int32_t> bankLabels, MatrixView queries,
                                             std::span<const std::int32_t> queryLabels, const LinearProbeOptions& options,
                                             const LinearProbeProgress& progress = {});

}  // namespace selfsight
