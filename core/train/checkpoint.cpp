#include "core/train/checkpoint.h"

#include "core/base/error.h"
#include "core/io/safetensors.h"

namespace selfsight {

namespace {

struct TypePair {
    at::ScalarType torch;
    DType file;
};

constexpr TypePair kTypes[] = {{torch::kFloat32, DType::F32}, {torch::kFloat64, DType::F64}, {torch::kBFloat16, DType::BF16}, {torch::kFloat16, DType::F16},
                               {torch::kInt64, DType::I64},   {torch::kInt32, DType::I32},   {torch::kUInt8, DType::U8},      {torch::kBool, DType::Bool}};

DType dtypeOf(const torch::Tensor& tensor, const std::string& name)
{
    for (const TypePair& pair : kTypes)
        if (pair.torch == tensor.scalar_type()) return pair.file;
    throw Error(name, "has a type that checkpoints do not hold");
}

at::ScalarType scalarTypeOf(const TensorInfo& tensor)
{
    for (const TypePair& pair : kTypes)
        if (pair.file == tensor.dtype) return pair.torch;
    throw Error(tensor.name, std::string("is of ") + nameOf(tensor.dtype) + ", which no checkpoint holds");
}

bool canHold(const torch::Tensor& copy, const torch::Tensor& tensor)
{
    return copy.defined() && copy.scalar_type() == tensor.scalar_type() && copy.sizes() == tensor.sizes() && copy.strides() == tensor.strides();
}

}  // namespace

NamedTensors loadTensors(const std::filesystem::path& file)
{
    const SafetensorsFile source = SafetensorsFile::open(file);
    NamedTensors tensors;
    for (const TensorInfo& info : source.tensors()) {
        const torch::Tensor tensor = torch::empty(info.shape, scalarTypeOf(info));
        source.read(info, tensor.data_ptr());
        tensors.emplace_back(info.name, tensor);
    }
    return tensors;
}

void TensorCopies::take(const NamedTensors& tensors)
{
    const torch::NoGradGuard noGradients;
    m_copies.resize(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const torch::Tensor source = tensors[i].second.detach();
        auto& [name, copy] = m_copies[i];
        name = tensors[i].first;
        if (canHold(copy, source)) copy.copy_(source);
        else copy = source.to(torch::kCPU, source.scalar_type(), false, true);  // in the same order in memory: nothing is rearranged here
    }
}

std::string TensorCopies::write(const std::filesystem::path& file) const
{
    NamedTensors rows;  // in the order of their indices, alive until they are written
    std::vector<TensorSource> sources;
    for (const auto& [name, copy] : m_copies) {
        const torch::Tensor& row = rows.emplace_back(name, copy.contiguous()).second;
        sources.push_back({name, dtypeOf(row, name), row.sizes().vec(), {static_cast<const std::byte*>(row.data_ptr()), static_cast<std::size_t>(row.nbytes())}});
    }
    return writeSafetensors(file, sources, {{"format", "selfsight checkpoint 2"}});
}

}  // namespace selfsight
