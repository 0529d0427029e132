#include "core/train/embedding_state.h"

#include <cmath>

#include "core/analysis/embedding_quality.h"

namespace selfsight {

EmbeddingState measureEmbeddings(const std::vector<torch::Tensor>& batches, bool lengthMatters)
{
    EmbeddingState result;
    if (batches.empty()) return result;
    const torch::Tensor rows = torch::cat(batches).to(torch::kCPU, torch::kFloat32).contiguous();
    result.rows = rows.size(0);
    if (result.rows < 2) return result;
    const MatrixView z{rows.data_ptr<float>(), rows.size(0), rows.size(1)};
    const std::vector<double> singularValues = centredSingularValues(z);
    result.collapse.stdSqrtD = lengthMatters ? columnStd(z) : collapseStd(z) * std::sqrt(static_cast<double>(z.columns));
    result.collapse.effectiveRank = effectiveRank(singularValues);
    result.singularValues.assign(singularValues.begin(), singularValues.end());
    return result;
}

}  // namespace selfsight
