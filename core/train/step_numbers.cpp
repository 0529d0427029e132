#include "core/train/step_numbers.h"

namespace selfsight {

NamedTensors trainableLayers(const Method& method)
{
    NamedTensors layers;
    for (const auto& entry : method.named_parameters())
        if (entry.value().requires_grad()) layers.emplace_back(entry.key(), entry.value());
    return layers;
}

StepNumbers stepNumbers(const StepOutput& output, const NamedTensors& layers)
{
    const torch::NoGradGuard noGradients;
    std::vector<torch::Tensor> scalars;
    for (const auto& [name, term] : output.terms) scalars.push_back(term.detach().to(torch::kFloat32).reshape({}));
    const torch::Tensor zero = torch::zeros({}, scalars.front().options());
    for (const auto& [name, parameter] : layers) {
        const torch::Tensor& gradient = parameter.grad();
        scalars.push_back(gradient.defined() ? gradient.norm().to(torch::kFloat32) : zero);
    }
    torch::Tensor all = torch::stack(scalars);
    if (output.perSample.defined()) all = torch::cat({all, output.perSample.detach().to(torch::kFloat32).reshape({-1})});
    const torch::Tensor host = all.to(torch::kCPU);
    const float* begin = host.data_ptr<float>();
    const float *norms = begin + output.terms.size(), *samples = begin + scalars.size();
    return {{begin, norms}, {norms, samples}, {samples, begin + host.numel()}};
}

}  // namespace selfsight
