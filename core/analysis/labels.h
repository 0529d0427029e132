// Labels of feature rows, as the classifiers take them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>

namespace selfsight {

/// (N) int64. Throws Error naming `who` and `what` when there is not one label a row, or one lies outside 0..classes-1.
torch::Tensor checkedLabels(const std::string& who, const std::string& what, std::span<const std::int32_t> labels, std::int64_t rows,
                            std::int64_t classes);

}  // namespace selfsight
