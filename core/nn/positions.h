// Where a patch lies: the vectors that a vision transformer adds to its tokens. (1, 1 + h * w, D), the first one [CLS]'s.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// Which axis comes first. Mae: tokens row by row, as patches come. MocoV3: tokens column by column; the other's transpose, and
/// without a meaning for our tokens where the grid is not square.
enum class SinCosOrder { Mae, MocoV3 };

/// Row n is [sin aw, cos aw, sin bw, cos bw] with D / 4 frequencies w = temperature^(-4k / D); [CLS] has zeros. D % 4 == 0.
/// Papers: He et al. 2022 (MAE), arXiv 2111.06377; Chen et al. 2021 (MoCo v3), arXiv 2104.02057.
torch::Tensor sinCosPositions(std::int64_t dim, std::int64_t h, std::int64_t w, SinCosOrder order = SinCosOrder::Mae,
                              double temperature = 10000);

/// Positions of a square grid for one of h x w, tokens row by row: bicubic as in DINO's code, [CLS]'s unchanged.
/// Paper: Caron et al. 2021 (DINO), arXiv 2104.14294.
torch::Tensor interpolatePositions(const torch::Tensor& positions, std::int64_t h, std::int64_t w);

}  // namespace selfsight
