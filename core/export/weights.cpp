// The weights of a checkpoint, as safetensors or as PyTorch's own file.
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/export/encoder.h"
#include "core/export/entries.h"
#include "core/export/stored_run.h"
#include "core/io/torch_writer.h"

namespace selfsight {

namespace {

/// The chosen tensors of a checkpoint under the names they are exported by.
struct ChosenWeights {
    std::vector<std::vector<std::byte>> memory;
    std::vector<TensorSource> tensors;
};

/// Empty when cancelled.
ChosenWeights chosenWeights(const SafetensorsFile& checkpoint, const MethodInfo& method, ExportPart part,
                            const ExportProgress& progress)
{
    const std::string prefix = "method.";
    ChosenWeights chosen;
    const auto& all = checkpoint.tensors();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!progress("reading the weights", static_cast<double>(i) / static_cast<double>(all.size()))) return {};
        if (!all[i].name.starts_with(prefix)) continue;
        const std::string name = all[i].name.substr(prefix.size());
        const std::optional<std::string> exported = part == ExportPart::All ? std::optional(name) : encoderName(method, name);
        if (!exported) continue;
        chosen.memory.emplace_back(all[i].bytes);
        checkpoint.read(all[i], chosen.memory.back().data());
        chosen.tensors.push_back({*exported, all[i].dtype, all[i].shape, chosen.memory.back()});
    }
    if (chosen.tensors.empty())
        throw Error("checkpoint", "holds no weights of the encoder", "It does not belong to this experiment.");
    return chosen;
}

using WriteWeights = void (*)(const ExportRequest&, const std::vector<TensorSource>&, std::map<std::string, std::string>);

ExportResult writeWeights(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress,
                          WriteWeights write)
{
    const Experiment experiment = storedExperiment(request.run, catalog);
    const StoredCheckpoint checkpoint = chosenCheckpoint(request.run, request.step);
    ExportResult result{.out = request.out, .step = checkpoint.step, .notes = {}};
    const ChosenWeights chosen =
        chosenWeights(openCheckpoint(checkpoint.file), methods().at(experiment["method"].type), request.part, progress);
    result.cancelled = chosen.tensors.empty() || !progress("writing the file", 1);
    if (result.cancelled) return result;
    auto facts = provenance(request.run, experiment, checkpoint);
    facts["part"] = request.part == ExportPart::All ? "all" : "encoder";
    write(request, chosen.tensors, std::move(facts));
    return result;
}

}  // namespace

ExportResult writeSafetensorsExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress)
{
    return writeWeights(
        request, catalog, progress,
        [](const ExportRequest& wish, const std::vector<TensorSource>& tensors, std::map<std::string, std::string> facts) {
            facts["format"] = "pt";  // Hugging Face's loaders ask for it
            writeSafetensors(wish.out, tensors, facts);
        });
}

ExportResult writeTorchExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress)
{
    return writeWeights(
        request, catalog, progress,
        [](const ExportRequest& wish, const std::vector<TensorSource>& tensors, std::map<std::string, std::string> facts) {
            writeTorchFile(wish.out, tensors, nlohmann::ordered_json(facts).dump(1));
        });
}

}  // namespace selfsight
