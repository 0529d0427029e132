// "Branch here": a new run that begins as a stored one was at a checkpoint, with other options. Its folder holds the parent's records,
// snapshots and that checkpoint, so it stands on its own, goes on as any stored run does, and its curves lie over the parent's. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/record/run_info.h"
#include "core/train/checkpoint_files.h"

namespace selfsight {

/// Where a run can be branched.
struct BranchPoint {
    std::filesystem::path run;
    Experiment experiment;             // as it was then: with the changes made until then
    Checkpoint checkpoint;             // the nearest at or before the wanted step; whether it is whole is not looked at
    std::vector<std::string> warnings;
};

/// The run may be one that is still written. Throws Error when there is no such run, or no checkpoint so early.
BranchPoint branchPoint(const std::filesystem::path& run, std::int64_t step, const Catalog& catalog);

/// What the new run says of its origin, when it has the values of `changed`.
RunParent parentOf(const BranchPoint& point, const Experiment& changed, const Catalog& catalog);

/// How the checkpoint continues with the values of `changed`: another train.steps is its end; where batches are made of other images, it
/// begins with the next epoch.
CheckpointFacts factsOf(const BranchPoint& point, const Experiment& changed, const Catalog& catalog);

/// Makes `folder`, which is absent or empty, the run's: whole or absent. `info`: of the new run, with its parent.
/// Throws Error when the parent cannot be read or the folder not be written.
void writeBranch(const std::filesystem::path& folder, const BranchPoint& point, const std::string& experimentYaml, RunInfo info,
                 const CheckpointFacts& facts);

}  // namespace selfsight
