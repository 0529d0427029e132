// The data of an experiment as its method sees it: a method that learns labels is told some of them, and trains on these images
// alone. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/data/data_set.h"

namespace selfsight
{

struct TrainingData {
    DataSplits splits;                 // `train`: the images that are trained on; what a run's image numbers count
    std::vector<std::int32_t> labels;  // one a training image, -1 unknown; empty: the method is told none
    std::vector<std::string> notes;    // what is not as one would expect of the labels
};

/// Throws Error as the data set's open() does.
TrainingData openTrainingData(const Experiment& experiment);

}  // namespace selfsight
