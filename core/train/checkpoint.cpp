#include "core/train/checkpoint.h"

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

DType dtypeOf(const torch::Tensor& tensor, const std::string& name)
{
    switch (tensor.scalar_type()) {
    case torch::kFloat32: return DType::F32;
    case torch::kFloat64: return DType::F64;
    case torch::kBFloat16: return DType::BF16;
    case torch::kFloat16: return DType::F16;
    case torch::kInt64: return DType::I64;
    case torch::kInt32: return DType::I32;
    case torch::kUInt8: return DType::U8;
    case torch::kBool: return DType::Bool;
    default: throw Error(name, "has a type that checkpoints do not hold");
    }
}

/// Keeps the host copies alive until they are written.
class Collection {
public:
    void add(const std::string& name, const torch::Tensor& tensor)
    {
        m_hosts.push_back(tensor.detach().to(torch::kCPU).contiguous());
        const torch::Tensor& host = m_hosts.back();
        m_sources.push_back({name, dtypeOf(host, name), host.sizes().vec(),
                             {static_cast<const std::byte*>(host.data_ptr()), static_cast<std::size_t>(host.nbytes())}});
    }
    const std::vector<TensorSource>& sources() const { return m_sources; }

private:
    std::vector<torch::Tensor> m_hosts;
    std::vector<TensorSource> m_sources;
};

}  // namespace

void saveCheckpoint(const std::filesystem::path& file, const Method& method, Optimizer& optimizer, const CheckpointPosition& position)
{
    Collection tensors;
    for (const auto& entry : method.named_parameters()) tensors.add("method." + entry.key(), entry.value());
    for (const auto& entry : method.named_buffers()) tensors.add("method." + entry.key(), entry.value());
    for (const auto& [name, tensor] : optimizer.state()) tensors.add("optimizer." + name, tensor);
    tensors.add("generator", generatorState(method.parameters().front().device()));
    writeSafetensors(file, tensors.sources(), {{"format", "selfsight checkpoint 1"}});

    const nlohmann::ordered_json json = {{"version", 1}, {"step", position.step}, {"epoch", position.epoch}, {"batch", position.batch},
                                         {"bytes", std::filesystem::file_size(file)}};
    writeAtomically(std::filesystem::path(file).replace_extension(".json"), json.dump(2) + '\n');
}

}  // namespace selfsight
