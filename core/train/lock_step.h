// Runs side by side, step by step: each does a step, then the next one does, and nobody does a second before all have done
// the first. Only one computes at a time, because two that share the cores are far slower than two that take turns. Torch-free.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "core/config/experiment.h"
#include "core/record/run_source.h"
#include "core/train/run_control.h"

namespace selfsight {

class Trainer;

/// Nothing is kept on disk, and nothing is evaluated at the end: what there is to see is in the sources.
/// Lifetime: the destructor stops the runs after the step at hand and joins. The catalog outlives this.
/// Thread: everything from one thread; the runs have their own, and a further one gives the turns.
/// Errors: a run that fails says so in its state, and ends the others.
class LockStep {
public:
    LockStep(const Catalog& catalog, const std::vector<Experiment>& experiments, int niceness);
    ~LockStep();
    LockStep(const LockStep&) = delete;
    LockStep& operator=(const LockStep&) = delete;

    /// Take effect when every run has done the same number of steps; none of these waits.
    void pause() { m_control.pause(); }
    void resume() { m_control.resume(); }
    void stepOnce() { m_control.stepOnce(); }  // while paused: one step of each
    void stop() { m_control.stop(); }          // after the step at hand, of whichever run it is

    std::size_t size() const { return m_runs.size(); }
    /// What has come since the last call. A run that waits for its turn calls itself paused.
    RunUpdate drain(std::size_t run);
    /// All runs as one, as far as they have been drained: the steps that every one has done, the time that all still need.
    RunState state() const;
    /// Every run is over; what they said last may still wait to be drained.
    bool isOver() const { return m_over; }

private:
    struct Run;

    void giveTurns();
    bool begin(Run& run);
    bool giveTurn(Run& run);
    RunPhase phase() const;

    const Catalog& m_catalog;
    const int m_niceness;
    RunControl m_control{false};
    std::vector<std::unique_ptr<Run>> m_runs;
    std::atomic<bool> m_over = false;
    std::thread m_thread;  // last: everything above lives longer
};

}  // namespace selfsight
