// What one block of a vision transformer attends to, for pictures of one image and for the probe alike. Internal to core/train: it has
// torch in it.
#pragma once

#include <vector>

#include "core/base/image.h"
#include "core/nn/vit.h"

namespace selfsight {

struct BlockAttention {
    torch::Tensor shares;     // (B, heads, n): of one query's attention; what [CLS] and registers take is missing from the sum of 1
    torch::Tensor distances;  // (B, heads), in patches; undefined unless asked for
};

/// inputs: Vit::blockInputs of at least `block`; query: 0 for [CLS], 1 + i for patch i. The whole matrix is made for distances alone.
BlockAttention attentionOf(Vit& vit, const std::vector<torch::Tensor>& inputs, std::int64_t block, std::int64_t query, Vit::Grid grid,
                           bool distances);

/// shares (n) as a picture of the grid.
FloatMap mapOf(const torch::Tensor& shares, Vit::Grid grid);

}  // namespace selfsight
