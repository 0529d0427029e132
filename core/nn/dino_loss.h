// Self-distillation: a student's distribution over K outputs shall equal that of its own slow copy, seen on another crop.
// Papers: Caron et al. 2021 (DINO), arXiv 2104.14294, 3.1; Zhou et al. 2021 (iBOT), arXiv 2111.07832, 3; Sablayrolles et al.
// 2018 (KoLeo), arXiv 1806.03198, as DINOv2, arXiv 2304.07193, uses it.
#pragma once

#include <torch/types.h>

namespace selfsight {

struct Distillation {
    torch::Tensor loss;       // scalar: mean of perSample; a mean cross entropy = entropy + divergence
    torch::Tensor perSample;  // (B)
    torch::Tensor entropy;    // scalar, detached: of the teacher's distributions, in 0..ln K
    torch::Tensor target;     // (2B, K) detached: the teacher's distributions
};

/// softmax((teacher - center) / temperature), (N, K); a constant.
torch::Tensor teacherTarget(const torch::Tensor& teacher, const torch::Tensor& center, double temperature);

/// student (ncrops B, K): all rows of crop 0, then of crop 1, and so on, the two global ones first. target (2B, K). Mean over
/// the pairs of a target and another crop.
Distillation dinoLoss(const torch::Tensor& student, const torch::Tensor& target, double studentTemperature);

/// Student (N, P, K) against teacher (N, P, K) patch by patch where mask (N, P) is 1: mean over an image's masked patches (0 where
/// none is), (N); the loss is their mean.
torch::Tensor maskedPatchLosses(const torch::Tensor& student, const torch::Tensor& target, const torch::Tensor& mask,
                                double studentTemperature);

/// center <- momentum * center + (1 - momentum) * mean of all rows of `logits` (..., K). center (1, K).
void updateCenter(torch::Tensor center, const torch::Tensor& logits, double momentum);

struct KoLeo {
    torch::Tensor loss;     // scalar: -mean ln distance to the nearest other row
    torch::Tensor nearest;  // (B) int64
};

/// x (B, D) of any length. Spreads rows over the sphere.
KoLeo koLeo(const torch::Tensor& x, double eps = 1e-8);

}  // namespace selfsight
