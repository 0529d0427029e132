// Vision transformers with the parameter names of DINO's checkpoints, without a classifier.
// Paper: Dosovitskiy et al. 2021, arXiv 2010.11929.
#pragma once

#include <torch/nn/modules/normalization.h>

#include <vector>

#include "core/nn/backbone.h"
#include "core/nn/patch_embedding.h"
#include "core/nn/transformer_block.h"

namespace selfsight {

enum class VitSize { Tiny, Small, Base };
enum class VitPositions { Learned, SinCos };
enum class VitPool { Cls, Mean };
enum class VitInit { Dino, MocoV3 };

struct VitOptions {
    VitSize size = VitSize::Tiny;
    int dim = 0;  // features of a token; this, depth and heads: 0 for what the size says
    int depth = 0;
    int heads = 0;
    int patch = 4;       // pixels a side
    int imageSize = 32;  // pixels a side of the images that the stored positions are for
    VitPositions positions = VitPositions::Learned;
    PatchProjection patchProjection = PatchProjection::Learned;
    double dropPath = 0;
    VitPool pool = VitPool::Cls;
    double layerScale = 0;
    int registers = 0;
    VitInit init = VitInit::Dino;
};

const SchemaFor<VitOptions>& vitSchema();

/// What does not fit the views: BackboneInfo::conflicts.
std::vector<Conflict> vitConflicts(const OptionSet& options, const ViewPlan& views);

/// D = dim(); n = h * w patches of a grid, row by row. Images of any size: positions are interpolated to their grid.
class Vit : public Backbone {
public:
    struct Grid {
        std::int64_t h, w;  // patches
    };

    /// Errors: throws Error when the numbers do not fit together.
    explicit Vit(const VitOptions& options);

    torch::Tensor forward(const torch::Tensor& images) override { return pooled(tokens(images)); }  // (B, 3, H, W) -> (B, D)
    std::int64_t featureSize() const override { return m_dim; }

    /// (B, 1 + n, D) after the last norm, [CLS] first. Patches for which `mask` (B, n) bool is true are replaced by the mask
    /// token, and keep their positions. Order: a mask needs addMaskToken() before.
    torch::Tensor tokens(const torch::Tensor& images, const torch::Tensor& mask = {});

    /// The same of [CLS] and the k patches of each image that `keep` (B, k) int64 names, in that order: (B, 1 + k, D). The
    /// others are not there at all, as in MAE's encoder.
    torch::Tensor visibleTokens(const torch::Tensor& images, const torch::Tensor& keep);

    /// (B, heads, T, T), T = 1 + registers() + n: how much each token (row) attends to each in the last block. Registers come
    /// between [CLS] and the patches.
    torch::Tensor lastAttention(const torch::Tensor& images);

    // Parts of it, for what looks into one block. T = 1 + registers() + n; block: 0 .. depth() - 1; query: 0 for [CLS],
    // 1 + i for patch i.

    /// (B, T, D): what each block from the first on receives, and the last of them hands on. inputs[depth()] is not normed.
    std::vector<torch::Tensor> blockInputs(const torch::Tensor& images, std::int64_t blocks);

    /// (B, heads, 1 + n): how much the query attends to [CLS] and to each patch in `block`, which received `input`. What registers
    /// take is missing from the sum of 1.
    torch::Tensor attentionRow(const torch::Tensor& input, std::int64_t block, std::int64_t query);

    /// (B, 1 + n): how the query's attention reaches the image through all blocks: the product of (A + I) / 2, A the heads' mean.
    /// inputs: of all blocks. Paper: Abnar and Zuidema 2020, arXiv 2005.00928.
    torch::Tensor attentionRollout(const std::vector<torch::Tensor>& inputs, std::int64_t query);

    /// (B, heads): how many patches away the patches look, on average. Paper: Dosovitskiy et al. 2021, appendix D.7.
    torch::Tensor attentionDistance(const torch::Tensor& input, std::int64_t block, Grid grid);

    /// (B, 1 + n, D), after the last norm, of what the last block hands on: as tokens().
    torch::Tensor normed(const torch::Tensor& output) { return withoutRegisters(m_norm(output)); }

    /// What forward() makes of tokens: (B, 1 + n, D) -> (B, D).
    torch::Tensor pooled(const torch::Tensor& tokens) const;

    /// Registers the parameter mask_token (1, D), zeros, which masked image modelling learns.
    void addMaskToken();

    Grid gridSize(std::int64_t height, std::int64_t width) const { return {height / m_patch, width / m_patch}; }
    std::int64_t patchSize() const { return m_patch; }
    std::int64_t heads() const { return m_heads; }
    std::int64_t registers() const { return m_registers.defined() ? m_registers.size(1) : 0; }
    std::int64_t dim() const { return m_dim; }
    std::int64_t depth() const { return static_cast<std::int64_t>(m_blocks.size()); }

private:
    torch::Tensor embedded(const torch::Tensor& images, const torch::Tensor& mask);
    torch::Tensor withRegisters(const torch::Tensor& x) const;  // (B, 1 + n, D) -> (B, T, D)
    torch::Tensor withoutRegisters(const torch::Tensor& x, std::int64_t dim = 1) const;
    torch::Tensor encoded(const torch::Tensor& embedded);
    void initialize(VitInit init);

    std::int64_t m_dim = 0, m_heads = 0, m_patch;
    VitPool m_pool;
    torch::Tensor m_cls, m_positions, m_maskToken, m_registers;  // (1, 1, D), (1, 1 + n, D), (1, D), (1, registers, D)
    std::shared_ptr<PatchEmbedding> m_patchEmbedding;
    std::vector<std::shared_ptr<TransformerBlock>> m_blocks;
    torch::nn::LayerNorm m_norm{nullptr};
};

}  // namespace selfsight
