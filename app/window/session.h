// The Qt face of a run: trains an experiment or shows a stored run, and says what came in, 30 times a second.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

#include "app/window/latest_job.h"
#include "core/config/experiment.h"
#include "core/record/run_source.h"

namespace selfsight {

class Trainer;
struct BranchOptions;

// Whatever trains in the window, it trains like this.
constexpr int kDrainMilliseconds = 33;
constexpr int kTrainingNiceness = 10;  // the window stays ahead of the training threads

/// How a training is started, beyond its experiment.
struct TrainingRequest {
    Experiment experiment;
    QString folder;                     // of the run; empty: nothing is kept
    std::optional<std::int64_t> steps;  // instead of train.steps
    bool evaluateAtEnd = true;
};

/// Thread: the UI's. Never waits for the trainer or for a disk, except the destructor, for the step or the reading at hand.
/// Order: runOpened, then infoArrived before the first pastArrived or stepsArrived of that run. A run that another program sets
/// back is opened anew.
class Session : public QObject {
    Q_OBJECT

public:
    explicit Session(QObject* parent = nullptr);
    ~Session() override;

    /// A training that still runs is stopped and saved first; the new one begins when it is over.
    void start(const TrainingRequest& request);
    /// Goes on with a stored run, for that many steps more or to its total; what it has recorded is shown again. Throws Error while a
    /// training runs.
    void resumeRun(const QString& folder, std::optional<std::int64_t> furtherSteps = {});
    /// Trains a new run that begins as a stored one. Throws Error while a training runs.
    void branch(const BranchOptions& options);
    /// Shows a stored run. Throws Error when the folder holds none.
    void openRun(const QString& folder);

    void pause();
    void resume();
    void stepOnce();
    void stop();
    void discard();  // stop, and keep nothing after the last checkpoint
    void setOption(const QString& keyPath, const Value& value);

    bool isTraining() const { return m_trainer != nullptr; }
    const RunInfo* info() const { return m_info.get(); }  // nullptr: not known yet
    std::shared_ptr<const RunInfo> sharedInfo() const { return m_info; }
    const std::optional<RunState>& state() const { return m_state; }
    QString folder() const { return m_folder; }  // of the run shown; empty: none
    /// Of the run shown, for what is fetched from it in another thread; nullptr: none.
    std::shared_ptr<const RunSource> source() const { return m_source; }

Q_SIGNALS:
    void runOpened(const QString& folder);  // forget what was shown
    void infoArrived(const std::shared_ptr<const RunInfo>& info);
    void pastArrived(const std::shared_ptr<const StepTable>& past);  // many steps at once, before the next stepsArrived
    void stepsArrived(const std::vector<StepRecord>& steps);
    void snapshotArrived(const std::shared_ptr<const Snapshot>& snapshot);
    void eventsArrived(const std::vector<SpikeEvent>& events);  // each as it is now, some known before
    void probeSetArrived(const std::shared_ptr<const ProbeSet>& set);  // before the first snapshot with its features
    void attentionSetArrived(const std::shared_ptr<const AttentionSet>& set);  // before the first snapshot with its maps
    void slicesArrived(const std::vector<std::shared_ptr<const FeatureSlice>>& slices);
    void stateChanged(const RunState& state);
    void logArrived(const std::vector<LogLine>& lines);
    void trainingEnded();                  // the trainer is gone, its run is on disk
    void failed(const QString& sentence);  // a training did not start, or the run shown cannot be read any more

private:
    void show(std::shared_ptr<RunSource> source, const QString& folder);
    void startNow(const TrainingRequest& request);
    template <class... Arguments>
    void train(const QString& folder, Arguments&&... arguments);
    void drain();
    void take(RunUpdate update);
    void giveUp(const QString& sentence);
    void endTraining();

    QTimer m_timer;
    std::unique_ptr<Trainer> m_trainer;
    std::shared_ptr<RunSource> m_source;
    std::shared_ptr<const RunInfo> m_info;
    std::optional<RunState> m_state;
    QString m_folder;
    std::optional<TrainingRequest> m_next;  // starts when the current training is over
    bool m_reading = false;
    LatestJob<RunUpdate> m_reader;  // of stored runs: a disk may be slow
};

}  // namespace selfsight
