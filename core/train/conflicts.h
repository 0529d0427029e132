// Choices, each valid alone, that cannot work together. Torch-free.
#pragma once

#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"
#include "core/data/data_set.h"

namespace selfsight {

/// Needs no data. Every section's type must be known. Each message names both keys and a value that would work.
std::vector<Issue> conflicts(const Experiment& experiment);

/// What shows only when the data is open: labels that are not there, a batch that is larger than all of it.
std::vector<Issue> dataConflicts(const Experiment& experiment, const DataSplits& data);

/// The largest half, quarter, ... of the batch size that the rest of the experiment allows; the batch size where none does.
std::int64_t smallerBatch(const Experiment& experiment);

}  // namespace selfsight
