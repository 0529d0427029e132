#include "tests/fake_device.h"

#include <ATen/EmptyTensor.h>
#include <ATen/native/TensorFactories.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>
#include <set>

namespace {

int hostReads = 0;

struct FakeAllocator : c10::Allocator {
    c10::DataPtr allocate(std::size_t bytes) const override
    {
        void* memory = bytes == 0 ? nullptr : std::malloc(bytes);
        return {memory, memory, &std::free, kFakeDevice};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
};
FakeAllocator fakeAllocator;
REGISTER_ALLOCATOR(c10::kXPU, &fakeAllocator);

struct FakeGuard : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return c10::kXPU; }
    c10::Device exchangeDevice(c10::Device) const override { return kFakeDevice; }
    c10::Device getDevice() const override { return kFakeDevice; }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
    c10::Stream getStream(c10::Device device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, device); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};
C10_REGISTER_GUARD_IMPL(XPU, FakeGuard);

/// The same memory seen from another device; keeps `tensor` alive.
torch::Tensor seenFrom(const torch::Device& device, const torch::Tensor& tensor)
{
    if (!tensor.defined() || tensor.device() == device) return tensor;
    return at::for_blob(tensor.data_ptr(), tensor.sizes())
        .strides(tensor.strides())
        .context(new torch::Tensor(tensor), [](void* kept) { delete static_cast<torch::Tensor*>(kept); })
        .options(tensor.options().device(device).requires_grad(false))
        .target_device(device)
        .make_tensor();
}

/// An empty tensor gets memory of its own: it may be the output of an operator that gives it a size.
torch::Tensor onHost(const torch::Tensor& tensor)
{
    const bool empty = tensor.defined() && tensor.numel() == 0;
    return empty ? torch::empty(tensor.sizes(), tensor.options().device(torch::kCPU)) : seenFrom(torch::kCPU, tensor);
}

/// Gives the formerly empty `tensor` the size and memory of `host`.
void adopt(const torch::Tensor& tensor, const torch::Tensor& host)
{
    const torch::Tensor filled = seenFrom(kFakeDevice, host);
    tensor.unsafeGetTensorImpl()->set_storage_keep_dtype(filled.storage());
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(filled.sizes(), filled.strides());
}

/// Runs any operator on host aliases of its arguments, in-place ones and lists included.
void runOnHost(const c10::OperatorHandle& op, torch::jit::Stack* stack)
{
    static const std::set<std::string> kReads = {"aten::nonzero", "aten::masked_select", "aten::_unique2"};
    const std::string name = op.schema().name();
    hostReads += kReads.contains(name);

    std::vector<std::pair<torch::Tensor, torch::Tensor>> seen;  // original, alias
    bool foreign = false;
    const auto alias = [&](const torch::Tensor& tensor) {
        foreign |= tensor.defined() && tensor.is_cpu() && tensor.dim() > 0;
        seen.emplace_back(tensor, onHost(tensor));
        return seen.back().second;
    };
    const std::size_t first = stack->size() - op.schema().arguments().size();
    for (std::size_t i = first; i < stack->size(); ++i) {
        c10::IValue& value = (*stack)[i];
        if (value.isTensor()) value = alias(value.toTensor());
        else if (value.isTensorList()) {
            c10::List<torch::Tensor> aliases;
            for (const torch::Tensor& tensor : value.toTensorVector()) aliases.push_back(alias(tensor));
            value = aliases;
        } else if (value.isOptionalTensorList()) {
            c10::List<c10::optional<torch::Tensor>> aliases;
            for (const c10::optional<torch::Tensor>& tensor : value.toOptionalTensorVector())
                aliases.push_back(tensor ? c10::make_optional(alias(*tensor)) : c10::nullopt);
            value = aliases;
        } else if (value.isDevice()) value = c10::Device(torch::kCPU);
    }
    TORCH_CHECK(!foreign, "a CPU tensor meets one of another device in ", name);

    op.callBoxed(stack);
    for (const auto& [tensor, host] : seen)
        if (tensor.defined() && tensor.numel() != host.numel()) adopt(tensor, host);

    const auto original = [&](const torch::Tensor& result) {
        for (const auto& [tensor, host] : seen)
            if (host.is_same(result)) return tensor;  // in-place and out= operators return their argument
        return seenFrom(kFakeDevice, result);
    };
    for (std::size_t i = first; i < stack->size(); ++i) {
        c10::IValue& value = (*stack)[i];
        if (value.isTensor()) value = original(value.toTensor());
        else if (value.isTensorList()) {
            c10::List<torch::Tensor> results;
            for (const torch::Tensor& tensor : value.toTensorVector()) results.push_back(original(tensor));
            value = results;
        }
    }
}

torch::Tensor emptyOnDevice(at::IntArrayRef size, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                            c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format)
{
    return at::detail::empty_generic(size, &fakeAllocator, c10::DispatchKeySet(c10::DispatchKey::XPU),
                                     dtype.value_or(torch::kFloat), format);
}

