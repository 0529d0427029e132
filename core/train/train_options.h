// The options of the sections `train` and `record`.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/schema.h"

namespace selfsight {

enum class Precision { Auto, Fp32, Bf16, Fp16 };

/// What becomes of a step whose loss or gradients are not finite.
enum class NotFinite { Stop, SkipStep, RollBack };

struct TrainOptions {
    std::int64_t steps = 1000;
    std::int64_t batchSize = 256;
    std::int64_t seed = 1;
    std::string initWeights;  // a file
    std::string device = "auto";
    Precision precision = Precision::Auto;
    NotFinite notFinite = NotFinite::Stop;
    std::int64_t threads = 0;
    std::int64_t loaderThreads = 1;
    std::int64_t checkpointEverySteps = 0;
    double checkpointEverySeconds = 60;
    std::int64_t keepLastCheckpoints = 3;
    std::int64_t keepBestCheckpoints = 1;
};

struct RecordOptions {
    double probeBudget = 0.05;
    std::int64_t probeEverySteps = 0;
    std::int64_t knnBank = 4000;
    std::int64_t knnQueries = 1000;
    std::int64_t knnNeighbours = 20;
    double knnTemperature = 0.07;
    std::int64_t denseKnnEverySteps = 25;
    bool onlineProbe = true;
    std::int64_t qualityImages = 512;
    std::int64_t embeddingImages = 0;
    std::int64_t attentionImages = 8;
    double maxGigabytes = 2;
};

const SchemaFor<TrainOptions>& trainSchema();
const SchemaFor<RecordOptions>& recordSchema();

}  // namespace selfsight
