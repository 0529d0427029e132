#include "core/runs/run_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_json.h"
#include "core/runs/step_rows.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

void resize(const fs::path& file, std::uint64_t bytes)
{
    std::error_code error;
    if (fs::file_size(file, error) > bytes || error) fs::resize_file(file, bytes, error);
    if (error) throw Error(file.string(), fmt::format("cannot be cut to its whole records ({})", error.message()));
}

/// Keeps the header and the rows up to `step`. Returns whether there is a header.
bool cutSteps(const fs::path& file, std::int64_t step)
{
    const std::string bytes = readFile(file, std::uint64_t{1} << 40);
    const auto header = parseStepFileHeader(bytes, file.string());
    std::size_t kept = 0;
    if (header && step > 0) {
        const std::size_t terms = header->info.termNames.size(), layers = header->info.layerNames.size(), size = stepRowSize(terms, layers);
        kept = header->size;
        for (std::size_t at = kept; at + size <= bytes.size(); at += size)
            if (const auto row = parseStepRow(bytes.data() + at, terms, layers); row && row->step <= step) kept = at + size;
    }
    resize(file, kept);
    return kept > 0;
}

/// Keeps the lines before the first that is torn or not wanted.
template <class Wanted>
void cutLines(const fs::path& file, const Wanted& wanted)
{
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
    const std::string text = readFile(file, std::uint64_t{1} << 40);
    std::size_t kept = 0;
    for (std::size_t end; (end = text.find('\n', kept)) != std::string::npos && wanted(text.substr(kept, end - kept));) kept = end + 1;
    resize(file, kept);
}

/// A damaged line counts as old: it stays.
std::int64_t snapshotStep(const std::string& line)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    return json.is_object() ? json.value("step", std::int64_t{0}) : 0;
}

}  // namespace

RunWriter::RunWriter(const fs::path& folder) : m_folder(folder)
{
    std::error_code error;
    if (fs::exists(folder, error)) {
        if (!fs::is_directory(folder, error)) throw Error(folder.string(), "is a file, not a folder", "Give another --out.");
        if (!fs::is_empty(folder, error)) throw Error(folder.string(), "is not empty", "Nothing is overwritten: give a new --out, or empty the folder yourself.");
    }
    fs::create_directories(folder / "checkpoints", error);
    if (error) throw Error(folder.string(), fmt::format("cannot be created ({})", error.message()), "Choose a folder that you may write to.");
    openAll("wbx");  // not what another program has just begun
}

RunWriter::~RunWriter() = default;

std::unique_ptr<RunWriter> RunWriter::reopen(const fs::path& folder, std::int64_t step)
{
    std::unique_ptr<RunWriter> writer(new RunWriter(folder, Reopened()));
    writer->m_begun = cutSteps(folder / "steps.bin", step);
    cutLines(folder / "probes.jsonl", [step](const std::string& line) { return snapshotStep(line) <= step; });
    for (const char* name : {"changes.jsonl", "log.txt"}) cutLines(folder / name, [](const std::string&) { return true; });
    std::error_code ignored;
    fs::remove(folder / "result.json", ignored);
    writer->openAll("ab");
    return writer;
}

void RunWriter::openAll(const char* mode)
{
    m_steps = open("steps.bin", mode);
    m_probes = open("probes.jsonl", mode);
    m_changes = open("changes.jsonl", mode);
    m_log = open("log.txt", mode);
}

RunWriter::File RunWriter::open(const std::string& name, const char* mode) const
{
    File file(std::fopen((m_folder / name).c_str(), mode));
    if (!file) throw Error((m_folder / name).string(), fmt::format("cannot be written ({})", std::strerror(errno)));
    return file;
}

void RunWriter::append(File& file, const std::string& name, const void* bytes, std::size_t count)
{
    if (std::fwrite(bytes, 1, count, file.get()) != count)
        throw Error((m_folder / name).string(), fmt::format("cannot be written ({})", std::strerror(errno)), "Free some space; what is written so far is kept.");
}

void RunWriter::appendLine(File& file, const std::string& name, const std::string& line)
{
    append(file, name, (line + '\n').data(), line.size() + 1);
}

void RunWriter::writeExperiment(const std::string& yaml)
{
    writeAtomically(m_folder / "experiment.yaml", yaml);
}

void RunWriter::begin(const RunInfo& info)
{
    if (m_begun) return;
    const std::string header = stepFileHeader(info);
    append(m_steps, "steps.bin", header.data(), header.size());
    m_begun = true;
    flush();
}

void RunWriter::write(const StepRecord& record)
{
    const std::string row = stepRow(record);
    append(m_steps, "steps.bin", row.data(), row.size());
}

void RunWriter::write(const Snapshot& snapshot)
{
    appendLine(m_probes, "probes.jsonl", toJson(snapshot).dump());
}

void RunWriter::write(const LogLine& line)
{
    static constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};
    appendLine(m_log, "log.txt", fmt::format("{:10.2f} {} {}", line.wallSeconds, kLevels[static_cast<int>(line.level)], line.text));
}

void RunWriter::writeChange(std::int64_t step, const std::string& keyPath, const std::string& value)
{
    appendLine(m_changes, "changes.jsonl", nlohmann::ordered_json{{"step", step}, {"key", keyPath}, {"value", value}}.dump());
    flush();
}

void RunWriter::writeEnd(const RunState& state)
{
    flush();
    nlohmann::ordered_json json = {{"phase", toText(state.phase)}, {"step", state.step}, {"activity", state.activity}, {"result", nullptr}};
    if (state.result) json["result"] = toJson(*state.result);
    writeAtomically(m_folder / "result.json", json.dump(2) + '\n');
}

void RunWriter::flush()
{
    const std::pair<File&, const char*> files[] = {{m_steps, "steps.bin"}, {m_probes, "probes.jsonl"}, {m_changes, "changes.jsonl"}, {m_log, "log.txt"}};
    for (const auto& [file, name] : files)
        if (std::fflush(file.get()) != 0)
            throw Error((m_folder / name).string(), fmt::format("cannot be written ({})", std::strerror(errno)), "Free some space; what is written so far is kept.");
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
