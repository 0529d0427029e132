// The checkpoints of a run folder: step_N.safetensors with every tensor that changes, and beside it step_N.json with the numbers.
// A checkpoint is there once its .json is; what an interrupted save left is none. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/train/environment.h"

namespace selfsight {

/// What step_N.json says.
struct CheckpointFacts {
    std::int64_t step = 0;        // steps done
    std::int64_t epoch = 0;       // of the next batch
    std::int64_t batch = 0;       // of the next batch, within the epoch
    std::int64_t totalSteps = 0;  // that the schedules reckon with
    std::int64_t imagesSeen = 0;  // by the loader so far
    std::int64_t imagesBad = 0;   // unreadable ones among them
    double seconds = 0;           // of training so far
    double probeSeconds = 0;      // of these, in probes
    double loss = 0;              // mean over the last steps; 0 before the first
    struct Knn {
        double top1 = 0;
        std::int64_t step = 0;  // when it was measured
    };
    std::optional<Knn> knn;          // the newest figure of the kNN probe
    std::vector<std::string> terms;  // names of the loss terms; empty before the first step
    std::string name;                // of the experiment
    std::filesystem::path folder;    // of its preset: relative paths lie beside it
    Environment environment;
    std::uint64_t bytes = 0;         // of the tensors' file
    std::string sha256;              // of the tensors' file
};

struct Checkpoint {
    std::filesystem::path file;  // of the tensors
    CheckpointFacts facts;
};

std::filesystem::path checkpointFile(const std::filesystem::path& folder, std::int64_t step);  // folder: `checkpoints`

/// Makes the checkpoint of the tensors' file `file`, which is complete. Throws Error.
void writeFacts(const std::filesystem::path& file, const CheckpointFacts& facts);

/// Takes the checkpoint's .json away: `file` may then be replaced.
void forget(const std::filesystem::path& file);

/// Of any format, without a look inside, by step. One whose .json is missing was not finished, and is none.
struct CheckpointName {
    std::int64_t step = 0;
    std::filesystem::path file;
};
std::vector<CheckpointName> checkpointNamesIn(const std::filesystem::path& folder);

/// Newest first. One of a newer program throws Error; damaged ones are left out, with a sentence in `warnings`.
std::vector<Checkpoint> checkpointsIn(const std::filesystem::path& folder, std::vector<std::string>& warnings);

/// The newest of them whose tensors are what was written, byte for byte; each that isn't gives a sentence in `warnings`.
std::optional<Checkpoint> newestGoodCheckpoint(const std::filesystem::path& folder, std::vector<std::string>& warnings);

/// Throws Error when its tensors are not what was written, byte for byte.
void requireWhole(const Checkpoint& checkpoint);

/// Renames what lies behind `step`, damaged as it is, to NAME.damaged: nothing is taken for a checkpoint of the run that goes on.
void setAsideAfter(const std::filesystem::path& folder, std::int64_t step);

/// Which checkpoints stay, beside the first.
struct Retention {
    std::int64_t last = 0;  // newest; 0: all stay
    std::int64_t best = 0;  // by the kNN probe, or by the loss where there is none
};

/// Removes the others.
void thin(const std::filesystem::path& folder, const Retention& retention);

}  // namespace selfsight
