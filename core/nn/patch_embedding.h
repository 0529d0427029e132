// Images to one vector a patch.
#pragma once

#include <torch/nn/modules/container/sequential.h>

namespace selfsight {

/// Frozen: fixed at its random start, no optimiser sees it. StopGradient: no gradient but weight decay, which shrinks it.
/// Paper: Chen et al. 2021 (MoCo v3), arXiv 2104.02057, 4.2: gradient spikes begin here.
/// ConvStem: 3x3 convolutions of stride 2 instead of one large one.
/// Paper: Xiao et al. 2021, arXiv 2106.14881 (which leaves out one transformer block to make up for the work; here depth says).
enum class PatchProjection { Learned, Frozen, StopGradient, ConvStem };

class PatchEmbedding : public torch::nn::Module {
public:
    /// A ConvStem's patch is a power of two: vitConflicts() says so to the user.
    PatchEmbedding(std::int64_t dim, std::int64_t patch, PatchProjection kind);

    /// (B, 3, H, W) -> (B, dim, H / patch, W / patch). What is left over at the right and lower edge is not seen.
    torch::Tensor forward(const torch::Tensor& images);

    /// The start of MoCo v3 and MAE: uniform as for a linear layer of 3 * patch^2 inputs. A ConvStem keeps its own.
    void initializeAsLinear();

private:
    std::int64_t m_patch;
    PatchProjection m_kind;
    torch::nn::Sequential m_layers;  // one convolution, or a ConvStem's
};

}  // namespace selfsight
