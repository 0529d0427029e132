// Writes a run folder while the run lasts. What is in it:
//   experiment.yaml  every value resolved; program, libraries, machine and data-set fingerprint as comments
//   steps.bin        "SELFSTEP", version, header length, RunInfo as JSON, then one row a step with its CRC-32:
//                    a cut tail loses the last row at most
//   probes.jsonl     one Snapshot a line
//   changes.jsonl    what the user changed while it ran: step, key, value (run_changes.h)
//   checkpoints/     step_N.safetensors and .json
//   result.json      how it ended
//   log.txt
//   lock             while somebody writes it (run_lock.h)
// Thread: one.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "core/record/run_source.h"

namespace selfsight {

class RunWriter {
public:
    /// `folder` must be absent or empty: nothing is ever overwritten. Throws Error.
    explicit RunWriter(const std::filesystem::path& folder);
    ~RunWriter();

    /// Goes on with a stored run after `step`: records and snapshots that lie behind it, torn rows and lines, and the end are dropped;
    /// changes and the log stay. The caller holds the run's lock. Throws Error.
    static std::unique_ptr<RunWriter> reopen(const std::filesystem::path& folder, std::int64_t step);

    const std::filesystem::path& folder() const { return m_folder; }

    void writeExperiment(const std::string& yaml);
    bool hasBegun() const { return m_begun; }
    void begin(const RunInfo& info);  // before the first step; one that has begun goes on
    void write(const StepRecord& record);
    void write(const Snapshot& snapshot);
    void write(const LogLine& line);
    void writeChange(std::int64_t step, const std::string& keyPath, const std::string& value);
    void writeEnd(const RunState& state);

    /// Hands buffered rows to the system. Throws Error when a disk is full: a loud failure beats a silent hole.
    void flush();

private:
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, CloseFile>;

    struct Reopened {};
    RunWriter(const std::filesystem::path& folder, Reopened) : m_folder(folder) {}
    File open(const std::string& name, const char* mode) const;
    void openAll(const char* mode);
    void append(File& file, const std::string& name, const void* bytes, std::size_t count);
    void appendLine(File& file, const std::string& name, const std::string& line);

    std::filesystem::path m_folder;
    bool m_begun = false;
    File m_steps, m_probes, m_changes, m_log;
};

/// base/2026-11-23_1405_NAME, with a number behind it when that exists already.
std::filesystem::path freshRunFolder(const std::filesystem::path& base, const std::string& name);

}  // namespace selfsight
