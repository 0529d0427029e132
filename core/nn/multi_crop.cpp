#include "core/nn/multi_crop.h"

namespace selfsight {

torch::Tensor multiCrop(const std::function<torch::Tensor(const torch::Tensor&)>& network, const std::vector<torch::Tensor>& crops)
{
    std::vector<torch::Tensor> results;
    for (std::size_t first = 0; first < crops.size();) {
        std::size_t end = first + 1;
        while (end < crops.size() && crops[end].sizes() == crops[first].sizes()) ++end;
        const std::vector<torch::Tensor> same(crops.begin() + static_cast<std::ptrdiff_t>(first), crops.begin() + static_cast<std::ptrdiff_t>(end));
        results.push_back(network(torch::cat(same)));
        first = end;
    }
    return torch::cat(results);
}

}  // namespace selfsight
