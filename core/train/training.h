// One experiment's data, network and optimiser, and one step of it: the heart of Trainer, without threads or control.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/data/batch_loader.h"
#include "core/methods/method.h"
#include "core/record/run_info.h"
#include "core/record/step_record.h"
#include "core/train/checkpoint.h"
#include "core/train/device.h"
#include "core/train/loss_scale.h"
#include "core/train/step_numbers.h"
#include "core/train/train_options.h"

namespace selfsight {

/// Order: construct, prepare(), step()... Thread: the training thread throughout.
class Training {
public:
    /// Opens the data and checks that the experiment fits it. Throws Error.
    Training(Experiment experiment, std::int64_t totalSteps, int threads, int niceness);
    ~Training();

    /// Builds the network and the optimiser; the loader makes the first batch meanwhile.
    void prepare();

    /// One step. The record's wall time is left to the caller. Throws Error naming the first term or layer that is not
    /// finite, before any weight has changed; `record` is filled all the same.
    void step(StepRecord& record);

    void setOption(const std::string& keyPath, const Value& value);

    const Experiment& experiment() const { return m_experiment; }
    const DataSplits& data() const { return m_data; }
    const ViewPipeline& pipeline() const { return *m_pipeline; }
    const ComputeDevice& device() const { return m_device; }
    Method& method() { return *m_method; }
    std::vector<Issue> takeIssues();

    RunInfo info() const;               // after prepare()
    CheckpointPosition position() const;
    void save(const std::filesystem::path& file);

    /// The same network as it was before its first step.
    std::shared_ptr<Method> untrained() const;

    const std::vector<std::string>& terms() const { return m_terms; }  // after the first step
    double largestEntropy() const;  // ln K of methods that match distributions, else 0

    /// Embeddings of the last steps, about a thousand rows: where collapse is measured.
    std::vector<torch::Tensor> recentEmbeddings() const { return {m_recent.begin(), m_recent.end()}; }

private:
    Views toViews(const Batch& batch) const;
    MethodSetup setup() const;

    Experiment m_experiment;
    TrainOptions m_options;
    std::int64_t m_totalSteps;
    DataSplits m_data;
    ComputeDevice m_device;
    std::shared_ptr<const ViewPipeline> m_pipeline;
    std::unique_ptr<BatchLoader> m_loader;
    std::shared_ptr<Method> m_method;
    std::unique_ptr<Optimizer> m_optimizer;
    std::vector<std::string> m_terms;
    NamedTensors m_layers;
    std::optional<LossScale> m_lossScale;  // with fp16 alone
    std::deque<torch::Tensor> m_recent;
    std::int64_t m_step = 0;
    CheckpointPosition m_position;
};

}  // namespace selfsight
