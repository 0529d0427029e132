// SGD, Adam, AdamW and LARS over named parameter groups, with their state open for checkpoints.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/registry.h"
#include "core/base/schema.h"

namespace selfsight {

/// Parameters that share their treatment.
struct ParameterGroup {
    std::vector<std::pair<std::string, torch::Tensor>> parameters;
    bool decay = true;               // weight decay (and LARS's trust ratio) apply
    double learningRateFactor = 1;   // times the schedule's rate
    bool constantLearningRate = false;  // the base rate throughout (SimSiam's predictor)
};

/// Thread: the training thread.
class Optimizer {
public:
    virtual ~Optimizer() = default;

    /// One update from the parameters' gradients; a parameter without gradient is left alone. Rates in the group's units;
    /// `progress` is the share of the run that is done, for what changes with it besides the rate.
    virtual void step(double scheduledRate, double baseRate, double progress = 0) = 0;
    virtual void zeroGrad() = 0;

    /// Named tensors that continue the run exactly: momenta, moments, step counts. Shared, not copied.
    virtual std::vector<std::pair<std::string, torch::Tensor>> state() = 0;
    /// Throws Error naming what is missing or has another shape.
    virtual void loadState(const std::vector<std::pair<std::string, torch::Tensor>>& state) = 0;
};

struct OptimizerInfo {
    std::string key;
    std::string title;
    std::string reference;
    std::string doc;
    const Schema* schema;  // with the schedule's options: lr, warmup_epochs, schedule, final_lr_share
    std::function<std::unique_ptr<Optimizer>(const OptionSet&, std::vector<ParameterGroup>)> make;
    /// Learning rate of 0-based `step`.
    std::function<double(const OptionSet&, std::int64_t step, std::int64_t totalSteps, std::int64_t stepsPerEpoch)> learningRate;
};

/// In menu order.
const Registry<OptimizerInfo>& optimizers();

}  // namespace selfsight
