// How long the map of gradients takes to be drawn: for `selfsight --bench-ui`.
#pragma once

#include <vector>

namespace selfsight {

struct GradientFigures {
    int layers = 0, steps = 0;
    std::vector<double> milliseconds;  // of each picture: zoomed out, then ever closer at many places
};

GradientFigures benchGradientMap();

}  // namespace selfsight
