// The trainer's thread, of which trainer.cpp is the work in order and trainer_folder.cpp what stays on disk. Internal to core/train: it
// has torch in it.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/train/branch.h"
#include "core/train/dense_knn.h"
#include "core/train/online_probe.h"
#include "core/train/probe_schedule.h"
#include "core/train/run_clock.h"
#include "core/train/run_control.h"
#include "core/train/run_keeper.h"
#include "core/train/step_guard.h"
#include "core/train/stored_run.h"
#include "core/train/trainer.h"
#include "core/train/trainer_feed.h"
#include "core/train/training.h"

namespace selfsight {

class Trainer::Impl {
public:
    Impl(const Catalog& catalog, Experiment chosen, TrainerOptions options)
        : m_catalog(catalog), m_experiment(std::move(chosen)), m_options(std::move(options)), control(m_options.startPaused)
    {
        m_thread = std::thread([this] { run(); });
    }
    Impl(const Catalog& catalog, ResumeOptions options)
        : m_catalog(catalog),
          m_options{.runFolder = options.runFolder, .steps = {}, .evaluateAtEnd = options.evaluateAtEnd, .niceness = options.niceness, .startPaused = false},
          m_resume(std::move(options)),
          control(false)
    {
        m_thread = std::thread([this] { run(); });
    }

    Impl(const Catalog& catalog, BranchOptions options)
        : m_catalog(catalog),
          m_experiment(options.experiment),
          m_options{.runFolder = options.runFolder, .steps = {}, .evaluateAtEnd = options.evaluateAtEnd, .niceness = options.niceness, .startPaused = false},
          m_resume(ResumeOptions{options.runFolder, options.furtherSteps, options.evaluateAtEnd, options.niceness, options.tellPast}),
          m_branch(std::move(options)),
          control(false)
    {
        m_thread = std::thread([this] { run(); });
    }

    void join()
    {
        if (m_thread.joinable()) m_thread.join();
    }

private:
    using Clock = RunClock::Clock;

    // The thread's work, in order.
    void run();
    void train();
    void prepare();
    std::optional<StoredRun> openFolder();
    StoredRun openStoredRun();
    StoredRun openParent();
    void takeLength(const StoredRun& stored);
    void beginBranch(const StoredRun& stored);
    void goOn(const StoredRun& stored);
    void restore(const StoredRun& stored);
    RunInfo info() const;
    Retention retention() const { return {m_trainOptions.keepLastCheckpoints, m_trainOptions.keepBestCheckpoints}; }
    void prepareProbes(const CheckpointFacts& begin);
    void loop();
    void finish();

    void oneStep();
    void watchSteps(bool goesOn);
    void goBack(int checkpoints);
    void measureDensely(std::int64_t step);
    void applyChanges();
    void apply(const std::string& keyPath, const Value& value);
    void waitWhilePaused();
    void takeIssues();
    void enter(RunPhase phase, const std::string& activity);
    void publish();
    void log(LogLine::Level level, const std::string& text);
    std::string outOfMemory(const std::string& who) const;
    void fail(const std::string& sentence);
    void announce();
    void record(const StepRecord& step);
    bool isCheckpointDue() const;
    void save();
    void tellSaves();

    const Catalog& m_catalog;
    Experiment m_experiment;
    const TrainerOptions m_options;
    const std::optional<ResumeOptions> m_resume;
    const std::optional<BranchOptions> m_branch;  // then m_resume says how it goes on

public:
    RunControl control;
    const std::shared_ptr<TrainerFeed> feed = std::make_shared<TrainerFeed>();

private:
    // Of the training thread alone.
    TrainOptions m_trainOptions;
    RecordOptions m_recordOptions;
    RunKeeper m_keeper;
    std::unique_ptr<Training> m_training;
    std::unique_ptr<FeatureExtractor> m_features;
    std::unique_ptr<ProbeSchedule> m_schedule;
    std::unique_ptr<StepGuard> m_guard;
    std::unique_ptr<DenseKnn> m_denseKnn;
    std::unique_ptr<OnlineProbe> m_onlineProbe;
    std::function<std::vector<float>()> m_weightNorms;
    std::function<EmbeddingState()> m_recent;
    NamedTensors m_probeState;         // of the online probe, until it is made
    std::string m_experimentText;      // experiment.yaml
    std::optional<BranchPoint> m_point;  // of a branch
    std::optional<RunParent> m_parent;
    std::deque<RunChange> m_replayed;  // changes of a run that goes on, made again when their step comes
    RunState m_state;
    RunClock m_clock;
    Clock::time_point m_born = Clock::now();
    Clock::time_point m_lastSave = m_born;
    std::int64_t m_lastStep = 0;   // where this training ends
    std::int64_t m_savedStep = -1;
    std::optional<CheckpointFacts::Knn> m_knn;
    std::string m_unsaved, m_unrecorded;  // sentences: the newest checkpoint, or records, could not be kept
    bool m_announced = false;
    bool m_weightsAreGood = true;  // false within a step
    Clock::time_point m_lastDeviceLook = m_born - std::chrono::hours(1);

    std::thread m_thread;  // last: everything above lives longer
};

}  // namespace selfsight
