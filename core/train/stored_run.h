// A run folder as something that can go on. Torch-free.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/config/sweep.h"
#include "core/runs/run_changes.h"
#include "core/train/checkpoint_files.h"

namespace selfsight {

struct StoredRun {
    Experiment experiment;                 // as it was at the checkpoint: with the changes made until then
    std::optional<Checkpoint> checkpoint;  // the newest good one; absent: cut off before the first, so it begins again
    std::deque<RunChange> later;           // changes made after the checkpoint: made again when their step comes
    std::vector<std::string> warnings;     // what was damaged

    std::int64_t step() const { return checkpoint ? checkpoint->facts.step : 0; }
    std::int64_t totalSteps() const;
};

/// Throws Error when `folder` is no run, or did not get as far as to be one.
void requireRun(const std::filesystem::path& folder);

/// Reads and checks all of the newest good checkpoint. The caller holds the run's lock. Throws Error when `folder` is no run, or one of
/// a newer program.
StoredRun readStoredRun(const std::filesystem::path& folder, const Catalog& catalog);

/// Its values as they were after `step`, with the changes made until then; one that cannot be made gives a sentence. Throws Error.
Experiment experimentAt(const std::filesystem::path& folder, std::int64_t step, const Catalog& catalog, std::vector<std::string>& warnings);

/// Its values with every change made so far: what a user would see who had watched it. Throws Error.
Experiment latestExperiment(const std::filesystem::path& folder, const Catalog& catalog);

/// A run of a sweep's point that was stopped or cut off and can go on: of the very same values, with a checkpoint, and nobody writes it.
std::optional<std::filesystem::path> unfinishedRun(const SweepPoint& point, const std::filesystem::path& sweepFolder, const Catalog& catalog);

/// That of `step`, absent: of the last, of a run's folder. Throws Error saying which there are.
CheckpointName checkpointNamed(const std::filesystem::path& run, std::optional<std::int64_t> step);

}  // namespace selfsight
