// Writes checkpoints while training goes on. Internal to core/train: it has torch in it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/train/checkpoint.h"
#include "core/train/checkpoint_files.h"

namespace selfsight {

/// Thread: one, besides its own. Lifetime: the destructor waits for the save under way.
class CheckpointWriter {
public:
    /// What became of a save. It is told once the checkpoint is whole on the disk, or cannot be.
    struct Outcome {
        std::int64_t step = 0;
        std::string problem;       // empty: saved
        double stallSeconds = 0;   // that save() took from the caller
        double writeSeconds = 0;
        std::uint64_t bytes = 0;
    };

    /// Makes `folder`, also anew when it vanishes. Start it before the compute threads are pinned to cores.
    CheckpointWriter(std::filesystem::path folder, const Retention& retention);
    ~CheckpointWriter();

    /// Copies `state` and returns; an earlier save that is still under way is waited for first.
    void save(const NamedTensors& state, CheckpointFacts facts);
    bool isBusy() const;
    void wait();
    std::vector<Outcome> takeOutcomes();  // since the last call, oldest first

private:
    void run();
    Outcome write(CheckpointFacts facts) const;

    const std::filesystem::path m_folder;
    const Retention m_retention;
    TensorCopies m_copies;  // the thread's while m_waiting is set

    mutable std::mutex m_mutex;  // guards all below
    std::condition_variable m_wake, m_idle;
    std::optional<CheckpointFacts> m_waiting;  // until it is written
    double m_stall = 0;
    std::vector<Outcome> m_outcomes;
    bool m_stop = false;

    std::thread m_thread;
};

}  // namespace selfsight
