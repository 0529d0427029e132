// Writes a run folder while the run lasts. What is in it:
//   experiment.yaml  every value resolved; program, libraries, machine and data-set fingerprint as comments
//   steps.bin        "SELFSTEP", version, header length, RunInfo as JSON, then one row a step with its CRC-32:
//                    a cut tail loses the last row at most
//   probes.jsonl     one Snapshot a line
//   changes.jsonl    what the user changed while it ran: step, key, value
//   checkpoints/     step_N.safetensors and .json
//   result.json      how it ended
//   log.txt
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

    const std::filesystem::path& folder() const { return m_folder; }

    void writeExperiment(const std::string& yaml);
    void begin(const RunInfo& info);  // before the first step
    void write(const StepRecord& record);
    void write(const Snapshot& snapshot);
    void write(const LogLine& line);
    void writeChange(std::int64_t step, const std::string& keyPath, const std::string& value);
    void writeEnd(const RunState& state);

    /// Hands buffered rows to the system. Throws Error when a disk is full: a loud failure beats a silent hole.
    void flush();

    std::filesystem::path checkpointFile(std::int64_t step) const;  // without the folder's creation

private:
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, CloseFile>;

    File open(const std::string& name) const;
    void append(File& file, const std::string& name, const void* bytes, std::size_t count);
    void appendLine(File& file, const std::string& name, const std::string& line);

    std::filesystem::path m_folder;
    File m_steps, m_probes, m_changes, m_log;
};

/// base/2026-11-23_1405_NAME, with a number behind it when that exists already.
std::filesystem::path freshRunFolder(const std::filesystem::path& base, const std::string& name);

}  // namespace selfsight
