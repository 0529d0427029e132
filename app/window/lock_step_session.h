// The Qt face of runs that train side by side: what came in from each, and how far they are together, 30 times a second.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <vector>

#include "core/config/experiment.h"
#include "core/record/run_source.h"

namespace selfsight {

class LockStep;

/// Thread: the UI's. Never waits for the runs, except the destructor, for the step at hand.
/// Order: started, then infoArrived of a run before its first stepsArrived.
class LockStepSession : public QObject {
    Q_OBJECT

public:
    /// Lifetime: the catalog outlives the session.
    explicit LockStepSession(const Catalog& catalog, QObject* parent = nullptr);
    ~LockStepSession() override;

    /// Runs that still go on are stopped first; the new ones begin when they are over.
    void start(const std::vector<Experiment>& experiments);
    void pause();
    void resume();
    void stepOnce();
    void stop();

    bool isTraining() const { return m_runs != nullptr; }
    const RunState& state() const { return m_state; }            // of all runs together
    const RunInfo* info(std::size_t run) const { return m_infos.at(run).get(); }  // nullptr: not known yet

Q_SIGNALS:
    void started();  // forget what was shown
    void infoArrived(std::size_t run, const std::shared_ptr<const RunInfo>& info);
    void stepsArrived(std::size_t run, const std::vector<StepRecord>& steps);
    void snapshotArrived(std::size_t run, const std::shared_ptr<const Snapshot>& snapshot);
    void stateChanged(const RunState& state);
    void ended();  // nothing trains any more

private:
    void begin(const std::vector<Experiment>& experiments);
    void drain();
    void report();

    const Catalog& m_catalog;
    QTimer m_timer;
    std::unique_ptr<LockStep> m_runs;
    std::vector<std::shared_ptr<const RunInfo>> m_infos;
    RunState m_state;
    std::vector<Experiment> m_next;  // start when the current ones are over
};

}  // namespace selfsight
