#include "core/runs/run_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <sstream>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/growing_file.h"
#include "core/runs/attention_set_file.h"
#include "core/runs/event_files.h"
#include "core/runs/probe_set_file.h"
#include "core/runs/run_end.h"
#include "core/runs/run_json.h"
#include "core/runs/snapshot_files.h"
#include "core/runs/step_file.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kTextLimit = 64u << 20;
constexpr std::int64_t kManySteps = 4096;  // more than these come in columns, where that is wanted

/// A file of lines that grows: take() returns the whole ones that were appended since.
class Lines {
public:
    explicit Lines(fs::path file) : m_file(std::move(file)) {}

    std::vector<std::string> take()
    {
        const FileParts file(m_file);
        const std::uint64_t size = file.size();
        std::string bytes(size - std::min(size, m_offset), '\0');
        if (bytes.empty() || !file.read(m_offset, bytes.data(), bytes.size())) return {};
        std::vector<std::string> lines;
        std::size_t begin = 0;
        for (std::size_t end; (end = bytes.find('\n', begin)) != std::string::npos; begin = end + 1)
            lines.push_back(bytes.substr(begin, end - begin));
        m_offset += begin;
        return lines;
    }

private:
    fs::path m_file;
    std::uint64_t m_offset = 0;
};

LogLine logLine(const std::string& text)
{
    LogLine line;
    std::istringstream words(text);
    std::string level;
    words >> line.wallSeconds >> level >> std::ws;
    line.level = level == "error" ? LogLine::Level::Error : level == "warning" ? LogLine::Level::Warning
                 : level == "debug" ? LogLine::Level::Debug : LogLine::Level::Info;
    std::getline(words, line.text);
    return line;
}

class RunReader : public RunSource {
public:
    RunReader(const fs::path& folder, ManySteps many)
        : m_folder(folder), m_many(many), m_probes(folder / "probes.jsonl"), m_events(folder / "events.jsonl"), m_log(folder / "log.txt")
    {
    }

    RunUpdate drain() override
    {
        std::error_code ignored;
        if (!fs::exists(m_folder, ignored))
            throw Error(m_folder.string(), "is gone: it was deleted, moved or unmounted while it was shown",
                        "What is shown stays; open the run again where it is now.");
        RunUpdate update;
        if (m_info && wasSetBack()) startAgain(update);
        if (!m_info) readInfo(update);
        if (m_info) readSteps(update);
        for (const std::string& line : m_probes.take()) readProbe(line, update);
        if (m_info)
            for (const std::string& line : m_events.take()) readEvent(line, update);
        readSet(readProbeSet, update.probeSet, m_setGiven, update);
        readSet(readAttentionSet, update.attentionSet, m_attentionSetGiven, update);
        if (!update.snapshots.empty()) loadNewest(update);
        for (const std::string& line : m_log.take()) update.log.push_back(logLine(line));
        readState(update);
        return update;
    }

    StepTable steps(const StepQuery& query) const override
    {
        const auto file = stepFile();
        return file ? file->read(query) : StepTable();
    }

    std::shared_ptr<const Snapshot> snapshot(std::int64_t step) const override { return readSnapshotFile(m_folder, step); }

private:
    std::shared_ptr<StepFile> stepFile() const
    {
        const std::lock_guard lock(m_mutex);
        return m_steps;
    }

    bool wasSetBack() const
    {
        return (m_infoFile.isOpen() && !m_infoFile.isStill(m_folder / "run.json")) ||
               (!m_infoFile.isOpen() && FileParts(m_folder / "run.json").isOpen());
    }

    void startAgain(RunUpdate& update)
    {
        update.again = true;
        m_info.reset();
        m_given = m_lastStep = 0;
        m_over = m_quiet = m_setGiven = m_attentionSetGiven = false;
        m_probes = Lines(m_folder / "probes.jsonl");
        m_events = Lines(m_folder / "events.jsonl");
        m_log = Lines(m_folder / "log.txt");
    }

    void readInfo(RunUpdate& update)
    {
        m_infoFile = FileParts(m_folder / "run.json");
        auto info = readRunInfo(m_folder);
        if (!info) return;
        info->folder = m_folder.string();
        const fs::path experiment = m_folder / "experiment.yaml";
        try {
            info->experimentYaml = readFile(experiment, kTextLimit);
        } catch (const Error& error) {
            warn(update, error.what());
        }
        m_info = std::make_shared<const RunInfo>(std::move(*info));
        update.info = m_info;
        const std::lock_guard lock(m_mutex);
        m_steps = std::make_shared<StepFile>(m_folder, StepColumns{m_info->termNames.size(), m_info->layerNames.size()});
    }

