// How fluid the Embedding panel is with as many points as it may get.
#pragma once

#include <vector>

namespace selfsight {

struct EmbeddingFigures {
    int points = 0;
    double firstMilliseconds = 0;      // from a frame's arrival to its picture
    std::vector<double> milliseconds;  // of every picture while it is moved and zoomed
};

EmbeddingFigures benchEmbedding();

}  // namespace selfsight
