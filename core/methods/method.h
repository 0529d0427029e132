// A self-supervised method: how views become a loss, and what happens around the optimiser's step.
//
// Order of a step: beforeStep, loss, backward, gradient norms, one copy to the host, finite guard, afterBackward,
// optimiser, afterStep.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/conflict.h"
#include "core/base/registry.h"
#include "core/base/rng.h"
#include "core/base/schema.h"
#include "core/nn/backbone.h"
#include "core/nn/classifier.h"
#include "core/nn/optimizer.h"
#include "core/record/run_info.h"

namespace selfsight {

/// What a method may know of the run it is built for.
struct MethodSetup {
    std::int64_t datasetSize = 0;
    std::vector<std::int64_t> sampleShape;  // (C, H, W) of a global view; of a signal (1, 1, T)
    std::int64_t batchSize = 0;
    std::int64_t totalSteps = 0;
    std::int64_t classes = 0;  // 0: no labels
    std::int64_t localViews = 0;
    OptionSet backbone;        // its type and options
    std::function<std::shared_ptr<Backbone>()> makeBackbone;  // a fresh one each call; weights from the torch generator
    std::function<std::shared_ptr<Classifier>()> makeTeacher;  // that MethodInfo::teacher names; empty: it names none
};

/// The views of one batch, on the training device; those of signals (B, 1, 1, T).
struct Views {
    std::vector<torch::Tensor> global;  // each (B, C, H, W)
    std::vector<torch::Tensor> local;   // each (B, C, h, w)
    torch::Tensor indices;              // (B) int64, positions in the data set
    torch::Tensor labels;               // (B) int64, -1 unknown; only for methods that declare usesLabels, of data that has labels; else undefined
};

struct StepContext {
    std::int64_t step = 0;        // 0-based index of this step
    std::int64_t totalSteps = 1;
    std::int64_t stepsPerEpoch = 1;
    double learningRate = 0;
    Rng rng{0};                   // keyed by (seed, step): negatives, permutations, masks
};

struct StepOutput {
    std::vector<std::pair<std::string, torch::Tensor>> terms;  // named scalars; "total" first is what backward() runs on
    std::vector<torch::Tensor> carried;  // detached, handed to afterStep (keys to enqueue, centres to average, ...)
    torch::Tensor embedding;             // (B, D) detached: where collapse is measured
    torch::Tensor perSample;             // (B) detached: each image's part of the total, whose mean is the total but for terms that only a batch has; optional
    torch::Tensor similarity;            // (B, B) detached; optional
    torch::Tensor features;              // (B, D) detached, of the first view, as features() gives them; optional
};

/// Its state is what it registers: whatever changes from step to step (weights, slow copies, queues, banks, centres) is a registered
/// parameter or buffer, for checkpoints hold these and nothing else. What follows from the step or the options is computed from
/// them. tests/tst_resume fails for a method that remembers anything in another way.
class Method : public torch::nn::Module {
public:
    /// Before the first step of a run, with its batch: weights that begin by the data. Full precision.
    virtual void begin(const Views&) {}

    virtual void beforeStep(const StepContext&) {}

    /// Changes nothing but batch-norm running buffers.
    virtual StepOutput loss(const Views& views, const StepContext& context) = 0;

    virtual void afterBackward(const StepContext&) {}
    virtual void afterStep(const StepOutput&, const StepContext&) {}

    /// images (B, C, H, W) -> (B, D): what every probe and evaluation uses.
    virtual torch::Tensor features(const torch::Tensor& images) = 0;

    /// images (B, C, H, W) -> (B, classes), of methods that name classes; else undefined.
    virtual torch::Tensor logits(const torch::Tensor&) { return {}; }

    /// Default: all trainable parameters; one-dimensional ones (biases, norms) without weight decay.
    virtual std::vector<ParameterGroup> parameterGroups() const;

    /// Takes a new value of an option that is marked live. Default: ignores it.
    virtual void setOption(const std::string& key, const Value& value);
};

/// A switch that makes the method fail the way its paper says.
struct FailureSwitch {
    std::string option;    // key of the method's schema
    std::string value;     // as text
    std::string expected;  // what will be seen
};

/// The labels that a method is told, of all that the data has.
struct LabelBudget {
    double share = 1;  // 0..1, class-balanced
    std::int64_t seed = 1;
};

struct MethodInfo {
    std::string key;
    std::string title;
    int year = 0;
    std::string reference;
    std::string doc;
    const Schema* schema;
    int globalViews = 2;       // how many it needs
    bool localViews = false;   // whether it uses them
    bool usesLabels = false;
    bool learnsFromUnlabelled = false;  // with usesLabels: data without labels will do, and images beyond the budget are trained on
    std::function<LabelBudget(const OptionSet&)> labelBudget;  // with usesLabels; empty: all labels
    std::function<std::string(const OptionSet&)> teacher;      // the file of MethodSetup::makeTeacher; empty: it has no teacher
    bool beginsWithHead = false;  // train.init_weights fills all of `encoder`, not the backbone alone
    SampleKind samples = SampleKind::Image;  // what it learns from
    std::vector<FailureSwitch> failures;
    std::vector<CurveInfo> curves;  // every term of loss() but "total"
    std::string embedding;          // which output StepOutput::embedding is: "projections of the first view"
    bool lengthMatters = false;     // the loss compares outputs, not their directions: they collapse where their own std falls from 1 to 0
    /// The modules that features() runs, the backbone first: exports call them the encoder. "backbone_*": all that begin so.
    std::vector<std::string> encoder = {"backbone"};
    /// ln K of methods whose targets are distributions over K outputs: they report teacher_entropy and divergence, and it is
    /// there that they collapse.
    std::function<double(const OptionSet&)> largestEntropy;
    std::function<std::vector<ReferenceLine>(const OptionSet&, const MethodSetup&)> references;
    /// What cannot work, known before the data is opened: `datasetSize` and `classes` may be 0.
    std::function<std::vector<Conflict>(const OptionSet&, const MethodSetup&)> conflicts;
    std::function<std::shared_ptr<Method>(const OptionSet&, const MethodSetup&)> make;
};

/// What `info` says of a term; nullptr when it says nothing.
const CurveInfo* curveOf(const MethodInfo& info, const std::string& term);

/// In historical order.
const Registry<MethodInfo>& methods();

}  // namespace selfsight
