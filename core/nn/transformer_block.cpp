#include "core/nn/transformer_block.h"

#include <ATen/core/grad_mode.h>
#include <torch/nn/functional/linear.h>
#include <torch/nn/modules/activation.h>

#include <algorithm>
#include <cmath>

#include "core/nn/row_softmax.h"

namespace selfsight {

namespace {

/// How much each token attends to each, (B, heads, T, T), from queries (already scaled) and keys.
torch::Tensor shares(const torch::Tensor& queries, const torch::Tensor& keys)
{
    return queries.matmul(keys.transpose(2, 3)).softmax(3);
}

// From here on a matrix of attention no longer fits a processor's cache: without gradients it is made and used in parts.
constexpr std::int64_t kManyTokens = 512;
constexpr std::int64_t kPart = 1 << 21;  // bytes of the matrix at a time

/// The same of scores (N, T) that nobody else needs.
torch::Tensor rowShares(const torch::Tensor& scores)
{
    const bool ours = scores.scalar_type() == torch::kBFloat16 && scores.is_cpu() && !scores.requires_grad();
    return ours ? rowSoftmaxInPlace(scores) : scores.softmax(1);
}

}  // namespace

SelfAttention::SelfAttention(std::int64_t dim, std::int64_t heads) : m_heads(heads), m_qkv(dim, 3 * dim), m_proj(dim, dim)
{
    register_module("qkv", m_qkv);
    register_module("proj", m_proj);
}

std::vector<torch::Tensor> SelfAttention::queriesKeysValues(const torch::Tensor& x)
{
    const torch::Tensor qkv = m_qkv(x).unflatten(2, {3, m_heads, x.size(2) / m_heads});  // (B, T, 3, heads, D / heads)
    auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind();
    parts[0] = parts[0] / std::sqrt(static_cast<double>(parts[0].size(3)));
    return parts;
}

torch::Tensor SelfAttention::forward(const torch::Tensor& x)
{
    auto parts = queriesKeysValues(x);
    if (at::GradMode::is_enabled() || !x.is_cpu() || x.size(1) < kManyTokens)
        return m_proj(shares(parts[0], parts[1]).matmul(parts[2]).transpose(1, 2).flatten(2));
    for (torch::Tensor& part : parts) part = part.contiguous();  // once, not for every product
    const torch::Tensor mixed = at::empty(x.sizes(), parts[2].options());
    const torch::Tensor byHead = mixed.unflatten(2, {m_heads, -1});  // (B, T, heads, D / heads)
    visitRows(parts, [&](std::int64_t image, std::int64_t head, std::int64_t first, const torch::Tensor& rows) {
        byHead.select(0, image).select(1, head).narrow(0, first, rows.size(0)).copy_(rows.mm(parts[2][image][head]));
    });
    return m_proj(mixed);
}

template <class Visit>
void SelfAttention::visitRows(const std::vector<torch::Tensor>& parts, Visit visit)
{
    const std::int64_t tokens = parts[0].size(2), many = std::max<std::int64_t>(16, kPart / (tokens * static_cast<std::int64_t>(parts[0].element_size())));
    for (std::int64_t image = 0; image < parts[0].size(0); ++image)
        for (std::int64_t head = 0; head < m_heads; ++head) {
            const torch::Tensor queries = parts[0][image][head], keys = parts[1][image][head].t();
            for (std::int64_t first = 0; first < tokens; first += many)
                visit(image, head, first, rowShares(queries.narrow(0, first, std::min(many, tokens - first)).mm(keys)));
        }
}

torch::Tensor SelfAttention::row(const torch::Tensor& x, std::int64_t query)
{
    const std::int64_t dim = x.size(2), each = dim / m_heads;
    const torch::Tensor weights = m_qkv->weight.unflatten(0, {3, dim});
    const torch::Tensor own = torch::nn::functional::linear(x.select(1, query), weights[0], m_qkv->bias.slice(0, 0, dim));
    // q . (W x + b) = (q W) . x + q . b, and the last is the same for all tokens: softmax does not see it.
    const torch::Tensor scaled = own.unflatten(1, {m_heads, 1, each}) / std::sqrt(static_cast<double>(each));
    const torch::Tensor asked = scaled.matmul(weights[1].unflatten(0, {m_heads, each})).squeeze(2);  // (B, heads, D)
    return asked.matmul(x.transpose(1, 2)).to(torch::kFloat).softmax(2);
}

torch::Tensor SelfAttention::weighedRows(const torch::Tensor& x, const torch::Tensor& weights)
{
    torch::Tensor sums = torch::zeros({x.size(0), x.size(1)}, x.options().dtype(torch::kFloat));
    visitRows(queriesKeysValues(x), [&](std::int64_t image, std::int64_t, std::int64_t first, const torch::Tensor& rows) {
        const torch::Tensor own = weights[image].narrow(0, first, rows.size(0));
        sums[image] += rows.to(torch::kFloat).mul(own.unsqueeze(1)).sum(0);
    });
    return sums / static_cast<double>(m_heads);
}

torch::Tensor SelfAttention::meanDistance(const torch::Tensor& x, const torch::Tensor& places)
{
    const std::int64_t before = x.size(1) - places.size(0);  // tokens that lie nowhere
    torch::Tensor sums = torch::zeros({x.size(0), m_heads}, x.options().dtype(torch::kFloat));
    visitRows(queriesKeysValues(x), [&](std::int64_t image, std::int64_t head, std::int64_t first, const torch::Tensor& rows) {
        const std::int64_t skipped = std::max<std::int64_t>(0, before - first), kept = rows.size(0) - skipped;
        if (kept <= 0) return;
        const torch::Tensor shares = rows.narrow(0, skipped, kept).slice(1, before).to(torch::kFloat);
        const torch::Tensor away = at::cdist(places.narrow(0, first + skipped - before, kept), places);
        sums[image][head] += ((shares * away).sum(1) / shares.sum(1)).sum();
    });
    return sums / static_cast<double>(places.size(0));
}

torch::Tensor SelfAttention::probabilities(const torch::Tensor& x)
{
    const auto parts = queriesKeysValues(x);
    return shares(parts[0], parts[1]);
}

TransformerBlock::TransformerBlock(std::int64_t dim, std::int64_t heads, double dropPath, double layerScale)
    : m_dropPath(dropPath),
      m_norm1(transformerNorm(dim)),
      m_norm2(transformerNorm(dim)),
      m_attention(std::make_shared<SelfAttention>(dim, heads)),
      m_mlp({{"fc1", torch::nn::Linear(dim, 4 * dim)}, {"act", torch::nn::GELU()}, {"fc2", torch::nn::Linear(4 * dim, dim)}})
{
    register_module("norm1", m_norm1);
    register_module("attn", m_attention);
    register_module("norm2", m_norm2);
    register_module("mlp", m_mlp);
    if (layerScale == 0) return;
    m_scale1 = register_parameter("gamma_1", torch::full({dim}, layerScale));
    m_scale2 = register_parameter("gamma_2", torch::full({dim}, layerScale));
}

torch::Tensor TransformerBlock::forward(const torch::Tensor& x)
{
    const torch::Tensor attended = x + branch(m_attention->forward(m_norm1(x)), m_scale1);
    return attended + branch(m_mlp->forward(m_norm2(attended)), m_scale2);
}

torch::Tensor TransformerBlock::attention(const torch::Tensor& x)
{
    return m_attention->probabilities(m_norm1(x));
}

torch::Tensor TransformerBlock::branch(torch::Tensor y, const torch::Tensor& scale) const
{
    if (scale.defined()) y = y * scale;
    if (!is_training() || m_dropPath == 0) return y;
    const double kept = 1 - m_dropPath;
    return y * torch::empty({y.size(0), 1, 1}, y.options().dtype(torch::kFloat)).bernoulli_(kept).div_(kept);
}

torch::nn::LayerNorm transformerNorm(std::int64_t dim)
{
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim}).eps(1e-6));
}

void disableDropPath(torch::nn::Module& model)
{
    for (const auto& module : model.modules(false))
        if (auto* block = module->as<TransformerBlock>()) block->setDropPath(0);
}

}  // namespace selfsight
