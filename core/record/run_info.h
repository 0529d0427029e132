// What a run is, known before its first step and unchanged while it lasts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace selfsight {

/// A level worth drawing behind a curve: chance, collapse, a baseline.
struct ReferenceLine {
    std::string curve;  // name of a loss term ("total") or probe figure ("knn.top1")
    double value = 0;
    std::string label;  // "chance ln(2B-1)"
};

/// Curves of one scale share a plot: those of the loss's size and unit, shares of 1 (cosines too), and those with a scale of
/// their own.
enum class CurveScale { Loss, Share, Own };

/// A term that is reported beside "total".
struct CurveInfo {
    std::string name;  // "teacher_entropy"; in MethodInfo also "accuracy_*" for a whole family
    CurveScale scale = CurveScale::Loss;
    std::string doc;   // one sentence: what it shows
};

/// The run that a branch begins with: its own history up to `step`, which the branch holds too, and what was changed then.
struct RunParent {
    struct Change {
        std::string keyPath;              // "method.temperature"
        std::optional<std::string> from, to;  // absent: the other side's choice has no such option
    };
    std::string name;    // of its folder
    std::string folder;  // absolute, when the branch was made
    std::int64_t step = 0;  // of the checkpoint
    std::vector<Change> changes;
};

/// "at step 200: temperature 0.2 → 0.1, lr 0.06 → 0.03"
std::string describe(const RunParent& parent);

struct RunInfo {
    std::string name;
    std::string methodTitle;
    std::string dataTitle;
    std::string experimentYaml;            // every value resolved
    std::vector<std::string> termNames;    // of StepRecord::terms, "total" first
    std::vector<CurveInfo> curves;         // what is known of the terms but "total"
    std::vector<std::string> layerNames;   // of StepRecord::gradientNorms, in forward order
    std::vector<ReferenceLine> references;
    std::int64_t totalSteps = 0;
    std::int64_t stepsPerEpoch = 1;
    std::int64_t batchSize = 1;
    std::string device;     // "cpu (2 threads), bf16"
    std::string folder;     // the run folder; empty when nothing is kept
    std::optional<RunParent> parent;  // of a branch
};

}  // namespace selfsight
