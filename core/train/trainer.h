// Trains one experiment, or goes on with a stored run, in its own thread. Everything it has to say comes through its feed; everything it is told
// goes through post(). Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/option.h"
#include "core/config/experiment.h"
#include "core/record/run_source.h"

namespace selfsight {

struct TrainerOptions {
    std::filesystem::path runFolder;     // absent or empty folder, or an empty path: nothing is kept
    std::optional<std::int64_t> steps;   // instead of train.steps
    bool evaluateAtEnd = true;           // full kNN on everything
    int niceness = 0;                    // of the training thread and its workers; 10 in the window
    bool startPaused = false;
};

/// How a stored run goes on.
struct ResumeOptions {
    std::filesystem::path runFolder;
    std::optional<std::int64_t> furtherSteps;  // absent: to the run's total
    bool evaluateAtEnd = true;
    int niceness = 0;
    bool tellPast = false;                     // the feed begins with what the run has recorded already
};

/// A new run that begins as a stored one was at a checkpoint (core/train/branch.h).
struct BranchOptions {
    std::filesystem::path parent;
    std::int64_t step = 0;                     // the nearest checkpoint at or before it
    Experiment experiment;                     // all values of the new run
    std::filesystem::path runFolder;           // absent or empty; made when the checkpoint has proved to fit
    std::optional<std::int64_t> furtherSteps;  // beyond the checkpoint; absent: to train.steps where that was changed, else to the parent's total
    bool evaluateAtEnd = true;
    int niceness = 0;
    bool tellPast = false;
};

/// Lifetime: the destructor stops the run after the current step and joins.
/// Thread: construct, post, destroy from one thread; the feed is drained from one thread.
/// Errors: whatever goes wrong in the thread ends the run as RunPhase::Failed with a sentence in RunState::activity.
class Trainer {
public:
    /// `catalog` must outlive the trainer; it is what the run folder's experiment.yaml is written with.
    Trainer(const Catalog& catalog, Experiment experiment, TrainerOptions options);
    /// Goes on from the run's newest good checkpoint, bit for bit as if it had not been interrupted on the same machine and build;
    /// where something differs, the log says what. Records behind the checkpoint are dropped.
    Trainer(const Catalog& catalog, ResumeOptions options);
    /// Fails, leaving nothing behind, when the changed values do not fit the checkpoint: the sentence names them and the tensor.
    Trainer(const Catalog& catalog, BranchOptions options);
    ~Trainer();
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Takes effect between two steps; none of these waits.
    void pause();
    void resume();
    void stepOnce();  // while paused: one step, then paused again
    void stop();      // finish the step, save, end as Stopped
    void discard();   // finish the step and end as Stopped; what came after the last checkpoint is not kept
    /// A new value of an option marked live ("optimizer.lr", "method.temperature"); recorded in changes.jsonl.
    void setOption(const std::string& keyPath, const Value& value);

    /// Live until the trainer is destroyed and beyond: shared.
    std::shared_ptr<RunSource> feed() const;

    /// Waits until the run is paused with nothing left to do. False: it is over instead.
    bool waitUntilAtRest();
    /// Waits until the run is over.
    void join();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace selfsight