torch::Tensor emptyStridedOnDevice(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> dtype,
                                   c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>)
{
    return at::detail::empty_strided_generic(size, stride, &fakeAllocator, c10::DispatchKeySet(c10::DispatchKey::XPU),
                                             dtype.value_or(torch::kFloat));
}

/// An upload that is waited for holds the host up as a read does.
torch::Tensor copyBetween(const torch::Tensor& source, const torch::Tensor& destination, bool nonBlocking)
{
    hostReads += destination.is_cpu() || (source.is_cpu() && !nonBlocking);
    onHost(destination).copy_(onHost(source));
    return destination;
}

at::Scalar readScalar(const torch::Tensor& tensor)
{
    ++hostReads;
    return onHost(tensor).item();
}

torch::Tensor convolve(const torch::Tensor& input, const torch::Tensor& weight, const c10::optional<torch::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef outputPadding, int64_t groups)
{
    const c10::optional<torch::Tensor> hostBias = bias ? c10::make_optional(onHost(*bias)) : c10::nullopt;
    return seenFrom(kFakeDevice, at::convolution(onHost(input), onHost(weight), hostBias, stride, padding, dilation, transposed,
                                                 outputPadding, groups));
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor> convolveBackward(const torch::Tensor& gradient,
                                                                         const torch::Tensor& input, const torch::Tensor& weight,
                                                                         at::IntArrayRef stride, at::IntArrayRef padding,
                                                                         at::IntArrayRef dilation, bool transposed,
                                                                         at::IntArrayRef outputPadding, int64_t groups,
                                                                         std::array<bool, 3> mask)
{
    const std::vector<int64_t> biasSize{weight.size(0)};
    const auto [a, b, c] =
        at::convolution_backward(onHost(gradient), onHost(input), onHost(weight), at::OptionalIntArrayRef(biasSize), stride,
                                 padding, dilation, transposed, outputPadding, groups, mask);
    return {seenFrom(kFakeDevice, a), seenFrom(kFakeDevice, b), seenFrom(kFakeDevice, c)};
}

/// One step of a GRU, which devices have fused and the CPU has not: h' = n + z (h - n), gates in the order r, z, n.
std::tuple<torch::Tensor, torch::Tensor> gruCell(const torch::Tensor& inputGates, const torch::Tensor& hiddenGates,
                                                 const torch::Tensor& hidden, const c10::optional<torch::Tensor>& inputBias,
                                                 const c10::optional<torch::Tensor>& hiddenBias)
{
    const torch::Tensor h = onHost(hidden);
    const auto input = (onHost(inputGates) + onHost(*inputBias)).chunk(3, 1), recurrent = (onHost(hiddenGates) + onHost(*hiddenBias)).chunk(3, 1);
    const torch::Tensor r = torch::sigmoid(input[0] + recurrent[0]), z = torch::sigmoid(input[1] + recurrent[1]);
    const torch::Tensor n = torch::tanh(input[2] + r * recurrent[2]);
    return {seenFrom(kFakeDevice, n + z * (h - n)), seenFrom(kFakeDevice, torch::cat({r, z, n, h, recurrent[2]}, 1))};
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor> gruCellBackward(const torch::Tensor& gradient,
                                                                                                    const torch::Tensor& workspace, bool)
{
    const torch::Tensor g = onHost(gradient);
    const auto kept = onHost(workspace).chunk(5, 1);
    const torch::Tensor &r = kept[0], &z = kept[1], &n = kept[2], &h = kept[3];
    const torch::Tensor dn = g * (1 - z) * (1 - n * n), dz = g * (h - n) * z * (1 - z), dr = dn * kept[4] * r * (1 - r);
    const torch::Tensor input = torch::cat({dr, dz, dn}, 1), recurrent = torch::cat({dr, dz, dn * r}, 1);
    return {seenFrom(kFakeDevice, input), seenFrom(kFakeDevice, recurrent), seenFrom(kFakeDevice, g * z), seenFrom(kFakeDevice, input.sum(0)),
            seenFrom(kFakeDevice, recurrent.sum(0))};
}

TORCH_LIBRARY_IMPL(aten, XPU, m)
{
    m.impl("empty.memory_format", emptyOnDevice);
    m.impl("empty_strided", emptyStridedOnDevice);
    m.impl("_copy_from", copyBetween);
    m.impl("_local_scalar_dense", readScalar);
    m.impl("as_strided", at::native::as_strided_tensorimpl);
    m.impl("view", at::native::view);
    m.impl("_reshape_alias", at::native::_reshape_alias);
    m.impl("convolution_overrideable", convolve);
    m.impl("convolution_backward_overrideable", convolveBackward);
    m.impl("_thnn_fused_gru_cell", gruCell);
    m.impl("_thnn_fused_gru_cell_backward", gruCellBackward);
}

TORCH_LIBRARY_IMPL(_, XPU, m)
{
    m.fallback(torch::CppFunction::makeFromBoxedFunction<&runOnHost>());
}

}  // namespace

int takeHostReads()
{
    return std::exchange(hostReads, 0);
}
