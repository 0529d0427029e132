// What a network makes of images that it is shown: the features of a weights file or a run as plain numbers. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/evaluate/evaluate.h"

namespace selfsight
{

struct ModelFeatures {
    std::int64_t columns = 0;
    std::vector<float> values;         // (images, columns)
    std::vector<std::int64_t> images;  // of the held-out part, or of the training part where there is no other
    std::vector<std::int32_t> labels;  // one an image
    std::vector<std::string> classes;

    std::int64_t rows() const { return static_cast<std::int64_t>(images.size()); }
};

/// Of request.models.front() on the request's data: at most `most` images, evenly taken. Absent when cancelled. Thread: any; it computes in
/// the caller's. Throws Error as evaluateModels().
std::optional<ModelFeatures> modelFeatures(const EvaluationRequest& request, std::int64_t most, const Catalog& catalog, const EvaluateProgress& progress);

}  // namespace selfsight
