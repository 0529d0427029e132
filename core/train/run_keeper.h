// What of a run stays on disk while it trains: its lock, its folder, its checkpoints. Internal to core/train: it has torch in it.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/record/run_source.h"
#include "core/runs/new_run.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_writer.h"
#include "core/train/checkpoint_writer.h"

namespace selfsight {

/// As it is by default, nothing is kept, and every member does nothing. Errors: the members that write records throw Error when the
/// disk does not take them; a checkpoint that fails is told by takeOutcomes(). Thread: the training thread.
class RunKeeper {
public:
    RunKeeper() = default;
    /// A new run: `folder` must be absent or empty.
    static RunKeeper create(const std::filesystem::path& folder, const Retention& retention);
    /// Of one that create() made, before its first step: as if it had never begun, and the folder may be used again.
    void undo();
    /// Goes on with a stored run after `step`.
    static RunKeeper reopen(std::unique_ptr<RunLock> lock, const std::filesystem::path& folder, std::int64_t step, const Retention& retention);

    bool isKeeping() const { return m_writer != nullptr; }
    std::string folder() const { return isKeeping() ? m_writer->folder().string() : std::string(); }  // empty: nothing is kept

    void limitSnapshots(double gigabytes);
    void writeExperiment(const std::string& yaml);
    void begin(const RunInfo& info);  // before the first record; a run that has begun already goes on
    void write(const StepRecord& record);
    void write(const Snapshot& snapshot);
    void write(const ProbeSet& set);
    void write(const AttentionSet& set);
    void write(const SpikeEvent& event);
    void write(const StepEvidence& evidence);
    void write(const LogLine& line);
    void writeChange(std::int64_t step, const std::string& keyPath, const std::string& value);
    void writeEnd(const RunState& state);

    void flush();
    /// Once a second. Returns a sentence when the folder has vanished, once.
    std::string flushNowAndThen();

    /// Makes the folder anew when it has vanished: the weights are kept, whatever becomes of the records.
    void save(const NamedTensors& state, const CheckpointFacts& facts);
    bool isSaving() const { return m_checkpoints && m_checkpoints->isBusy(); }
    void waitForSaves();
    std::vector<CheckpointWriter::Outcome> takeOutcomes();

private:
    bool keepsRecords() const { return m_writer && !m_vanished; }

    // In the order in which assignment lets go of them: the lock last.
    std::unique_ptr<CheckpointWriter> m_checkpoints;
    std::unique_ptr<RunWriter> m_writer;
    std::optional<NewRun> m_new;  // as create() made it
    std::unique_ptr<RunLock> m_lock;
    std::chrono::steady_clock::time_point m_lastFlush;
    bool m_vanished = false, m_vanishedTold = false;
};

}  // namespace selfsight
