// Where a run stands now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace selfsight {

enum class RunPhase { Preparing, Running, Paused, Evaluating, Finished, Stopped, Failed };

/// snake_case, as result lines and state files write it.
std::string toText(RunPhase phase);
bool isOver(RunPhase phase);  // Finished, Stopped or Failed

/// The figures of the last line that `selfsight-cli train --json` prints. Shares are 0..1.
struct RunResult {
    std::string run;          // folder
    std::int64_t steps = 0;
    double seconds = 0;       // training alone
    double imagesPerSecond = 0;
    double loss = 0;          // mean of "total" over the last 20 steps
    struct Knn {
        double trained = 0, untrained = 0, pixels = 0;  // top-1 of the first label table; pixels: of the raw data, signals too
        int neighbours = 0;
        double temperature = 0;
        std::int64_t bank = 0, queries = 0;
        struct Table {
            std::string name;
            double trained = 0, untrained = 0, pixels = 0;
        };
        std::vector<Table> further;  // the other label tables
    };
    std::optional<Knn> knn;   // absent: no labels, or the evaluation was skipped
    /// top-1 of a linear classifier on frozen features, first label table.
    struct Linear {
        double trained = 0;
        std::optional<double> untrained, pixels;  // absent: it would take long
    };
    std::optional<Linear> linear;
    /// Of the output that the loss sees, in the last steps.
    struct Collapse {
        double stdSqrtD = 0, effectiveRank = 0;
        struct Targets {
            double entropyShare = 0;  // of ln K
            double divergence = 0;    // of the targets from the predictions, in nats
        };
        std::optional<Targets> targets = {};  // of methods whose targets are distributions over K outputs
    };
    std::optional<Collapse> collapse;
};

/// Where targets are distributions: they are one and the same answer (entropy below 0.1 ln K), or even (above 0.98 ln K) and
/// matched (divergence below 0.01). Else: std * sqrt(d) below 0.1 (one point), or an effective rank below 2 (one line: outputs that a
/// batch norm keeps at mean 0 cannot become one point).
bool isCollapsed(const RunResult::Collapse& collapse);

struct RunState {
    RunPhase phase = RunPhase::Preparing;
    std::int64_t step = 0;
    bool elsewhere = false;        // another program trains it: it can be watched and stopped, not steered
    std::string activity;          // "training", "evaluating: features of the bank, 23 %"; a sentence when Failed
    double imagesPerSecond = 0;    // over the last seconds
    double etaSeconds = -1;        // < 0: unknown
    std::int64_t memoryBytes = 0;  // resident memory of the process
    struct DeviceMemory {
        std::int64_t usedBytes = 0, totalBytes = 0;  // of all processes
    };
    std::optional<DeviceMemory> deviceMemory = {};  // of the GPU that trains
    double probeShare = 0;         // of run time spent in probes
    std::optional<RunResult> result;  // once over
};

struct LogLine {
    enum class Level { Debug, Info, Warning, Error };
    Level level = Level::Info;
    double wallSeconds = 0;  // since the run's thread started
    std::string text;
};

}  // namespace selfsight
