// What a run folder holds, as exports need it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/io/safetensors.h"
#include "core/record/run_source.h"
#include "core/runs/step_file.h"
#include "core/train/checkpoint_files.h"

namespace selfsight {

/// What experiment.yaml says, where it can be read. Throws Error naming the first value that cannot be and that the encoder
/// depends on.
Experiment storedExperiment(const std::filesystem::path& run, const Catalog& catalog);
std::string storedExperimentText(const std::filesystem::path& run);

/// What the run has recorded; its steps, which may be millions, stay on the disk.
struct StoredRecords {
    RunInfo info;
    std::vector<std::shared_ptr<const Snapshot>> snapshots;  // their figures
    std::optional<RunState> state;
    StepFile steps;

    /// In order, some thousand at a time, until `use` returns false: then false.
    bool eachPiece(const std::function<bool(const std::vector<StepRecord>&)>& use) const;
    /// The last step, or the first at or after `step`; absent: there is none.
    std::optional<StepRecord> last() const;
    std::optional<StepRecord> from(std::int64_t step) const;
};
StoredRecords storedRecords(const std::filesystem::path& run);

using StoredCheckpoint = CheckpointName;

/// By step; empty: there are none.
std::vector<StoredCheckpoint> storedCheckpoints(const std::filesystem::path& run);

/// That of `step`, or the last one. Throws Error saying which there are.
StoredCheckpoint chosenCheckpoint(const std::filesystem::path& run, std::optional<std::int64_t> step);

/// Throws Error when the file is damaged, no checkpoint, or newer than this program.
SafetensorsFile openCheckpoint(const std::filesystem::path& file);

/// What weights carry along: method, backbone, step, the experiment, how images are normalised, the program.
std::map<std::string, std::string> provenance(const std::filesystem::path& run, const Experiment& experiment,
                                              const StoredCheckpoint& checkpoint);

/// When the run began, in seconds since 1970.
double beginOf(const std::filesystem::path& run);

}  // namespace selfsight
