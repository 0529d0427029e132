#include "core/nn/transformer_block.h"

#include <torch/nn/modules/activation.h>

#include <cmath>

namespace selfsight {

namespace {

/// How much each token attends to each, (B, heads, T, T), from queries (already scaled) and keys.
torch::Tensor shares(const torch::Tensor& queries, const torch::Tensor& keys)
{
    return queries.matmul(keys.transpose(2, 3)).softmax(3);
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
    const auto parts = queriesKeysValues(x);
    return m_proj(shares(parts[0], parts[1]).matmul(parts[2]).transpose(1, 2).flatten(2));
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
