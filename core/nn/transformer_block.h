// The block that vision transformers repeat, in the pre-norm form with the parameter names of DINO's checkpoints.
// Paper: Dosovitskiy et al. 2021, arXiv 2010.11929, equations 2 and 3.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace selfsight {

class SelfAttention : public torch::nn::Module {
public:
    SelfAttention(std::int64_t dim, std::int64_t heads);  // heads divide dim

    torch::Tensor forward(const torch::Tensor& x);        // (B, T, D) -> (B, T, D)
    torch::Tensor probabilities(const torch::Tensor& x);  // (B, T, D) -> (B, heads, T, T), rows sum to 1

private:
    std::vector<torch::Tensor> queriesKeysValues(const torch::Tensor& x);  // (B, heads, T, D / heads) each, queries scaled

    std::int64_t m_heads;
    torch::nn::Linear m_qkv, m_proj;
};

class TransformerBlock : public torch::nn::Module {
public:
    /// dropPath: share of the images for which a branch is left out while training, drawn from the torch generator (stochastic
    /// depth, Huang et al. 2016, arXiv 1603.09382). layerScale: start of a learnt factor of each branch's channels, 0 for none
    /// (CaiT, Touvron et al. 2021, arXiv 2103.17239).
    TransformerBlock(std::int64_t dim, std::int64_t heads, double dropPath = 0, double layerScale = 0);

    torch::Tensor forward(const torch::Tensor& x);    // (B, T, D) -> (B, T, D)
    torch::Tensor attention(const torch::Tensor& x);  // (B, T, D) -> (B, heads, T, T), what forward() attends with

    void setDropPath(double share) { m_dropPath = share; }

private:
    torch::Tensor branch(torch::Tensor y, const torch::Tensor& scale) const;

    double m_dropPath;
    torch::nn::LayerNorm m_norm1, m_norm2;
    std::shared_ptr<SelfAttention> m_attention;
    torch::nn::Sequential m_mlp;
    torch::Tensor m_scale1, m_scale2;  // (D), undefined without layer scale
};

/// Layer norm as vision transformers use it.
torch::nn::LayerNorm transformerNorm(std::int64_t dim);

/// For teachers, which run in train mode but see every layer: no block of `model` drops a branch any more.
void disableDropPath(torch::nn::Module& model);

}  // namespace selfsight