    void readSteps(RunUpdate& update)
    {
        StepFile& file = *m_steps;
        file.refresh();
        const std::int64_t rows = file.rows();
        if (rows < m_given) m_given = rows;  // a damaged row is counted once its chunk is written
        if (m_many == ManySteps::Columns && rows - m_given > kManySteps) readPast(file, rows, update);
        for (; m_given < rows; m_given = std::min(m_given + kManySteps, rows))
            for (StepRecord& record : file.records(m_given, std::min(m_given + kManySteps, rows)))
                if (record.step > m_lastStep) update.steps.push_back(std::move(record));
        if (!update.steps.empty()) m_lastStep = update.steps.back().step;
        for (const std::string& sentence : file.takeWarnings()) warn(update, sentence);
    }

    void readPast(const StepFile& file, std::int64_t rows, RunUpdate& update)
    {
        std::vector<std::size_t> columns(m_info->termNames.size() + 1);
        for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
        StepTable past;
        if (m_given > 0 || rows <= StepQuery::kFewRows) {
            past = file.table(m_given, rows, columns);
            m_given = rows;
        } else {
            const std::int64_t whole = rows / kCoarseStride * kCoarseStride;
            past = file.levels(0, whole, rows / kFineStride <= StepQuery::kFewRows ? kFineStride : kCoarseStride, columns);
            m_given = whole;
            file.saveLevels();
        }
        if (past.empty()) return;
        m_lastStep = past.step.back();
        update.past = std::make_shared<const StepTable>(std::move(past));
    }

    void readProbe(const std::string& line, RunUpdate& update)
    {
        try {
            Snapshot snapshot = snapshotFromJson(nlohmann::json::parse(line));
            snapshot.hasMore = true;
            update.snapshots.push_back(std::make_shared<const Snapshot>(std::move(snapshot)));
        } catch (const nlohmann::json::exception&) {
            warn(update, (m_folder / "probes.jsonl").string() + ": a damaged line was left out.");
        }
    }

    void readEvent(const std::string& line, RunUpdate& update)
    {
        try {
            addEvent(update.events, eventOfLine(line, m_info->layerNames.size()));
        } catch (const std::exception&) {
            warn(update, (m_folder / "events.jsonl").string() + ": a damaged line was left out.");
        }
    }

    /// Once: `given` then says that it was read, or cannot be.
    template <class Set>
    void readSet(std::shared_ptr<const Set> (*read)(const fs::path&), std::shared_ptr<const Set>& set, bool& given, RunUpdate& update)
    {
        if (given) return;
        try {
            set = read(m_folder);
            given = set != nullptr;
        } catch (const Error& error) {
            given = true;
            warn(update, error.what());
        }
    }

    void loadNewest(RunUpdate& update)
    {
        try {
            if (auto whole = snapshot(update.snapshots.back()->step)) update.snapshots.back() = std::move(whole);
        } catch (const Error& error) {
            warn(update, error.what());
        }
    }

    void readState(RunUpdate& update)
    {
        if (m_over) return;
        RunState state;
        state.step = m_lastStep;
        const bool written = m_steps && stepFile()->isBeingWritten();
        state.elsewhere = written;
        state.phase = written ? RunPhase::Running : RunPhase::Stopped;
        state.activity = written ? "training in another program" : "this run has no result: it was cut off, or has not begun";
        try {
            if (auto end = readEnd(m_folder)) {
                end->step = m_lastStep;
                state = std::move(*end);
                m_over = true;
            }
        } catch (const Error&) {
            state.activity = (m_folder / "result.json").string() + " is damaged";
            m_over = true;
        }
        const bool quiet = !written && !m_over;
        if (m_over || !update.empty() || quiet != m_quiet) update.state = state;
        m_quiet = quiet;
    }

    static void warn(RunUpdate& update, const std::string& sentence)
    {
        update.log.push_back({LogLine::Level::Warning, 0, sentence});
    }

    fs::path m_folder;
    ManySteps m_many;
    Lines m_probes, m_events, m_log;
    FileParts m_infoFile;
    std::shared_ptr<const RunInfo> m_info;
    mutable std::mutex m_mutex;  // for m_steps
    std::shared_ptr<StepFile> m_steps;
    std::int64_t m_given = 0;     // rows
    std::int64_t m_lastStep = 0;
    bool m_over = false;          // result.json was read
    bool m_quiet = false;         // nobody writes, and that was said
    bool m_setGiven = false, m_attentionSetGiven = false;
};

}  // namespace

bool isRunFolder(const fs::path& folder)
{
    std::error_code ignored;
    return fs::is_regular_file(folder / "steps.bin", ignored) && fs::is_regular_file(folder / "experiment.yaml", ignored);
}

std::shared_ptr<RunSource> openRun(const fs::path& folder, ManySteps many)
{
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) throw Error(folder.string(), "does not exist", "Give the folder of a run.");
    if (!isRunFolder(folder))
        throw Error(folder.string(), "is no run folder: it has no steps.bin and experiment.yaml",
                    "Give the folder that a training has written.");
    // Looks at the files now, so that foreign or newer ones are refused here.
    checkRun(folder);
    return std::make_shared<RunReader>(folder, many);
}

}  // namespace selfsight
