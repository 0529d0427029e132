// The data that a model is judged on: which images the answers are learnt from and which are asked. Internal to core/evaluate.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/evaluate/feature_cache.h"
#include "core/evaluate/model.h"
#include "core/train/device.h"
#include "core/train/features.h"

namespace selfsight
{

struct EvaluationRequest;

struct JudgedData {
    Experiment experiment;  // the model's, with the judged data, and the normalisation that the network knows
    DataSplits splits;
    std::shared_ptr<const ViewPipeline> pipeline;
    std::vector<std::int64_t> bank, queries;  // images of splits.train, and of splits.test or splits.train
    std::vector<std::string> notes;

    const DataSet& queryData() const { return splits.test ? *splits.test : *splits.train; }
    const LabelTable& bankLabels() const { return splits.train->labelTables().front(); }
    const LabelTable& queryLabels() const { return queryData().labelTables().front(); }
};

/// The request's data, or the model's own. Throws Error when it cannot be read, has no labels, or is not what the model learnt
/// from.
JudgedData openData(const JudgedModel& model, const EvaluationRequest& request, const Catalog& catalog);

/// What goes through a network; features and logits.
enum class Output { Features, Logits };

/// Called with the share done; false cancels.
using SliceProgress = std::function<bool(double share)>;

/// Rows of the images that can be read, from the cache where they lie. Absent when cancelled. Where they are not all there are, they are
/// evenly taken: how many they are tells the cache which.
std::optional<FeatureRows> rowsOf(const JudgedModel& model, const JudgedData& data, bool queries, Output output,
                                  const ComputeDevice& device, const FeatureCache& cache, const SliceProgress& progress);

/// One label a row.
std::vector<std::int32_t> labelsOf(const LabelTable& table, const std::vector<std::int64_t>& images);

/// Gives features() the logits of another method: what a classifier says, in slices.
std::shared_ptr<Method> logitsAsFeatures(std::shared_ptr<Method> method);

}  // namespace selfsight
