#include "core/train/multiply_adds.h"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <string_view>

namespace selfsight {

namespace {

thread_local std::int64_t counted = 0;

/// Every output element sums over what the weight's other dimensions hold.
void countOperator(const at::RecordFunction& function, at::ObserverContext*)
{
    const std::string_view name = function.name();
    const bool convolution = name == "aten::conv2d" || name == "aten::conv1d";
    if (!convolution && name != "aten::linear" && name != "aten::matmul") return;
    const torch::Tensor& weight = function.inputs().at(1).toTensor();
    const torch::Tensor& output = function.outputs().at(0).toTensor();
    const std::int64_t summed = convolution || name == "aten::linear" ? weight.numel() / weight.size(0) : weight.size(-2);
    counted += output.numel() * summed;
}

}  // namespace

std::int64_t countMultiplyAdds(const std::function<void()>& work)
{
    counted = 0;
    const auto observe = [](const at::RecordFunction&) -> std::unique_ptr<at::ObserverContext> { return nullptr; };
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(observe, countOperator).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
    work();
    at::removeCallback(handle);
    return counted;
}

}  // namespace selfsight
