// The benchmarks of `selfsight-cli bench`: one file each, listed in bench.cpp.
#pragma once

#include "app/cli/command.h"

namespace selfsight {
struct StepBenchOptions;
}

namespace selfsight::cli {

/// What every bench of a training step may be asked: size, batch, device, threads, seconds.
void addStepOptions(CLI::App& command, StepBenchOptions& options);

Run addBenchStep(CLI::App& command);
Run addBenchAugment(CLI::App& command);
Run addBenchCheckpoint(CLI::App& command);
Run addBenchKnn(CLI::App& command);
Run addBenchRecords(CLI::App& command);
Run addBenchGradients(CLI::App& command);
Run addBenchAttention(CLI::App& command);
Run addBenchTsne(CLI::App& command);
Run addBenchFilm(CLI::App& command);

}  // namespace selfsight::cli
