#include "core/runs/sweep_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_end.h"
#include "core/runs/run_holder.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestText = 1 << 20;

/// Empty: not there, or not readable.
std::string textOf(const fs::path& file)
{
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return {};
    try {
        return readFile(file, kLargestText);
    } catch (const Error&) {
        return {};
    }
}

bool hasValuesOf(const Experiment& experiment, const fs::path& run, const Catalog& catalog)
{
    const LoadedExperiment there = parseExperiment(textOf(run / "experiment.yaml"), "experiment.yaml", catalog);
    return there.issues.empty() && there.experiment.sections == experiment.sections && there.experiment.views == experiment.views;
}

/// From the opened data to the evaluation's end.
double secondsOf(const fs::path& run)
{
    std::error_code error;
    const auto begin = fs::last_write_time(run / "experiment.yaml", error);
    const auto end = fs::last_write_time(run / "result.json", error);
    return error ? 0 : std::max(std::chrono::duration<double>(end - begin).count(), 0.0);
}

}  // namespace

std::optional<RunResult> finishedResult(const fs::path& run)
{
    const auto end = endOf(run);
    return end && end->phase == RunPhase::Finished ? end->result : std::nullopt;
}

fs::path freeFolder(const fs::path& wanted)
{
    fs::path folder = wanted;
    for (int n = 2; fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)); ++n)
        folder = wanted.string() + '_' + std::to_string(n);
    return folder;
}

std::vector<fs::path> runsOfPoint(const SweepPoint& point, const fs::path& folder, const Catalog& catalog)
{
    const fs::path wanted = folder / point.folder;
    std::vector<fs::path> runs;
    std::error_code ignored;
    fs::path run = wanted;
    for (int n = 2; fs::exists(run, ignored); ++n) {
        if (hasValuesOf(point.experiment, run, catalog)) runs.push_back(run);
        run = wanted.string() + '_' + std::to_string(n);
    }
    return runs;
}

bool takeFinishedRun(SweepTable::Point& entry, const SweepPoint& point, const fs::path& folder, const Catalog& catalog)
{
    for (const fs::path& run : runsOfPoint(point, folder, catalog)) {
        entry.folder = run.string();
        if (auto result = finishedResult(run)) {
            entry.result = std::move(result);
            entry.state = PointState::Finished;
            entry.progress = 1;
            entry.seconds = secondsOf(run);
            return true;
        }
    }
    return false;
}

SweepTable readSweepTable(const Sweep& sweep, const fs::path& folder, const Catalog& catalog)
{
    SweepTable table{.name = sweep.base.name, .axes = {}, .points = {}};
    for (const SweepAxis& axis : sweep.axes) {
        SweepTable::Axis& entry = table.axes.emplace_back(SweepTable::Axis{axis.keyPath, axis.title, {}});
        for (const SweepValue& value : axis.values) entry.labels.push_back(value.label);
    }
    for (const SweepPoint& point : sweep.points) {
        SweepTable::Point& entry = table.points.emplace_back();
        entry.name = point.name;
        entry.places = point.places;
        takeFinishedRun(entry, point, folder, catalog);
    }
    return table;
}

void requireNobodyTrains(const fs::path& folder)
{
    std::error_code error;
    for (fs::directory_iterator run(folder, error), end; !error && run != end; run.increment(error))
        if (const auto holder = holderOf(run->path()))
            throw Error(run->path().string(), fmt::format("another program trains this sweep{}", holder->words.empty() ? "" : " (" + holder->words + ")"),
                        "Wait until it is over, or stop it: open that run and press Stop.");
}

void writeSweepTables(const SweepTable& table, const fs::path& folder)
{
    writeAtomically(folder / "sweep.csv", pointsCsv(table));
    const bool hasSeeds =
        std::any_of(table.axes.begin(), table.axes.end(), [](const SweepTable::Axis& axis) { return axis.isSeed(); });
    if (hasSeeds) writeAtomically(folder / "averages.csv", averagesCsv(table));
}

}  // namespace selfsight
