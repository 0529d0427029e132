// Choices, each valid alone, that cannot work together. Torch-free.
#pragma once

#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"

namespace selfsight {

/// Needs no data. Every section's type must be known. Each message names both keys and a value that would work.
std::vector<Issue> conflicts(const Experiment& experiment);

}  // namespace selfsight
