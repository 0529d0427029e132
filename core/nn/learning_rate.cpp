#include "core/nn/learning_rate.h"

#include <algorithm>

#include "core/nn/schedule.h"

namespace selfsight {

double learningRate(const RateOptions& options, std::int64_t step, std::int64_t totalSteps, std::int64_t stepsPerEpoch)
{
    const std::int64_t epochLength = std::max<std::int64_t>(1, stepsPerEpoch);
    const auto t = static_cast<double>(options.oncePerEpoch ? step / epochLength * epochLength : step);
    const auto total = static_cast<double>(totalSteps);
    const double warmup = options.warmupEpochs * static_cast<double>(epochLength);
    if (options.schedule == RateSchedule::Cosine)
        return warmupCosine(t, total, warmup, options.lr, options.lr * options.finalLrShare, options.warmupLr);
    if (t < warmup) return options.warmupLr + (options.lr - options.warmupLr) * t / warmup;
    if (options.schedule == RateSchedule::Constant) return options.lr;
    return stepDecay(t / total, options.lr, options.milestones, options.stepFactors);
}

}  // namespace selfsight
