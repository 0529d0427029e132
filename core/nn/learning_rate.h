// The learning rate's options, which every optimiser's schema begins with, and the rate they give. Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/schema.h"

namespace selfsight {

enum class RateSchedule { Cosine, Constant, Step };

struct RateOptions {
    double lr = 0.06;
    RateSchedule schedule = RateSchedule::Cosine;
    double warmupEpochs = 0;
    double warmupLr = 0;
    double finalLrShare = 0;
    std::vector<double> milestones = {0.6, 0.8};
    std::vector<double> stepFactors = {0.1};
    bool oncePerEpoch = false;
};

/// Learning rate of 0-based `step`.
double learningRate(const RateOptions& options, std::int64_t step, std::int64_t totalSteps, std::int64_t stepsPerEpoch);

/// Declares the options above. T derives from RateOptions.
template <class T>
void addRateOptions(SchemaFor<T>& schema)
{
    schema.add("lr", &T::lr, "Learning rate after the warm-up; too high makes the loss jump or stay at chance.")
        .range(0, 1000)
        .log()
        .live();
    schema.addChoice("schedule", &T::schedule,
                     {{"cosine", RateSchedule::Cosine}, {"constant", RateSchedule::Constant}, {"step", RateSchedule::Step}},
                     "How the rate falls after the warm-up: half a cosine, not at all, or in steps at the milestones.");
    schema
        .add("warmup_epochs", &T::warmupEpochs,
             "Epochs over which the rate rises to lr; large batches and vision transformers need it.")
        .range(0, 10000);
    schema.add("warmup_lr", &T::warmupLr, "Where the warm-up starts.").range(0, 1000).log().advanced().from("SwAV, code: 0.3");
    schema.add("final_lr_share", &T::finalLrShare, "Where the cosine ends, as a share of lr.").range(0, 1).advanced();
    schema.add("milestones", &T::milestones, "Shares of the run after which the schedule `step` lowers the rate.")
        .range(0, 1)
        .advanced()
        .from("MoCo, arXiv 1911.05722: epochs 120 and 160 of 200");
    schema
        .add("step_factor", &T::stepFactors,
             "What the schedule `step` multiplies the rate with: one factor a milestone, the last one for all further ones.")
        .range(0, 1)
        .advanced();
    schema.add("once_per_epoch", &T::oncePerEpoch, "Keeps the rate constant within an epoch, as MoCo v1, v2 and SimSiam do.")
        .advanced();
}

}  // namespace selfsight
