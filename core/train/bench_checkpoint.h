// What checkpoints cost a training. Torch-free.
#pragma once

#include <filesystem>
#include <string>

#include "core/config/experiment.h"

namespace selfsight {

struct CheckpointBenchOptions {
    double megabytes = 100;        // of a checkpoint, about: a ResNet-18 as wide as that takes, with its momenta
    int saves = 10;
    std::string device = "cpu";
    std::filesystem::path folder;  // made and removed again
};

struct CheckpointBench {
    double megabytes = 0;                // of a checkpoint
    double medianStall = 0, largestStall = 0;  // seconds that the training thread spends on a checkpoint
    double writeSeconds = 0;             // until it is whole on the disk, median
    double stepSeconds = 0, stepSecondsWhileWriting = 0;  // medians
    std::string device;
};

/// A real training of drawn shapes, saved again and again while it goes on. Throws Error.
CheckpointBench benchCheckpoint(const Catalog& catalog, const CheckpointBenchOptions& options);

}  // namespace selfsight
