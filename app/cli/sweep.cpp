// selfsight-cli sweep: an experiment with all the values of its sweep, one run after the other. Runs that are finished stay, and one that was
// cut off goes on, so a sweep may be filled over days.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "app/presets.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/config/sweep.h"
#include "core/runs/run_json.h"
#include "core/runs/sweep_runs.h"
#include "core/train/stored_run.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string preset;
    std::string out;
    std::vector<std::string> settings;  // key=value, of every point
    bool resume = false;
    bool json = false;
};

nlohmann::ordered_json valuesJson(const SweepTable& table, const std::vector<int>& places)
{
    nlohmann::ordered_json values;
    for (std::size_t a = 0; a < table.axes.size(); ++a)
        if (places[a] >= 0) values[table.axes[a].keyPath] = table.axes[a].labels[static_cast<std::size_t>(places[a])];
    return values;
}

void printPoint(const SweepTable& table, const SweepTable::Point& point)
{
    nlohmann::ordered_json json = {
        {"event", "point"}, {"point", point.name}, {"values", valuesJson(table, point.places)}, {"state", toText(point.state)}};
    if (point.result) {
        nlohmann::ordered_json result = toJson(*point.result);
        result.erase("event");
        json.update(result);
    } else {
        json["run"] = point.folder;
    }
    printJson(json);
}

/// A line for all points that differ in the seed alone.
void printAverages(const SweepTable& table)
{
    std::vector<SweepFigure> figures = figuresOf(table);
    std::vector<std::vector<std::string>> text(1);
    for (const SweepTable::Axis& axis : table.axes)
        if (!axis.isSeed()) text[0].push_back(axis.title);
    text[0].push_back("runs");
    for (const SweepFigure& figure : figures) text[0].push_back(figure.key);
    for (const SweepAverage& average : averagesOf(table)) {
        std::vector<std::string>& row = text.emplace_back();
        for (std::size_t a = 0; a < table.axes.size(); ++a)
            if (!table.axes[a].isSeed()) row.push_back(table.axes[a].labels[static_cast<std::size_t>(average.places[a])]);
        int done = 0;
        for (const int point : average.points) done += table.points[static_cast<std::size_t>(point)].result.has_value();
        row.push_back(fmt::format("{}", done));
        for (const SweepFigure& figure : figures) row.push_back(toText(meanOf(table, average.points, figure.key), figure));
    }
    printTable(text);
}

void announce(const SweepTable& table, std::size_t index)
{
    const auto left = secondsLeft(table);
    fmt::print(stderr, "{} of {}: {}{}\n", index + 1, table.points.size(), table.points[index].name,
               left ? fmt::format("  (about {} left for all)", duration(*left)) : std::string());
}

/// Trains one point; its exit code.
int runPoint(SweepTable::Point& entry, const SweepPoint& point, const fs::path& folder)
{
    const auto cut = unfinishedRun(point, folder, catalog());
    const fs::path run = cut ? *cut : freeFolder(folder / point.folder);
    entry.folder = run.string();
    const auto begin = std::chrono::steady_clock::now();
    const RunState state = cut ? runToEnd(ResumeOptions{.runFolder = run, .furtherSteps = {}}, false) : runToEnd(point.experiment, {.runFolder = run, .steps = {}}, false);
    const int code = exitCode(state);
    entry.state = code == 0 ? PointState::Finished : code == kInterruptedCode ? PointState::Waiting : PointState::Failed;
    if (code != 0) return code;
    entry.result = state.result;
    entry.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (cut && state.result) entry.seconds = std::max(entry.seconds, state.result->seconds);  // what came before counts too
    return code;
}

int sweep(const Arguments& arguments)
{
    // Every point is checked before the first is trained: a mistake shows at once.
    const LoadedSweep loaded = loadSweep(findPreset(arguments.preset), catalog(), settingsFrom(arguments.settings));
    requireNone(loaded.issues, arguments.preset);
    const Sweep& sweep = loaded.sweep;
    const fs::path folder = arguments.out.empty() ? fs::path("runs") / sweep.base.name : fs::path(arguments.out);
    std::error_code ignored;
    if (!arguments.resume && fs::exists(folder, ignored) && !fs::is_empty(folder, ignored))
        throw Error(folder.string(), "is there already",
                    "Add --resume to keep its finished runs, or name another folder with --out.");
    fs::create_directories(folder);
    requireNobodyTrains(folder);

    SweepTable table = readSweepTable(sweep, folder, catalog());
    int code = 0;
    for (std::size_t i = 0; i < table.points.size() && code != kInterruptedCode; ++i) {
        SweepTable::Point& entry = table.points[i];
        if (entry.state == PointState::Waiting) {
            announce(table, i);
            code = std::max(code, runPoint(entry, sweep.points[i], folder));
        }
        writeSweepTables(table, folder);
        if (arguments.json && entry.state != PointState::Waiting) printPoint(table, entry);
    }
    if (arguments.json)
        printJson({{"event", "result"},
                   {"points", table.points.size()},
                   {"finished", table.count(PointState::Finished)},
                   {"failed", table.count(PointState::Failed)},
                   {"path", (folder / "sweep.csv").string()}});
    else printAverages(table);
    return code;
}

}  // namespace

Run addSweep(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("preset", arguments->preset, "A preset's name or an experiment's YAML file, with a sweep")->required();
    command.add_option("--out", arguments->out, "Folder for the table and a run of every point (default: runs/NAME)");
    command.add_option("--set", arguments->settings, "key=value for every point, such as train.steps=100; may be repeated")
        ->allow_extra_args(false)
        ->check(settingProblem);
    command.add_flag("--resume", arguments->resume, "Keep runs that are finished; one that was cut off goes on");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return sweep(*arguments); };
}

}  // namespace selfsight::cli
