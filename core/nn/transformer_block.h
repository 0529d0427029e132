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

    /// One row of probabilities(): (B, heads, T) of the token `query`. Neither keys nor the other rows are computed.
    torch::Tensor row(const torch::Tensor& x, std::int64_t query);

    // Sums over all rows of probabilities(), of which only a few are held at a time.

    /// (B, T): the rows' mean over the heads, summed with the `weights` (B, T).
    torch::Tensor weighedRows(const torch::Tensor& x, const torch::Tensor& weights);

    /// (B, heads): how far away from themselves the last n tokens, at `places` (n, 2), look among each other; the mean.
    torch::Tensor meanDistance(const torch::Tensor& x, const torch::Tensor& places);

private:
    std::vector<torch::Tensor> queriesKeysValues(const torch::Tensor& x);  // (B, heads, T, D / heads) each, queries scaled

    /// Calls visit(image, head, first row, rows (R, T)) for all rows of probabilities().
    template <class Visit>
    void visitRows(const std::vector<torch::Tensor>& parts, Visit visit);

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

    // The same as SelfAttention's, of what forward() attends with.
    torch::Tensor attentionRow(const torch::Tensor& x, std::int64_t query) { return m_attention->row(m_norm1(x), query); }
    torch::Tensor weighedRows(const torch::Tensor& x, const torch::Tensor& w) { return m_attention->weighedRows(m_norm1(x), w); }
    torch::Tensor meanDistance(const torch::Tensor& x, const torch::Tensor& places)
    {
        return m_attention->meanDistance(m_norm1(x), places);
    }

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
