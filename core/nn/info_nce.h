// InfoNCE: the right one among candidates, by cross entropy over similarities. MoCo's queue, MoCo v3's batch, CPC's latents.
// Papers: van den Oord et al. 2018, arXiv 1807.03748, equation 4; He et al. 2019, arXiv 1911.05722; Chen et al. 2021,
// arXiv 2104.02057, algorithm 1.
#pragma once

#include <torch/types.h>

namespace selfsight {

struct InfoNce {
    torch::Tensor loss;       // scalar: mean of perSample
    torch::Tensor perSample;  // (B)
    torch::Tensor accuracy;   // scalar, detached: share of the rows whose right candidate scores highest
    torch::Tensor logits;     // (B, candidates)
};

/// logits (B, C), C >= B: row i belongs to column i + first.
InfoNce diagonalInfoNce(const torch::Tensor& logits, std::int64_t first = 0);

/// logits (B, C), labels (B) int64.
InfoNce infoNce(const torch::Tensor& logits, const torch::Tensor& labels);

/// MoCo v1, v2: query q against its key k (column 0 of the logits) and a queue of past keys. q, k (B, D) of any length;
/// queue (K, D) unit rows. The gradient reaches q alone.
InfoNce queueInfoNce(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& queue, double temperature);

/// MoCo v3: 2T times the loss of predictions q against the keys k of the other view, the batch being the candidates. Gradient
/// to q alone; the factor makes its size independent of T.
InfoNce batchInfoNce(const torch::Tensor& q, const torch::Tensor& k, double temperature);

/// CPC on a grid: predictions (B, H - offset, W, D) made in row r for the latents (B, H, W, D) of row r + offset of the same
/// column, against all latents of the batch. logits = scale * prediction . latent; gradient to both.
InfoNce gridInfoNce(const torch::Tensor& predictions, const torch::Tensor& latents, std::int64_t offset, double scale = 1);

/// gridInfoNce's logits, (B (H - offset) W, B H W).
torch::Tensor gridLogits(const torch::Tensor& predictions, const torch::Tensor& latents, double scale = 1);

/// The label of every row of them, (B (H - offset) W) int64.
torch::Tensor gridLabels(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t offset, const torch::Device& device);

}  // namespace selfsight
