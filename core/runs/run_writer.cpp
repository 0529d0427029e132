#include "core/runs/run_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/attention_set_file.h"
#include "core/runs/event_files.h"
#include "core/runs/probe_set_file.h"
#include "core/runs/run_json.h"
#include "core/runs/step_file.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

const fs::path& freshFolder(const fs::path& folder)
{
    std::error_code error;
    if (fs::exists(folder, error)) {
        if (!fs::is_directory(folder, error)) throw Error(folder.string(), "is a file, not a folder", "Give another --out.");
        if (!fs::is_empty(folder, error))
            throw Error(folder.string(), "is not empty",
                        "Nothing is overwritten: give a new --out, or empty the folder yourself.");
    }
    fs::create_directories(folder / "checkpoints", error);
    if (error)
        throw Error(folder.string(), fmt::format("cannot be created ({})", error.message()),
                    "Choose a folder that you may write to.");
    return folder;
}

/// Keeps whole lines of steps up to `step`; a damaged one stays as it is.
void keepLines(const fs::path& file, std::int64_t step)
{
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
    const std::string text = readFile(file, std::uint64_t{1} << 34);
    std::string kept;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const std::string line = text.substr(begin, end + 1 - begin);
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const bool late =
            json.is_object() && json.contains("step") && json["step"].is_number() && json["step"].get<std::int64_t>() > step;
        if (!late) kept += line;
    }
    if (kept != text) writeAtomically(file, kept);
}

void writeInfo(const fs::path& folder, const RunInfo& info)
{
    writeAtomically(folder / "run.json", toJson(info).dump(2) + '\n');
}

}  // namespace

RunWriter::RunWriter(const fs::path& folder) : RunWriter(freshFolder(folder), GrowingFile::Start::Empty)
{
    GrowingFile(folder / "steps.bin", GrowingFile::Start::Empty);  // makes the folder a run's
}

RunWriter::RunWriter(const fs::path& folder, GrowingFile::Start start) : m_folder(folder), m_snapshots(folder)
{
    m_probes.emplace(folder / "probes.jsonl", start);
    m_events.emplace(folder / "events.jsonl", start);
    m_changes.emplace(folder / "changes.jsonl", start);
    m_log.emplace(folder / "log.txt", start);
}

RunWriter::~RunWriter() = default;

std::unique_ptr<RunWriter> RunWriter::reopen(const fs::path& folder, std::int64_t step)
{
    std::error_code error;
    if (!fs::is_directory(folder, error)) throw Error(folder.string(), "is no folder", "Give the folder of a run.");
    const auto info = readRunInfo(folder);
    std::unique_ptr<StepWriter> steps;
    if (info) {
        if (!fs::exists(folder / "run.json", error)) writeInfo(folder, *info);
        steps = StepWriter::reopen(folder, step);
        writeInfo(folder, *info);  // another file of this name tells readers that the run was set back
    }
    keepLines(folder / "probes.jsonl", step);
    keepLines(folder / "events.jsonl", step);
    keepLines(folder / "changes.jsonl", step);
    for (const char* files : {"snapshots", "layouts", "events"}) dropFilesAfter(folder / files, step);
    fs::remove(folder / "result.json", error);
    std::unique_ptr<RunWriter> writer(new RunWriter(folder, GrowingFile::Start::AtEnd));
    writer->m_steps = std::move(steps);
    return writer;
}

void RunWriter::writeExperiment(const std::string& yaml)
{
    writeAtomically(m_folder / "experiment.yaml", yaml);
}

void RunWriter::begin(const RunInfo& info)
{
    const StepColumns columns{info.termNames.size(), info.layerNames.size()};
    if (m_steps && !(m_steps->columns() == columns))
        throw Error(m_folder.string(),
                    fmt::format("holds steps of {} terms and {} layers, and {} and {} are to follow", m_steps->columns().terms,
                                m_steps->columns().layers, columns.terms, columns.layers),
                    "Continue it with its own experiment.");
    writeInfo(m_folder, info);
    if (!m_steps) m_steps = std::make_unique<StepWriter>(m_folder, columns);
}

void RunWriter::write(const StepRecord& record)
{
    m_steps->write(record);
}

void RunWriter::write(const Snapshot& snapshot)
{
    m_snapshots->write(snapshot);
    appendLine(*m_probes, toJson(snapshot).dump());
}

void RunWriter::write(const ProbeSet& set)
{
    writeProbeSet(m_folder, set);
}

void RunWriter::write(const AttentionSet& set)
{
    writeAttentionSet(m_folder, set);
}

void RunWriter::write(const SpikeEvent& event)
{
    appendLine(*m_events, eventLine(event));
}

void RunWriter::write(const StepEvidence& evidence)
{
    writeEvidence(m_folder, evidence);
}

void RunWriter::write(const LogLine& line)
{
    static constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};
    appendLine(*m_log, fmt::format("{:10.2f} {} {}", line.wallSeconds, kLevels[static_cast<int>(line.level)], line.text));
}

void RunWriter::writeChange(std::int64_t step, const std::string& keyPath, const std::string& value)
{
    appendLine(*m_changes, nlohmann::ordered_json{{"step", step}, {"key", keyPath}, {"value", value}}.dump());
}

void RunWriter::writeEnd(const RunState& state)
{
    flush();
    nlohmann::ordered_json json = {
        {"phase", toText(state.phase)}, {"step", state.step}, {"activity", state.activity}, {"result", nullptr}};
    if (state.result) json["result"] = toJson(*state.result);
    writeAtomically(m_folder / "result.json", json.dump(2) + '\n');
}

void RunWriter::limitSnapshots(double gigabytes)
{
    m_snapshots->setLimit(static_cast<std::uint64_t>(gigabytes * (1u << 30)));
}

void RunWriter::flush()
{
    std::error_code error;
    if (!fs::is_directory(m_folder, error))
        throw Error(m_folder.string(), "is gone: it was deleted, moved or unmounted while it was written");
    if (m_steps) m_steps->startWriting();
    for (const auto* file : {&m_probes, &m_events, &m_changes, &m_log}) (*file)->startWriting();
}

void RunWriter::appendLine(GrowingFile& file, const std::string& line)
{
    file.append(line + '\n');
}

fs::path freshRunFolder(const fs::path& base, const std::string& name)
{
    const std::string stem = fmt::format("{:%Y-%m-%d_%H%M}_{}", fmt::localtime(std::time(nullptr)), name);
    fs::path folder = base / stem;
    std::error_code ignored;
    for (int n = 2; fs::exists(folder, ignored); ++n) folder = base / fmt::format("{}_{}", stem, n);
    return folder;
}

}  // namespace selfsight
