// Crops of several sizes through one network.
// Paper: Caron et al. 2020 (SwAV), arXiv 2006.09882, 3.2.
#pragma once

#include <torch/types.h>

#include <functional>
#include <vector>

namespace selfsight {

/// One call of `network` for each run of crops of one size, their results in order: (sum of B, D).
torch::Tensor multiCrop(const std::function<torch::Tensor(const torch::Tensor&)>& network, const std::vector<torch::Tensor>& crops);

}  // namespace selfsight
