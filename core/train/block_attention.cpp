#include "core/train/block_attention.h"

namespace selfsight {

BlockAttention attentionOf(Vit& vit, const std::vector<torch::Tensor>& inputs, std::int64_t block, std::int64_t query, Vit::Grid grid,
                           bool distances)
{
    const torch::Tensor& input = inputs.at(static_cast<std::size_t>(block));
    BlockAttention attention{vit.attentionRow(input, block, query).slice(2, 1), {}};
    if (distances) attention.distances = vit.attentionDistance(input, block, grid);
    return attention;
}

FloatMap mapOf(const torch::Tensor& shares, Vit::Grid grid)
{
    const torch::Tensor values = shares.to(torch::kCPU, torch::kFloat).contiguous();
    const float* first = values.data_ptr<float>();
    return {static_cast<int>(grid.w), static_cast<int>(grid.h), std::vector<float>(first, first + values.numel())};
}

}  // namespace selfsight
