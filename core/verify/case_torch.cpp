#include "core/verify/case_torch.h"

namespace selfsight {

torch::Tensor toTensor(const CaseTensor& tensor)
{
    return std::visit(
        [&tensor](const auto& list) {
            using T = typename std::decay_t<decltype(list)>::value_type;
            return torch::from_blob(const_cast<T*>(list.data()), tensor.shape, c10::CppTypeToScalarType<T>::value).clone();
        },
        tensor.values);
}

torch::Tensor differentiable(const Case& reference, const std::string& name)
{
    return toTensor(reference.in(name)).requires_grad_();
}

void compare(Comparison& comparison, const std::string& output, const torch::Tensor& got)
{
    if (!got.defined()) return comparison.fail(output + " was not reached by any gradient");
    const torch::Tensor numbers = got.detach().to(torch::kCPU, torch::kDouble).contiguous();
    const std::vector<std::int64_t> shape = numbers.dim() == 0 ? std::vector<std::int64_t>{1} : numbers.sizes().vec();
    comparison.compare(output, shape, {numbers.data_ptr<double>(), numbers.data_ptr<double>() + numbers.numel()});
}

}  // namespace selfsight
