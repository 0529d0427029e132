#include "core/runs/run_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "core/base/error.h"
#include "core/config/differences.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_end.h"
#include "core/runs/run_json.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_reader.h"
#include "core/runs/step_file.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestText = 256u << 20;
constexpr int kDeepest = 2;  // folders under the base

std::int64_t unixTime(const fs::path& file)
{
    std::error_code error;
    const auto time = fs::last_write_time(file, error);
    if (error) return 0;
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(time).time_since_epoch()).count();
}

/// Whole lines only: the last may still be written.
void readProbeFigures(RunSummary& run)
{
    const fs::path file = run.folder / "probes.jsonl";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
    std::istringstream lines(readFile(file, kLargestText));
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (json.is_discarded()) continue;
        const Snapshot snapshot = snapshotFromJson(json);
        run.lastProbeStep = snapshot.step;
        for (const ProbeFigure& figure : snapshot.figures) {
            if (figure.name != "knn.top1") continue;
            if (!run.firstKnn) run.firstKnn = figure.value;
            run.bestKnn = std::max(run.bestKnn.value_or(0), figure.value);
            run.lastKnn = figure.value;
        }
    }
}

void readHowItEnded(RunSummary& run)
{
    if (const auto end = readEnd(run.folder)) {
        run.phase = end->phase;
        run.result = end->result;
    } else if (RunLock::isHeld(run.folder)) {
        run.phase = RunPhase::Running;
    } else {
        run.cutOff = true;
    }
}

void readExperiment(RunSummary& run, const Catalog& catalog)
{
    const fs::path file = run.folder / "experiment.yaml";
    run.startedAt = unixTime(file);
    run.chosen = chosenValues(loadExperiment(file, catalog).experiment, catalog);
}

void readInfo(RunSummary& run)
{
    const auto info = readRunInfo(run.folder);
    if (!info) return;
    run.method = info->methodTitle;
    run.data = info->dataTitle;
    run.totalSteps = info->totalSteps;
    run.parent = info->parent;
}

void findUnder(const fs::path& base, int deep, std::vector<fs::path>& found)
{
    std::error_code error;
    for (auto entry = fs::directory_iterator(base, fs::directory_options::skip_permission_denied, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_directory(ignored)) continue;
        if (isRunFolder(entry->path())) found.push_back(entry->path());
        else if (deep < kDeepest) findUnder(entry->path(), deep + 1, found);
    }
}

}  // namespace

RunSummary readRunSummary(const fs::path& folder, const Catalog& catalog)
{
    RunSummary run;
    run.folder = folder;
    run.writtenAt = unixTime(folder / "log.txt");
    const auto attempt = [&run](const auto& read) {
        try {
            read();
        } catch (const std::exception& error) {
            if (run.problem.empty()) run.problem = error.what();
        }
    };
    attempt([&] { readInfo(run); });
    attempt([&] { readExperiment(run, catalog); });
    attempt([&] { readProbeFigures(run); });
    attempt([&] { readHowItEnded(run); });
    attempt([&] { run.notes = readRunNotes(folder); });
    return run;
}

std::vector<fs::path> findRuns(const fs::path& base)
{
    std::vector<fs::path> found;
    findUnder(base, 1, found);
    std::vector<std::pair<std::int64_t, fs::path>> dated;
    for (fs::path& folder : found) {
        const std::int64_t time = unixTime(folder / "experiment.yaml");
        dated.emplace_back(-time, std::move(folder));
    }
    std::ranges::sort(dated);
    found.clear();
    for (auto& [time, folder] : dated) found.push_back(std::move(folder));
    return found;
}

RunNotes readRunNotes(const fs::path& folder)
{
    const fs::path file = folder / "notes.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return {};
    try {
        const auto json = nlohmann::json::parse(readFile(file, kLargestText));
        RunNotes notes{json.value("title", std::string()), json.value("tags", std::vector<std::string>()), {}};
        for (const auto& mark : json.value("bookmarks", nlohmann::json::array()))
            notes.bookmarks.push_back({mark.at("step").get<std::int64_t>(), mark.at("text").get<std::string>()});
        return notes;
    } catch (const nlohmann::json::exception& error) {
        throw Error(file.string(), fmt::format("is damaged ({})", error.what()), "Title, tags and bookmarks of this run are lost; delete the file.");
    }
}

void writeRunNotes(const fs::path& folder, const RunNotes& notes)
{
    nlohmann::ordered_json bookmarks = nlohmann::ordered_json::array();
    for (const RunNotes::Bookmark& mark : notes.bookmarks) bookmarks.push_back({{"step", mark.step}, {"text", mark.text}});
    const nlohmann::ordered_json json = {{"title", notes.title}, {"tags", notes.tags}, {"bookmarks", bookmarks}};
    writeAtomically(folder / "notes.json", json.dump(2) + '\n');
}

}  // namespace selfsight
