// The sections `fine_tune` and `distillation` of an experiment: how its features are judged with labels, and the later stages of
// the SimCLR v2 pipeline. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/schema.h"

namespace selfsight
{

struct FineTuneOptions {
    std::vector<double> labelShares = {0.01};
    std::int64_t labelSeed = 1;
    std::int64_t headLayers = -1;
    double epochs = 0;
    double scratchEpochs = 0;
    double probeEpochs = 100;
    std::int64_t batchSize = 256;
    double lr = 0.05;
    double scratchLr = 0.1;
    double weightDecay = 0;
    double scratchWeightDecay = 5e-4;
};

enum class StudentStart { Pretrained, Random };

struct DistillationStageOptions {
    double epochs = 20;
    std::int64_t batchSize = 256;
    double lr = 0.05;
    double weightDecay = 1e-4;
    double temperature = 1;
    double labelledWeight = 0;
    std::string student;
    StudentStart studentStart = StudentStart::Pretrained;
};

const SchemaFor<FineTuneOptions>& fineTuneSchema();
const SchemaFor<DistillationStageOptions>& distillationStageSchema();

}  // namespace selfsight
