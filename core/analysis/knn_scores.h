// The part of kNN that runs where the features are.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// The k bank rows of largest inner product with each query.
struct Neighbours {
    torch::Tensor similarities;  // (M, k)
    torch::Tensor indices;       // (M, k) int64, rows of the bank
};

/// bank (N, D), queries (M, D) on one device; k is at most N. In chunks of queries, so that memory stays bounded.
Neighbours nearestRows(const torch::Tensor& bank, const torch::Tensor& queries, std::int64_t k);

/// labels (N) int64 of the bank in 0..classes-1 -> scores (M, C) float64: neighbours vote with exp(similarity / temperature).
torch::Tensor voteScores(const Neighbours& neighbours, const torch::Tensor& bankLabels, double temperature, std::int64_t classes);

/// Both, one after the other.
torch::Tensor knnScores(const torch::Tensor& bank, const torch::Tensor& bankLabels, const torch::Tensor& queries,
                        std::int64_t neighbours, double temperature, std::int64_t classes);

/// scores (M, C), labels (M) int64 -> (M) int64: how many classes come before the true one; equal scores rank by lower class.
torch::Tensor ranksOfTruth(const torch::Tensor& scores, const torch::Tensor& labels);

}  // namespace selfsight
