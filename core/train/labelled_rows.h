// Classifiers of feature rows, asked the questions that a data set's labels answer. Internal to core/train.
#pragma once

#include <optional>
#include <vector>

#include "core/analysis/linear_probe.h"
#include "core/data/data_set.h"
#include "core/train/features.h"
#include "core/train/train_options.h"

namespace selfsight {

/// The table's labels on the device, (N) int64.
torch::Tensor uploadedLabels(const LabelTable& table, const torch::Device& device);

/// top-1 for each label table that both data sets have, in their order. Neither `bank` nor `queries` is empty.
std::vector<double> knnShares(const DataSet& bankData, const FeatureRows& bank, const DataSet& queryData, const FeatureRows& queries,
                              const RecordOptions& options);

/// top-1 of a linear classifier for the first label table. Absent when cancelled.
std::optional<double> linearShare(const DataSet& bankData, const FeatureRows& bank, const DataSet& queryData, const FeatureRows& queries,
                                  const LinearProbeProgress& progress);

}  // namespace selfsight
