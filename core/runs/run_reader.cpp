#include "core/runs/run_reader.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "core/base/error.h"
#include "core/runs/run_json.h"
#include "core/runs/step_rows.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

/// A file that grows: take() returns what was appended since.
class Tail {
public:
    explicit Tail(fs::path file) : m_file(std::move(file)) {}

    std::string take()
    {
        std::ifstream stream(m_file, std::ios::binary);
        if (!stream) return {};
        stream.seekg(m_offset);
        std::ostringstream bytes;
        bytes << stream.rdbuf();
        m_offset += static_cast<std::streamoff>(bytes.str().size());
        return bytes.str();
    }

private:
    fs::path m_file;
    std::streamoff m_offset = 0;
};

class RunReader : public RunSource {
public:
    explicit RunReader(const fs::path& folder)
        : m_folder(folder), m_steps(folder / "steps.bin"), m_probes(folder / "probes.jsonl"), m_log(folder / "log.txt")
    {
    }

    RunUpdate drain() override
    {
        RunUpdate update;
        readSteps(update);
        readProbes(update);
        readLog(update);
        readState(update);
        return update;
    }

private:
    void readSteps(RunUpdate& update)
    {
        m_pendingSteps += m_steps.take();
        std::size_t at = 0;
        if (!m_info) {
            auto header = parseStepFileHeader(m_pendingSteps, (m_folder / "steps.bin").string());
            if (!header) return;
            header->info.folder = m_folder.string();
            header->info.experimentYaml = Tail(m_folder / "experiment.yaml").take();
            m_info = std::make_shared<const RunInfo>(std::move(header->info));
            update.info = m_info;
            at = header->size;
        }
        const std::size_t terms = m_info->termNames.size(), layers = m_info->layerNames.size();
        const std::size_t size = stepRowSize(terms, layers);
        for (; m_pendingSteps.size() - at >= size; at += size) {
            if (auto record = parseStepRow(m_pendingSteps.data() + at, terms, layers)) {
                m_lastStep = record->step;
                update.steps.push_back(std::move(*record));
            } else if (!m_damaged) {
                m_damaged = true;
                update.log.push_back({LogLine::Level::Warning, 0, fmt::format("{}: a damaged row after step {} was left out.", (m_folder / "steps.bin").string(), m_lastStep)});
            }
        }
        m_pendingSteps.erase(0, at);
    }

    void readProbes(RunUpdate& update)
    {
        m_pendingProbes += m_probes.take();
        for (std::size_t end; (end = m_pendingProbes.find('\n')) != std::string::npos; m_pendingProbes.erase(0, end + 1)) {
            try {
                update.snapshots.push_back(std::make_shared<const Snapshot>(snapshotFromJson(nlohmann::json::parse(m_pendingProbes.substr(0, end)))));
            } catch (const nlohmann::json::exception&) {
                update.log.push_back({LogLine::Level::Warning, 0, (m_folder / "probes.jsonl").string() + ": a damaged line was left out."});
            }
        }
    }

    void readLog(RunUpdate& update)
    {
        m_pendingLog += m_log.take();
        for (std::size_t end; (end = m_pendingLog.find('\n')) != std::string::npos; m_pendingLog.erase(0, end + 1)) {
            LogLine line;
            std::istringstream words(m_pendingLog.substr(0, end));
            std::string level;
            words >> line.wallSeconds >> level >> std::ws;
            line.level = level == "error" ? LogLine::Level::Error : level == "warning" ? LogLine::Level::Warning
                         : level == "debug" ? LogLine::Level::Debug : LogLine::Level::Info;
            std::getline(words, line.text);
            update.log.push_back(std::move(line));
        }
    }

    void readState(RunUpdate& update)
    {
        if (m_ended) return;
        RunState state;
        state.step = m_lastStep;
        state.phase = RunPhase::Stopped;
        state.activity = "this run has no result: it is still being written, or was cut off";
        const std::string text = Tail(m_folder / "result.json").take();
        if (!text.empty()) {
            try {
                const auto json = nlohmann::json::parse(text);
                const std::string phase = json.at("phase").get<std::string>();
                state.phase = phase == "finished" ? RunPhase::Finished : phase == "failed" ? RunPhase::Failed : RunPhase::Stopped;
                state.activity = json.at("activity").get<std::string>();
                if (!json.at("result").is_null()) {
                    state.result = runResultFromJson(json.at("result"));
                    state.result->run = m_folder.string();
                }
                m_ended = true;
            } catch (const nlohmann::json::exception&) {
                state.activity = (m_folder / "result.json").string() + " is damaged";
            }
        }
        if (m_ended || !update.empty()) update.state = state;
    }

    fs::path m_folder;
    Tail m_steps, m_probes, m_log;
    std::string m_pendingSteps, m_pendingProbes, m_pendingLog;
    std::shared_ptr<const RunInfo> m_info;
    std::int64_t m_lastStep = 0;
    bool m_ended = false;
    bool m_damaged = false;
};

}  // namespace

bool isRunFolder(const fs::path& folder)
{
    std::error_code ignored;
    return fs::is_regular_file(folder / "steps.bin", ignored) && fs::is_regular_file(folder / "experiment.yaml", ignored);
}

std::shared_ptr<RunSource> openRun(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) throw Error(folder.string(), "does not exist", "Give the folder of a run.");
    if (!isRunFolder(folder)) throw Error(folder.string(), "is no run folder: it has no steps.bin and experiment.yaml", "Give the folder that a training has written.");
    // Reads the header now, so that a foreign or newer file is refused here.
    std::ifstream stream(folder / "steps.bin", std::ios::binary);
    std::string head(16, '\0');
    if (stream.read(head.data(), 16)) parseStepFileHeader(head, (folder / "steps.bin").string());
    return std::make_shared<RunReader>(folder);
}

}  // namespace selfsight
