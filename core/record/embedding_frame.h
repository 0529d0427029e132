// The embedding at one step as panels draw it: where each sample of the probe set lies, and who lies near it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace selfsight {

/// Vectors have an entry a sample of the run's ProbeSet, or are empty: not known.
struct EmbeddingFrame {
    std::int64_t step = 0;            // of the newest features in it
    bool isMoving = false;            // the layout has not come to rest yet
    std::vector<float> layout;        // (samples, 2)
    std::vector<float> featureSteps;  // of the weights that each sample's features came from
    std::vector<float> losses;        // NaN: not known
    std::vector<std::int32_t> clusters;
    std::int64_t neighbours = 0;            // k
    std::vector<std::int32_t> nearest;      // (samples, k): in the features, by cosine, nearest first
    std::vector<float> similarities;        // (samples, k)
    std::optional<double> trustworthiness;  // of the layout, Venna and Kaski 2001; k = 15
    std::optional<double> preserved;        // share of the 15 nearest in the features that are so in the layout
};

/// Samples whose neighbours changed together between two steps.
struct EmbeddingChange {
    std::int64_t from = 0, to = 0;
    struct Group {
        std::vector<std::int32_t> samples;  // most changed first
        double change = 0;                  // mean share of neighbours that are others now
    };
    std::vector<Group> groups;
    std::vector<float> change;  // of each sample
};

}  // namespace selfsight
