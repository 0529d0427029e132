// What a probe saw at one step. Immutable once shared; plain numbers, no tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

/// One figure of a probe, a point of its curve.
struct ProbeFigure {
    std::string name;  // "knn.top1", "collapse.std_sqrt_d", "collapse.effective_rank", "alignment", "uniformity", ...
    double value = 0;
    std::string note;  // "subset: 4,000 bank, 1,000 queries"; empty when the figure is on everything
};

/// Something bulky that was measured.
struct SnapshotArray {
    enum class Kept { Float16, Float32 };  // on disk
    std::string name;                      // "layout.tsne", "features"
    std::vector<std::int64_t> shape;       // row-major
    std::vector<float> values;
    Kept kept = Kept::Float16;
};

/// (layers): Euclidean norms of the weights of RunInfo::layerNames, in snapshots of the quality probe.
inline constexpr const char* kWeightNorms = "weights.norms";

struct Snapshot {
    std::int64_t step = 0;   // of the weights the features came from; 0 = untrained
    double wallSeconds = 0;  // training time, as StepRecord
    std::vector<ProbeFigure> figures;
    std::vector<float> singularValues;  // of the probe features, centred, descending; empty: not measured, or not loaded
    std::vector<SnapshotArray> arrays;  // of a stored run: of the newest snapshot; RunSource::snapshot() has those of the others
    bool hasMore = false;               // a stored snapshot whose bulky part is not loaded
};

}  // namespace selfsight
