// What every step leaves behind: small, never dropped.
#pragma once

#include <cstdint>
#include <vector>

namespace selfsight {

struct StepRecord {
    std::int64_t step = 0;       // 1 = the first optimiser step
    std::int64_t epoch = 0;      // 0 = the first pass over the data
    std::int64_t batch = 0;      // index within the epoch; with (seed, epoch) it gives the images and their views
    double wallSeconds = 0;      // training time since the run began, pauses excluded
    float learningRate = 0;
    std::vector<float> terms;          // RunInfo::termNames
    std::vector<float> gradientNorms;  // RunInfo::layerNames; Euclidean, before clipping
};

}  // namespace selfsight
