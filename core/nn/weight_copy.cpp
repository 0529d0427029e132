#include "core/nn/weight_copy.h"

#include <cmath>
#include <map>

#include "core/nn/positions.h"

namespace selfsight
{

namespace
{

std::map<std::string, torch::Tensor> tensorsByName(const torch::nn::Module& network)
{
    std::map<std::string, torch::Tensor> tensors;
    for (const auto& entry : network.named_parameters()) tensors[entry.key()] = entry.value();
    for (const auto& entry : network.named_buffers()) tensors[entry.key()] = entry.value();
    return tensors;
}

}  // namespace

std::vector<NamedShape> shapesOf(const torch::nn::Module& network)
{
    std::vector<NamedShape> shapes;
    for (const auto& [name, tensor] : tensorsByName(network)) shapes.push_back({name, tensor.sizes().vec()});
    return shapes;
}

void copyWeights(torch::nn::Module& network, const WeightMatch& match, const ReadWeight& read)
{
    const torch::NoGradGuard noGradients;
    std::map<std::string, torch::Tensor> targets = tensorsByName(network);
    for (const WeightSource& source : match.matched) {
        std::vector<torch::Tensor> parts;
        for (const std::string& name : source.names) parts.push_back(read(name));
        torch::Tensor values = parts.size() == 1 ? parts.front() : torch::cat(parts, 0);
        if (source.lacksCls) values = torch::cat({torch::zeros_like(values.slice(1, 0, 1)), values}, 1);
        torch::Tensor& target = targets.at(source.target);
        if (values.sizes() != target.sizes()) {
            const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(target.size(1) - 1))));
            values = interpolatePositions(values, side, side);
        }
        target.copy_(values);
    }
}

}  // namespace selfsight
