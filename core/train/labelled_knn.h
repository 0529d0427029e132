// kNN accuracy of feature rows for every question that a data set's labels answer. Internal to core/train.
#pragma once

#include "core/data/data_set.h"
#include "core/train/features.h"
#include "core/train/train_options.h"

namespace selfsight {

/// top-1 for each label table that both data sets have, in their order. Neither `bank` nor `queries` is empty.
std::vector<double> knnShares(const DataSet& bankData, const FeatureRows& bank, const DataSet& queryData, const FeatureRows& queries,
                              const RecordOptions& options);

}  // namespace selfsight
