#include "core/analysis/labels.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace selfsight {

torch::Tensor checkedLabels(const std::string& who, const std::string& what, std::span<const std::int32_t> labels, std::int64_t rows,
                            std::int64_t classes)
{
    if (static_cast<std::int64_t>(labels.size()) != rows)
        throw Error(who, fmt::format("the {} has {} features but {} labels", what, rows, labels.size()));
    for (const std::int32_t label : labels)
        if (label < 0 || label >= classes) throw Error(who, fmt::format("the {} has label {}, with {} classes", what, label, classes));
    return torch::from_blob(const_cast<std::int32_t*>(labels.data()), {rows}, torch::kInt).to(torch::kLong);
}

}  // namespace selfsight
