#include "core/nn/info_nce.h"

#include "core/nn/precision.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

InfoNce infoNce(const torch::Tensor& logits, const torch::Tensor& labels)
{
    const FullPrecision guard;
    InfoNce result;
    result.logits = logits;
    result.perSample = torch::logsumexp(logits, 1) - logits.gather(1, labels.unsqueeze(1)).squeeze(1);
    result.loss = result.perSample.mean();
    result.accuracy = (logits.detach().argmax(1) == labels).to(torch::kFloat).mean();
    return result;
}

InfoNce diagonalInfoNce(const torch::Tensor& logits, std::int64_t first)
{
    return infoNce(logits, torch::arange(first, first + logits.size(0), logits.options().dtype(torch::kLong)));
}

InfoNce queueInfoNce(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& queue, double temperature)
{
    const FullPrecision guard;
    const torch::Tensor query = unitRows(q), key = unitRows(k.detach());
    const torch::Tensor positive = (query * key).sum(1, true);  // (B, 1)
    const torch::Tensor logits = torch::cat({positive, query.mm(queue.detach().t())}, 1) / temperature;
    return infoNce(logits, torch::zeros({q.size(0)}, logits.options().dtype(torch::kLong)));
}

InfoNce batchInfoNce(const torch::Tensor& q, const torch::Tensor& k, double temperature)
{
    const FullPrecision guard;
    InfoNce result = diagonalInfoNce(unitRows(q).mm(unitRows(k.detach()).t()) / temperature);
    result.loss = result.loss * (2 * temperature);
    return result;
}

torch::Tensor gridLabels(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t offset, const torch::Device& device)
{
    const torch::Tensor all = torch::arange(batch * height * width, torch::TensorOptions(torch::kLong).device(device));
    return all.view({batch, height, width}).slice(1, offset).flatten();
}

torch::Tensor gridLogits(const torch::Tensor& predictions, const torch::Tensor& latents, double scale)
{
    const FullPrecision guard;
    return atLeastFloat(predictions).flatten(0, 2).mm(atLeastFloat(latents).flatten(0, 2).t()) * scale;
}

InfoNce gridInfoNce(const torch::Tensor& predictions, const torch::Tensor& latents, std::int64_t offset, double scale)
{
    return infoNce(gridLogits(predictions, latents, scale), gridLabels(latents.size(0), latents.size(1), latents.size(2), offset, latents.device()));
}

}  // namespace selfsight
