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

RunWriter::RunWriter(const fs::path& folder) : m_folder(folder)
{
    std::error_code error;
    if (fs::exists(folder, error)) {
        if (!fs::is_directory(folder, error)) throw Error(folder.string(), "is a file, not a folder", "Give another --out.");
        if (!fs::is_empty(folder, error)) throw Error(folder.string(), "is not empty", "Nothing is overwritten: give a new --out, or empty the folder yourself.");
    }
    fs::create_directories(folder / "checkpoints", error);
    if (error) throw Error(folder.string(), fmt::format("cannot be created ({})", error.message()), "Choose a folder that you may write to.");
    m_steps = open("steps.bin");
    m_probes = open("probes.jsonl");
    m_changes = open("changes.jsonl");
    m_log = open("log.txt");
}

RunWriter::~RunWriter() = default;

RunWriter::File RunWriter::open(const std::string& name) const
{
    File file(std::fopen((m_folder / name).c_str(), "wb"));
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
    const std::string header = stepFileHeader(info);
    append(m_steps, "steps.bin", header.data(), header.size());
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

fs::path RunWriter::checkpointFile(std::int64_t step) const
{
    return m_folder / "checkpoints" / fmt::format("step_{:08}.safetensors", step);
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
