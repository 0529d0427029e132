// InfoNCE along sequences: the latent some steps ahead is to be recognised among others.
// Paper: van den Oord et al. 2018 (CPC), arXiv 1807.03748, 2.3 and table 2.
#pragma once

#include "core/nn/info_nce.h"

namespace selfsight {

/// Where the wrong candidates are taken from: all sequences of the batch, the own one alone, or all but the own one.
enum class SequenceNegatives { Batch, Own, Others };

/// Candidates of one prediction, the right one included.
std::int64_t sequenceCandidates(SequenceNegatives negatives, std::int64_t batch, std::int64_t length);

/// predictions (B, L - offset, D) made at place t for the latents (B, L, D) of place t + offset of the same sequence.
/// logits = scale * prediction . latent; gradient to both.
InfoNce sequenceInfoNce(const torch::Tensor& predictions, const torch::Tensor& latents, std::int64_t offset, SequenceNegatives negatives,
                        double scale = 1);

}  // namespace selfsight
