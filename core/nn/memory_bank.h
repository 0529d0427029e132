// One remembered embedding for every image of the data set, as candidates to be told apart from.
// Papers: Wu et al. 2018 (InstDisc), arXiv 1805.01978, 3; Tian et al. 2019 (CMC), arXiv 1906.05849, 3.4.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// Rows drawn evenly from -s..s, s = 1 / sqrt(size / 3): about unit length; each becomes a unit vector when it's first updated.
torch::Tensor freshBank(std::int64_t count, std::int64_t size);

/// x . bank^T / T, (B, N).
torch::Tensor bankScores(const torch::Tensor& x, const torch::Tensor& bank, double temperature);

/// The same for the bank rows `chosen` (B, m) alone: (B, m).
torch::Tensor bankScores(const torch::Tensor& x, const torch::Tensor& bank, double temperature, const torch::Tensor& chosen);

/// The images themselves in column 0, then those they shall be told apart from: index (B), negatives (B, m) -> (B, 1 + m).
torch::Tensor withOwnFirst(const torch::Tensor& index, const torch::Tensor& negatives);

struct NoiseContrast {
    torch::Tensor loss;           // scalar: mean of perSample
    torch::Tensor perSample;      // (B)
    torch::Tensor probabilities;  // (B, 1 + m): e^score / Z
    torch::Tensor normalizer;     // Z, (1), constant
};

/// Noise-contrastive estimation: column 0 of `scores` (B, 1 + m) against m draws from an even distribution over `count`
/// images. `normalizer` (1): where it is 0, Z is estimated from these scores. `eps` as in the authors' code.
NoiseContrast noiseContrast(const torch::Tensor& scores, const torch::Tensor& normalizer, std::int64_t count, double eps = 1e-7);

/// mean ||x - bank[index]||^2: embeddings shall not jump between two epochs. InstDisc, equation 9.
torch::Tensor proximalTerm(const torch::Tensor& x, const torch::Tensor& bank, const torch::Tensor& index);

/// bank[index] <- unit(momentum * bank[index] + (1 - momentum) * x). x (B, D) unit rows.
void updateBank(torch::Tensor bank, const torch::Tensor& index, const torch::Tensor& x, double momentum);

}  // namespace selfsight
