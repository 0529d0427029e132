// One experiment's data, network and optimiser, and one step of it: the heart of Trainer, without threads or control.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/data/batch_loader.h"
#include "core/methods/method.h"
#include "core/record/run_info.h"
#include "core/record/step_record.h"
#include "core/train/checkpoint_files.h"
#include "core/train/device.h"
#include "core/train/embedding_state.h"
#include "core/train/loss_scale.h"
#include "core/train/named_tensors.h"
#include "core/train/recent_steps.h"
#include "core/train/step_watch.h"
#include "core/train/train_options.h"

namespace selfsight {

/// Order: construct, prepare(), restore() where it goes on from a checkpoint, step()... Thread: the training thread throughout.
class Training {
public:
    /// Opens the data and checks that the experiment fits it. `from`: the checkpoint that will be restored. Throws Error.
    Training(Experiment experiment, std::int64_t totalSteps, int threads, int niceness, const CheckpointFacts* from = nullptr);
    ~Training();

    /// Builds the network and the optimiser; the loader makes the first batch meanwhile.
    void prepare();

    /// One step. The record's wall time is left to the caller. Where `watch` says stop, and without one where a term or a layer's gradient
    /// is not finite, throws Error naming it, before any weight has changed; `record` is filled all the same.
    void step(StepRecord& record, StepWatch* watch = nullptr);
    /// What the weights, the optimiser, queues and slow copies were in an earlier state; the next step and its batch stay the next. Throws
    /// Error when it does not fit.
    void rollBack(const NamedTensors& state);
    /// The next batch as if it were that of `step`, with the weights as they are; neither they nor what the method remembers move (but
    /// before the first step, as Method::begin says).
    StepEvidence look(std::int64_t step);

    void setOption(const std::string& keyPath, const Value& value);

    const Experiment& experiment() const { return m_experiment; }
    const DataSplits& data() const { return m_data; }
    const ViewPipeline& pipeline() const { return *m_pipeline; }
    const ComputeDevice& device() const { return m_device; }
    Method& method() { return *m_method; }
    /// The network that features begin with, in the weights they come from; null where there are several, or none for pictures.
    std::shared_ptr<Backbone> encoder() const;
    std::vector<Issue> takeIssues();
    const std::string& beginning() const { return m_beginning; }  // which weights it begins with; empty: random ones

    RunInfo info() const;  // after prepare()

    /// Everything that the next steps depend on beside the experiment and facts(): shared with the training, not copied.
    NamedTensors state() const;
    /// Where the training stands; what the trainer knows beside is left to it.
    CheckpointFacts facts() const;
    /// Goes on as if the steps up to this state had been taken here. Throws Error naming what does not fit.
    void restore(const NamedTensors& state, const CheckpointFacts& facts);

    /// The same network as it was before its first step. Throws Error when the file of its first weights has gone.
    std::shared_ptr<Method> untrained() const;

    const std::vector<std::string>& terms() const { return m_facts.terms; }  // after the first step
    std::vector<std::string> layerNames() const;
    std::vector<float> weightNorms() const;  // one a layer
    /// Of the last step: the features of its first view (B, D), else its embedding, detached; and its images.
    const torch::Tensor& lastRows() const { return m_lastRows; }
    const std::vector<std::int64_t>& lastImages() const { return m_lastImages; }
    const RecentSteps& recent() const { return m_recent; }
    EmbeddingState embeddingState() const;  // of the recent steps
    /// The loss of each training sample when it was last in a batch, NaN before; empty while the method has not told any.
    const std::vector<float>& sampleLosses() const { return m_sampleLosses; }

private:
    Views toViews(const Batch& batch) const;
    StepEvidence evidenceOf(const StepRecord& record, const Batch& batch, const StepOutput& output, std::vector<float> losses,
                            const std::string& reason) const;
    StepContext contextOf(std::int64_t step) const;
    double compute(const Batch& batch, const StepContext& context, StepRecord& record, StepOutput& output, std::vector<float>& losses);
    void move(const StepContext& context);
    void keepLosses(const std::vector<std::int64_t>& images, const std::vector<float>& losses);
    MethodSetup setup() const;
    void findInitialWeights();

    Experiment m_experiment;
    TrainOptions m_options;
    std::filesystem::path m_initialWeights;  // empty: random
    std::vector<Issue> m_startIssues;
    std::string m_beginning;
    bool m_goesOn;  // from a checkpoint, which holds all weights
    DataSplits m_data;
    std::vector<std::int32_t> m_labels;  // one a training image, -1 unknown; empty: the method is told none
    ComputeDevice m_device;
    std::shared_ptr<const ViewPipeline> m_pipeline;
    std::unique_ptr<BatchLoader> m_loader;
    std::shared_ptr<Method> m_method;
    std::unique_ptr<Optimizer> m_optimizer;
    NamedTensors m_layers;
    std::optional<LossScale> m_lossScale;  // with fp16 alone
    RecentSteps m_recent;
    std::vector<float> m_sampleLosses;
    torch::Tensor m_lastRows;
    std::vector<std::int64_t> m_lastImages;
    CheckpointFacts m_facts;
};

}  // namespace selfsight
