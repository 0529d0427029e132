#include "core/evaluate/model_features.h"

#include <algorithm>
#include <utility>

#include "core/evaluate/judged_data.h"
#include "core/train/train_options.h"

namespace selfsight
{

std::optional<ModelFeatures> modelFeatures(const EvaluationRequest& request, std::int64_t most, const Catalog& catalog, const EvaluateProgress& progress)
{
    const JudgedModel model = openModel(request.models.front(), catalog);
    JudgedData data = openData(model, request, catalog);
    const auto all = static_cast<std::int64_t>(data.queries.size());
    if (most > 0 && most < all) {
        std::vector<std::int64_t> some;
        for (std::int64_t i = 0; i < most; ++i) some.push_back(data.queries[static_cast<std::size_t>(i * all / most)]);
        data.queries = std::move(some);
    }
    const ComputeDevice device = resolveDevice(trainSchema().read(model.experiment["train"]), request.threads);
    auto rows = rowsOf(model, data, true, Output::Features, device, FeatureCache(request.cache),
                       [&](double share) { return progress(model.name + ": features of the images", share); });
    if (!rows) return std::nullopt;
    ModelFeatures features{.columns = rows->columns, .values = std::move(rows->values), .images = std::move(rows->images), .labels = {}, .classes = data.queryLabels().classes};
    features.labels = labelsOf(data.queryLabels(), features.images);
    return features;
}

}  // namespace selfsight
