// Whole trainings small enough for a test, and all that they say.
#pragma once

#include <QtTest>

#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/catalog.h"
#include "core/config/experiment.h"
#include "core/record/run_source.h"
#include "core/train/trainer.h"

namespace selfsight {

/// A run that takes a second or two: procedural images, a narrow network.
inline Experiment tiny()
{
    const char* yaml = R"(
data:      {type: shapes, image_size: 32, count: 96, test_count: 32}
backbone:  {type: resnet, depth: 18, width: 8, stem: strided}
method:    {type: simclr, hidden: 32, output: 16}
views:     {global: {count: 2, size: 32, chain: [{type: random_resized_crop}, {type: horizontal_flip}, {type: color_jitter}, {type: normalize}]}}
optimizer: {type: sgd, lr: 0.05}
train:     {steps: 6, batch_size: 8, seed: 7, precision: fp32, device: cpu, threads: 1}
record:    {knn_bank: 64, knn_queries: 16, quality_images: 16}
)";
    LoadedExperiment loaded = parseExperiment(yaml, "tiny", catalog());
    for (const Issue& issue : loaded.issues) qWarning("%s", describe(issue).c_str());
    return loaded.experiment;
}

inline Experiment with(Experiment experiment, const std::vector<std::pair<std::string, std::string>>& settings)
{
    for (const auto& [key, value] : settings)
        if (const auto issue = setValue(experiment, key, value, catalog())) qFatal("%s", describe(*issue).c_str());
    return experiment;
}

/// SimCLR v2 with a head that can be cut, for the pipeline.
inline Experiment pretraining()
{
    return with(tiny(), {{"method.type", "simclr_v2"},
                         {"method.hidden", "32"},
                         {"method.output", "16"},
                         {"fine_tune.epochs", "2"},
                         {"fine_tune.batch_size", "16"},
                         {"fine_tune.label_shares", "[0.25]"},
                         {"distillation.epochs", "0.5"},
                         {"distillation.batch_size", "16"}});
}

/// All that a run said until it was over.
struct Heard {
    std::shared_ptr<const RunInfo> info;
    std::vector<StepRecord> steps;
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
    std::vector<SpikeEvent> events;  // the newest state of each
    std::vector<LogLine> log;
    RunState state;

    void hear(RunSource& source) { hear(source.drain()); }

    void hear(RunUpdate update)
    {
        if (update.info) info = update.info;
        std::move(update.steps.begin(), update.steps.end(), std::back_inserter(steps));
        snapshots.insert(snapshots.end(), update.snapshots.begin(), update.snapshots.end());
        for (SpikeEvent& event : update.events) {
            if (!events.empty() && events.back().first == event.first) events.back() = std::move(event);
            else events.push_back(std::move(event));
        }
        log.insert(log.end(), update.log.begin(), update.log.end());
        if (update.state) state = *update.state;
    }

    std::vector<float> losses() const
    {
        std::vector<float> result;
        for (const StepRecord& step : steps) result.push_back(step.terms.at(0));
        return result;
    }
};

inline Heard run(const Experiment& experiment, const TrainerOptions& options = {})
{
    Trainer trainer(catalog(), experiment, options);
    trainer.join();
    Heard heard;
    heard.hear(*trainer.feed());
    return heard;
}

/// Hears `trainer` until `reached`; fails the test after a minute.
template <class Condition>
bool hearUntil(Trainer& trainer, Heard& heard, Condition reached)
{
    for (int i = 0; i < 6000; ++i) {
        heard.hear(*trainer.feed());
        if (reached(heard)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

}  // namespace selfsight
