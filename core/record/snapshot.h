// What a probe saw at one step. Immutable once shared; plain numbers, no tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

/// One figure of a probe, a point of its curve.
struct ProbeFigure {
    std::string name;  // "knn.top1", "collapse.std_sqrt_d", "collapse.effective_rank", "alignment", "uniformity"
    double value = 0;
    std::string note;  // "subset: 4,000 bank, 1,000 queries"; empty when the figure is on everything
};

struct Snapshot {
    std::int64_t step = 0;   // of the weights the features came from; 0 = untrained
    double wallSeconds = 0;  // training time, as StepRecord
    std::vector<ProbeFigure> figures;
    std::vector<float> singularValues;  // of the probe features, centred, descending; empty: not measured
};

}  // namespace selfsight
