// The part of kNN that runs where the features are.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// bank (N, D), queries (M, D), labels (N) int64 in 0..classes-1, all on one device -> scores (M, C) float64: the
/// `neighbours` rows (at most N) of largest inner product vote with exp(similarity / temperature). In chunks of queries, so
/// that memory stays bounded.
torch::Tensor knnScores(const torch::Tensor& bank, const torch::Tensor& bankLabels, const torch::Tensor& queries,
                        std::int64_t neighbours, double temperature, std::int64_t classes);

/// scores (M, C), labels (M) int64 -> (M) int64: how many classes come before the true one; equal scores rank by lower class.
torch::Tensor ranksOfTruth(const torch::Tensor& scores, const torch::Tensor& labels);

}  // namespace selfsight
