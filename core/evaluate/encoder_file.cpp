#include "core/evaluate/encoder_file.h"

#include "core/base/error.h"
#include "core/export/stored_run.h"
#include "core/methods/method.h"

namespace selfsight
{

namespace
{

/// "method.backbone.conv1.weight" -> "conv1.weight", "method.head.0.weight" -> "head.0.weight"; absent for the rest.
std::optional<std::string> nameInFile(const std::string& tensor, const std::string& backbone)
{
    const std::string method = "method.", own = method + backbone + '.';
    if (tensor.starts_with(own)) return tensor.substr(own.size());
    for (const char* module : {"head.", "classifier."})
        if (tensor.starts_with(method + module)) return tensor.substr(method.size());
    return std::nullopt;
}

}  // namespace

void writeEncoderFile(const std::filesystem::path& run, std::optional<std::int64_t> step, const std::filesystem::path& out,
                      const Catalog& catalog)
{
    const Experiment experiment = storedExperiment(run, catalog);
    const std::string& backbone = methods().at(experiment["method"].type).encoder.front();
    if (backbone.ends_with('*'))
        throw Error(run.string(), "belongs to a method with several encoders, which cannot be fine-tuned as one",
                    "kNN and the linear probe judge their features.");
    const StoredCheckpoint checkpoint = chosenCheckpoint(run, step);
    const SafetensorsFile file = openCheckpoint(checkpoint.file);
    std::vector<std::vector<std::byte>> memory;
    std::vector<TensorSource> tensors;
    for (const TensorInfo& tensor : file.tensors()) {
        const auto name = nameInFile(tensor.name, backbone);
        if (!name) continue;
        memory.emplace_back(tensor.bytes);
        file.read(tensor, memory.back().data());
        tensors.push_back({*name, tensor.dtype, tensor.shape, {}});
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].bytes = memory[i];
    auto facts = provenance(run, experiment, checkpoint);
    facts["format"] = "pt";
    facts["part"] = "encoder, head and classifier";
    writeSafetensors(out, tensors, facts);
}

}  // namespace selfsight
