// Two copies of an image attract, all other pairs of the batch repel, each by a probability of its own.
// Paper: Ye et al. 2019, arXiv 1904.03436, equation 6.
#pragma once

#include <torch/types.h>

namespace selfsight {

/// x (2B, D) unit rows: the first copies, then the second -> (2B), the loss is their mean. `negativeWeight` multiplies the repelling term. The second factor of
/// every product is a constant, as in the authors' code, unless `bothFactors`.
torch::Tensor invaSpreadLosses(const torch::Tensor& x, double temperature, double negativeWeight = 1, bool bothFactors = false);

}  // namespace selfsight
