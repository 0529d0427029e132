// Which patches of a grid are hidden from a student, drawn on the host.
// Papers: Zhou et al. 2021 (iBOT), arXiv 2111.07832, 4.1; Bao et al. 2021 (BEiT), arXiv 2106.08254, algorithm 1.
#pragma once

#include <torch/types.h>

#include <vector>

#include "core/base/rng.h"

namespace selfsight {

/// (shares.size(), h w) bool, true where hidden: in each image rectangles of a shape between 0.3 and 1 / 0.3 that together hide
/// at most its share of the patches, and as much of it as ten tries for each rectangle find a place for.
torch::Tensor blockMasks(Rng& rng, const std::vector<double>& shares, std::int64_t h, std::int64_t w);

/// (shares.size(), count) bool: in each image its share of the patches, rounded, anywhere.
torch::Tensor scatteredMasks(Rng& rng, const std::vector<double>& shares, std::int64_t count);

}  // namespace selfsight
