// A network to be judged: of a run, of one of its checkpoints, or of a weights file. Internal to core/evaluate: it has torch in
// it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/data/data_set.h"
#include "core/methods/method.h"

namespace selfsight
{

struct JudgedModel {
    std::shared_ptr<Method>
        encoder;                // features(), and of weights files that hold a classifier logits(); evaluation mode, on the CPU
    bool namesClasses = false;  // it has a classifier; a run's is read from its encoder file
    Experiment experiment;      // its backbone, views and data
    std::string name;           // "runs/a@1200", "vit.safetensors"
    std::string method;         // title, or "weights"
    std::optional<std::int64_t> step;           // of a checkpoint
    std::optional<PixelStatistics> statistics;  // that it was trained with; absent: the judged data's own
    std::filesystem::path run;                  // empty: a weights file
    std::filesystem::path weights;              // the checkpoint, or the file
    std::vector<std::string> notes;
};

/// "RUN", "RUN@STEP" or a weights file. A weights file has no data of its own: `experiment` is then the default one.
/// Throws Error saying what it was taken for and why that fails.
JudgedModel openModel(const std::string& source, const Catalog& catalog);

}  // namespace selfsight
