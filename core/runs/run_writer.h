// Writes a run folder while the run lasts. What is in it:
//   experiment.yaml  every value resolved; program, libraries, machine and data-set fingerprint as comments
//   run.json         RunInfo, and the format of the folder's text files
//   steps.*          every step (step_layout.h)
//   probes.jsonl     the figures of one Snapshot a line
//   events.*, events/ gradient spikes (event_files.h)
//   snapshots/       their bulky parts, the latest hundred of each kind and fewer before (snapshot_files.h)
//   probe_set.*      the samples whose features they hold (probe_set_file.h)
//   attention_set.*  the images whose attention maps they hold (attention_set_file.h)
//   layouts/         what those look like in two dimensions, written by who shows the run (layout_files.h)
//   changes.jsonl    what the user changed while it ran: step, key, value
//   checkpoints/     step_N.safetensors and .json
//   result.json      how it ended
//   log.txt
// What a call returned from is with the system: a program that is killed loses nothing of it.
// Thread: one. Errors: all throw Error when a disk is full or a folder is gone: a loud failure beats a silent hole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/io/growing_file.h"
#include "core/record/run_source.h"
#include "core/record/step_evidence.h"
#include "core/runs/snapshot_files.h"
#include "core/runs/step_writer.h"

namespace selfsight {

class RunWriter {
public:
    /// `folder` must be absent or empty: nothing is ever overwritten. Throws Error.
    explicit RunWriter(const std::filesystem::path& folder);
    ~RunWriter();

    /// Goes on with a stored run after `step`: steps, snapshots and changes that came after it, torn rows and lines, and the end
    /// are dropped; the log stays. A folder of an older format becomes one of this.
    static std::unique_ptr<RunWriter> reopen(const std::filesystem::path& folder, std::int64_t step);

    const std::filesystem::path& folder() const { return m_folder; }

    void writeExperiment(const std::string& yaml);
    bool hasBegun() const { return m_steps != nullptr; }
    /// Before the first step. Once begun, it may say anew how long the run is, but not what its steps hold.
    void begin(const RunInfo& info);
    void write(const StepRecord& record);
    void write(const Snapshot& snapshot);
    void write(const ProbeSet& set);
    void write(const AttentionSet& set);
    void write(const SpikeEvent& event);  // that has ended
    void write(const StepEvidence& evidence);
    void write(const LogLine& line);
    void writeChange(std::int64_t step, const std::string& keyPath, const std::string& value);
    void writeEnd(const RunState& state);

    /// How much snapshots may take up.
    void limitSnapshots(double gigabytes);
    /// Asks the system to bring what is written to the disk soon: called once a second, a pulled plug costs seconds. Doesn't
    /// wait.
    void flush();

private:
    RunWriter(const std::filesystem::path& folder, GrowingFile::Start start);
    void appendLine(GrowingFile& file, const std::string& line);

    std::filesystem::path m_folder;
    std::unique_ptr<StepWriter> m_steps;  // once begun
    std::optional<GrowingFile> m_probes, m_events, m_changes, m_log;
    std::optional<SnapshotFiles> m_snapshots;
};

/// base/2026-11-23_1405_NAME, with a number behind it when that exists already.
std::filesystem::path freshRunFolder(const std::filesystem::path& base, const std::string& name);

}  // namespace selfsight
