#include "core/train/step_numbers.h"

namespace selfsight {

namespace {

/// A scalar a layer, on the device: one kernel for all of them where there is one.
std::vector<torch::Tensor> gradientScalars(const NamedTensors& layers)
{
    std::vector<torch::Tensor> gradients;
    for (const auto& [name, parameter] : layers)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    if (gradients.empty()) return {};
    const std::vector<torch::Tensor> norms = at::_foreach_norm(gradients);
    const torch::Tensor zero = torch::zeros({}, norms.front().options().dtype(torch::kFloat32));
    std::vector<torch::Tensor> scalars;
    std::size_t next = 0;
    for (const auto& [name, parameter] : layers) scalars.push_back(parameter.grad().defined() ? norms[next++].to(torch::kFloat32) : zero);
    return scalars;
}

std::vector<float> toHost(const std::vector<torch::Tensor>& scalars)
{
    if (scalars.empty()) return {};
    const torch::Tensor host = torch::stack(scalars).to(torch::kFloat32).to(torch::kCPU);
    return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

}  // namespace

NamedTensors trainableLayers(const Method& method)
{
    NamedTensors layers;
    for (const auto& entry : method.named_parameters())
        if (entry.value().requires_grad()) layers.emplace_back(entry.key(), entry.value());
    return layers;
}

std::vector<float> gradientNorms(const NamedTensors& layers)
{
    const torch::NoGradGuard noGradients;
    return toHost(gradientScalars(layers));
}

std::vector<float> weightNorms(const NamedTensors& layers)
{
    const torch::NoGradGuard noGradients;
    std::vector<torch::Tensor> weights;
    for (const auto& [name, parameter] : layers) weights.push_back(parameter.detach());
    return toHost(at::_foreach_norm(weights));
}

StepNumbers stepNumbers(const StepOutput& output, const NamedTensors& layers)
{
    const torch::NoGradGuard noGradients;
    std::vector<torch::Tensor> scalars;
    for (const auto& [name, term] : output.terms) scalars.push_back(term.detach().to(torch::kFloat32).reshape({}));
    for (torch::Tensor& norm : gradientScalars(layers)) scalars.push_back(std::move(norm));
    torch::Tensor all = torch::stack(scalars);
    if (output.perSample.defined()) all = torch::cat({all, output.perSample.detach().to(torch::kFloat32).reshape({-1})});
    const torch::Tensor host = all.to(torch::kCPU);
    const float* begin = host.data_ptr<float>();
    const float *norms = begin + output.terms.size(), *samples = begin + scalars.size();
    return {{begin, norms}, {norms, samples}, {samples, begin + host.numel()}};
}

}  // namespace selfsight
