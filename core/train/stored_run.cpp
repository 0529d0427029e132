#include "core/train/stored_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/runs/run_end.h"
#include "core/runs/run_lock.h"
#include "core/runs/sweep_runs.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

Experiment readExperiment(const fs::path& file, const Catalog& catalog)
{
    LoadedExperiment loaded = loadExperiment(file, catalog);
    for (const Issue& issue : loaded.issues)
        if (issue.severity == Issue::Severity::Error) throw Error(file.string(), describe(issue), "The run cannot go on with other values than it began with.");
    return std::move(loaded.experiment);
}

/// A run that was cut off before its first checkpoint may begin again. One whose checkpoints are damaged or gone may not: its records
/// would go as well.
void requireThatNothingIsLost(const fs::path& folder, const std::vector<std::string>& damages)
{
    constexpr const char* kRemedy = "Nothing was changed.";
    std::error_code ignored;
    if (!damages.empty()) throw Error(folder.string(), fmt::format("none of its checkpoints can be used: {}", fmt::join(damages, "; ")), kRemedy);
    if (fs::exists(folder / "result.json", ignored)) throw Error(folder.string(), "has no checkpoint to go on from", kRemedy);
}

}  // namespace

std::int64_t StoredRun::totalSteps() const
{
    return checkpoint ? checkpoint->facts.totalSteps : trainSchema().read(experiment["train"]).steps;
}

Experiment experimentAt(const fs::path& folder, std::int64_t step, const Catalog& catalog, std::vector<std::string>& warnings)
{
    Experiment experiment = readExperiment(folder / "experiment.yaml", catalog);
    for (const RunChange& change : readChanges(folder))
        if (change.step <= step)
            if (const auto issue = setValue(experiment, change.keyPath, change.value, catalog)) warnings.push_back("changes.jsonl: " + describe(*issue));
    return experiment;
}

Experiment latestExperiment(const fs::path& folder, const Catalog& catalog)
{
    std::vector<std::string> ignored;
    return experimentAt(folder, std::numeric_limits<std::int64_t>::max(), catalog, ignored);
}

void requireRun(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::exists(folder / "experiment.yaml", ignored))
        throw Error(folder.string(), "is no run folder: it has no experiment.yaml", "Give the folder that a training has written.");
}

StoredRun readStoredRun(const fs::path& folder, const Catalog& catalog)
{
    requireRun(folder);
    std::error_code ignored;
    StoredRun run;
    run.checkpoint = newestGoodCheckpoint(folder / "checkpoints", run.warnings);
    if (!run.checkpoint) requireThatNothingIsLost(folder, run.warnings);
    if (run.checkpoint && !run.warnings.empty()) run.warnings.push_back(fmt::format("the next older checkpoint is used, of step {}", run.step()));
    run.experiment = experimentAt(folder, run.step(), catalog, run.warnings);
    if (run.checkpoint) {
        run.experiment.name = run.checkpoint->facts.name;
        if (fs::exists(run.checkpoint->facts.folder, ignored)) run.experiment.folder = run.checkpoint->facts.folder;
    } else {
        run.experiment.name = fs::absolute(folder).filename().string();
        run.warnings.push_back(folder.string() + ": there is no whole checkpoint, so the run begins again with its first step.");
    }
    for (RunChange& change : readChanges(folder))
        if (change.step > run.step()) run.later.push_back(std::move(change));
    return run;
}

std::optional<fs::path> unfinishedRun(const SweepPoint& point, const fs::path& sweepFolder, const Catalog& catalog)
{
    std::optional<fs::path> newest;
    for (const fs::path& run : runsOfPoint(point, sweepFolder, catalog)) {
        const auto end = endOf(run);
        const bool isOver = end && end->phase != RunPhase::Stopped;  // a failed one would fail again
        if (isOver || RunLock::isHeld(run) || checkpointNamesIn(run / "checkpoints").empty() || !readChanges(run).empty()) continue;
        newest = run;
    }
    return newest;
}

CheckpointName checkpointNamed(const std::filesystem::path& run, std::optional<std::int64_t> step)
{
    const std::vector<CheckpointName> checkpoints = checkpointNamesIn(run / "checkpoints");
    if (checkpoints.empty()) throw Error(run.string(), "has no checkpoint", "Let it train for a while.");
    const auto chosen = step ? std::ranges::find(checkpoints, *step, &CheckpointName::step) : checkpoints.end() - 1;
    if (chosen == checkpoints.end())
        throw Error(run.string(), fmt::format("has no checkpoint of step {}", *step),
                    fmt::format("There are those of steps {} to {}.", checkpoints.front().step, checkpoints.back().step));
    return *chosen;
}

}  // namespace selfsight
