#include "core/nn/sequence_nce.h"

#include <limits>

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

/// logits (B (L - offset), L) of each sequence with itself.
InfoNce ownSequenceNce(const torch::Tensor& predictions, const torch::Tensor& latents, std::int64_t offset, double scale)
{
    const FullPrecision guard;
    const torch::Tensor logits = atLeastFloat(predictions).bmm(atLeastFloat(latents).transpose(1, 2)) * scale;
    const torch::Tensor labels = torch::arange(offset, latents.size(1), logits.options().dtype(torch::kLong));
    return infoNce(logits.flatten(0, 1), labels.repeat({latents.size(0)}));
}

/// The number of the sequence that each of `perSequence` places belongs to, (B perSequence).
torch::Tensor sequenceNumbers(std::int64_t batch, std::int64_t perSequence, const torch::TensorOptions& options)
{
    return torch::arange(batch, options).unsqueeze(1).expand({batch, perSequence}).flatten();
}

}  // namespace

std::int64_t sequenceCandidates(SequenceNegatives negatives, std::int64_t batch, std::int64_t length)
{
    switch (negatives) {
    case SequenceNegatives::Own: return length;
    case SequenceNegatives::Others: return (batch - 1) * length + 1;
    case SequenceNegatives::Batch: break;
    }
    return batch * length;
}

InfoNce sequenceInfoNce(const torch::Tensor& predictions, const torch::Tensor& latents, std::int64_t offset, SequenceNegatives negatives,
                        double scale)
{
    if (negatives == SequenceNegatives::Own) return ownSequenceNce(predictions, latents, offset, scale);
    const torch::Tensor logits = gridLogits(predictions.unsqueeze(2), latents.unsqueeze(2), scale);  // a grid of one column
    const torch::Tensor labels = gridLabels(latents.size(0), latents.size(1), 1, offset, latents.device());
    if (negatives == SequenceNegatives::Batch) return infoNce(logits, labels);

    const std::int64_t batch = latents.size(0), length = latents.size(1);
    const auto options = torch::TensorOptions(torch::kLong).device(latents.device());
    const torch::Tensor rows = sequenceNumbers(batch, length - offset, options), columns = sequenceNumbers(batch, length, options);
    torch::Tensor out = rows.unsqueeze(1) == columns.unsqueeze(0);  // the own sequence but for the right one
    out.scatter_(1, labels.unsqueeze(1), false);
    return infoNce(logits.masked_fill(out, -std::numeric_limits<double>::infinity()), labels);
}

}  // namespace selfsight
