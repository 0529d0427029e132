#include "core/evaluate/stage_training.h"

#include <algorithm>

#include "core/train/training.h"

namespace selfsight
{

namespace
{

constexpr std::size_t kTestedAtOnce = 256;
constexpr double kTrainingShare = 0.95;  // of the work; the rest is asking

}  // namespace

std::int64_t stepsOf(const Experiment& stage)
{
    return trainSchema().read(stage["train"]).steps;
}

std::int64_t batchOf(const Experiment& stage)
{
    return trainSchema().read(stage["train"]).batchSize;
}

std::optional<FeatureRows> trainStage(const Experiment& stage, const JudgedData& data, int threads, const SliceProgress& progress)
{
    const std::int64_t steps = stepsOf(stage);
    Training training(stage, steps, threads, 0);
    training.prepare();
    StepRecord record;
    for (std::int64_t step = 0; step < steps; ++step) {
        if (!progress(kTrainingShare * static_cast<double>(step) / static_cast<double>(steps))) return std::nullopt;
        training.step(record);
    }
    const std::shared_ptr<Method> borrowed(std::shared_ptr<Method>(),
                                           &training.method());  // the training's own, which outlives it
    const std::shared_ptr<Method> answers = logitsAsFeatures(borrowed);
    const FeatureExtractor extractor(*answers, training.device(), training.pipeline());
    FeatureRows rows;
    for (std::size_t begin = 0; begin < data.queries.size(); begin += kTestedAtOnce) {
        if (!progress(kTrainingShare +
                      (1 - kTrainingShare) * static_cast<double>(begin) / static_cast<double>(data.queries.size())))
            return std::nullopt;
        extractor.append(data.queryData(),
                         std::span(data.queries).subspan(begin, std::min(kTestedAtOnce, data.queries.size() - begin)), rows);
    }
    return rows;
}

}  // namespace selfsight
