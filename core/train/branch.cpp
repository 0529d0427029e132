#include "core/train/branch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/config/differences.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/runs/run_writer.h"
#include "core/runs/step_file.h"
#include "core/train/stored_run.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kCopiedRows = 4096;
constexpr std::uint64_t kLargestProbes = std::uint64_t{1} << 34;

/// Files of a run are never written in place, so that a second name costs neither time nor room.
void linkOrCopy(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    fs::create_hard_link(from, to, error);
    if (error) fs::copy_file(from, to, error);
    if (error) throw Error(from.string(), fmt::format("cannot be copied to {} ({})", to.string(), error.message()));
}

/// All files step_N... up to `step`.
void copyFilesUpTo(const fs::path& from, const fs::path& to, std::int64_t step)
{
    std::error_code ignored;
    if (!fs::is_directory(from, ignored)) return;
    fs::create_directories(to);
    for (const fs::directory_entry& entry : fs::directory_iterator(from, ignored))
        if (entry.path().filename().string().starts_with("step_") && entry.is_regular_file(ignored))
            linkOrCopy(entry.path(), to / entry.path().filename());
    dropFilesAfter(to, step);
}

bool touches(const std::vector<Difference>& changes, std::initializer_list<const char*> prefixes)
{
    return std::ranges::any_of(changes, [&](const Difference& change) {
        return std::ranges::any_of(prefixes, [&](const char* prefix) { return change.keyPath.starts_with(prefix); });
    });
}

}  // namespace

BranchPoint branchPoint(const fs::path& run, std::int64_t step, const Catalog& catalog)
{
    requireRun(run);
    BranchPoint point;
    point.run = fs::absolute(run).lexically_normal();
    if (!point.run.has_filename()) point.run = point.run.parent_path();  // "runs/a/"
    std::vector<Checkpoint> all = checkpointsIn(run / "checkpoints", point.warnings);  // newest first
    const auto nearest = std::ranges::find_if(all, [step](const Checkpoint& each) { return each.facts.step <= step; });
    if (nearest == all.end()) {
        if (all.empty()) throw Error(run.string(), "holds no checkpoint to branch from", "Train it again, or branch from another run.");
        std::vector<std::int64_t> steps;
        for (const Checkpoint& each : all) steps.insert(steps.begin(), each.facts.step);
        throw Error(run.string(), fmt::format("holds no checkpoint at step {} or before it", step),
                    fmt::format("There are those of steps {}.", fmt::join(steps, ", ")));
    }
    point.checkpoint = std::move(*nearest);
    point.experiment = experimentAt(run, point.checkpoint.facts.step, catalog, point.warnings);
    point.experiment.name = point.checkpoint.facts.name;
    std::error_code ignored;
    if (fs::exists(point.checkpoint.facts.folder, ignored)) point.experiment.folder = point.checkpoint.facts.folder;
    return point;
}

RunParent parentOf(const BranchPoint& point, const Experiment& changed, const Catalog& catalog)
{
    RunParent parent{point.run.filename().string(), point.run.string(), point.checkpoint.facts.step, {}};
    for (const Difference& each : differences(point.experiment, changed, catalog)) parent.changes.push_back({each.keyPath, each.left, each.right});
    return parent;
}

CheckpointFacts factsOf(const BranchPoint& point, const Experiment& changed, const Catalog& catalog)
{
    CheckpointFacts facts = point.checkpoint.facts;
    const std::vector<Difference> changes = differences(point.experiment, changed, catalog);
    facts.name = changed.name;
    if (touches(changes, {"train.steps"})) facts.totalSteps = trainSchema().read(changed["train"]).steps;
    if (touches(changes, {"data.", "train.batch_size"}) && facts.batch > 0) {
        ++facts.epoch;
        facts.batch = 0;
    }
    return facts;
}

void writeBranch(const fs::path& folder, const BranchPoint& point, const std::string& experimentYaml, RunInfo info, const CheckpointFacts& facts)
{
    const auto before = readRunInfo(point.run);
    if (!before) throw Error(point.run.string(), "has taken no step yet", "Train it with other options instead of branching from it.");
    if (info.termNames.empty()) info.termNames = before->termNames, info.curves = before->curves;  // known after a step
    AtomicFolder made(folder);
    {
        RunWriter writer(made.path());
        writer.writeExperiment(experimentYaml);
        writer.begin(info);
        const StepFile steps = StepFile::open(point.run);
        const std::int64_t rows = steps.rowAfter(facts.step);
        for (std::int64_t row = 0; row < rows; row += kCopiedRows)
            for (const StepRecord& record : steps.records(row, std::min(row + kCopiedRows, rows))) writer.write(record);
    }
    std::error_code ignored;
    for (const char* lines : {"probes.jsonl", "events.jsonl"})  // later ones go when it is opened to go on
        if (const fs::path from = point.run / lines; fs::exists(from, ignored)) writeAtomically(made.path() / lines, readFile(from, kLargestProbes));
    for (const char* files : {"snapshots", "events"}) copyFilesUpTo(point.run / files, made.path() / files, facts.step);
    const fs::path checkpoint = checkpointFile(made.path() / "checkpoints", facts.step);
    linkOrCopy(point.checkpoint.file, checkpoint);
    writeFacts(checkpoint, facts);
    made.commit();
}

}  // namespace selfsight
