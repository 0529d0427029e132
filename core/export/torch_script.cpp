#include "core/export/torch_script.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/serialization/export.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/error.h"
#include "core/export/encoder.h"
#include "core/export/entries.h"
#include "core/export/stored_run.h"
#include "core/io/atomic_file.h"
#include "core/train/machine.h"

namespace selfsight {

namespace {

/// Tensors by their dotted names, as modules within modules.
struct ScriptNode {
    struct Leaf {
        std::string name;
        torch::Tensor tensor;
        bool isBuffer;
    };
    std::vector<Leaf> leaves;
    std::vector<std::pair<std::string, ScriptNode>> children;

    void add(const std::string& name, const torch::Tensor& tensor, bool isBuffer)
    {
        const auto dot = name.find('.');
        if (dot == std::string::npos) return leaves.push_back({name, tensor, isBuffer});
        const std::string head = name.substr(0, dot);
        auto child = std::ranges::find(children, head, &std::pair<std::string, ScriptNode>::first);
        if (child == children.end()) {
            children.emplace_back(head, ScriptNode());
            child = std::prev(children.end());
        }
        child->second.add(name.substr(dot + 1), tensor, isBuffer);
    }
};

torch::jit::Module scriptModule(const ScriptNode& node, const std::string& type,
                                const std::shared_ptr<torch::jit::CompilationUnit>& unit)
{
    torch::jit::Module module(c10::QualifiedName(type), unit, true);
    module.register_attribute("training", c10::BoolType::get(), false);
    for (const ScriptNode::Leaf& leaf : node.leaves) {
        if (leaf.isBuffer) module.register_buffer(leaf.name, leaf.tensor);
        else module.register_parameter(leaf.name, leaf.tensor, false);
    }
    for (const auto& [name, child] : node.children) module.register_module(name, scriptModule(child, type + "_" + name, unit));
    return module;
}

torch::jit::Module recorded(Method& method, const MethodInfo& info, const torch::Tensor& images)
{
    ScriptNode tree;
    for (const auto& entry : method.named_parameters())
        if (const auto name = encoderName(info, entry.key())) tree.add(*name, entry.value(), false);
    for (const auto& entry : method.named_buffers())
        if (const auto name = encoderName(info, entry.key())) tree.add(*name, entry.value(), true);
    torch::jit::Module module = scriptModule(tree, "__torch__.Encoder", std::make_shared<torch::jit::CompilationUnit>());

    const auto features = [&method](torch::jit::Stack inputs) -> torch::jit::Stack {
        return {method.features(inputs.at(0).toTensor())};
    };
    const auto unnamed = [](const torch::autograd::Variable&) { return std::string(); };
    const auto traced = torch::jit::tracer::trace({images}, features, unnamed, true, false, &module, {"images"});
    const std::shared_ptr<torch::jit::Graph> graph = traced.first->graph;
    torch::jit::EliminateDeadCode(graph);
    torch::jit::Function* forward =
        module._ivalue()->compilation_unit()->create_function(c10::QualifiedName(*module.type()->name(), "forward"), graph);
    module.type()->addMethod(forward);
    return module;
}

std::vector<std::int64_t> batchShape(std::int64_t images, std::vector<std::int64_t> sample)
{
    sample.insert(sample.begin(), images);
    return sample;
}

}  // namespace

std::string torchScriptBytes(Method& method, const MethodInfo& info, const std::vector<std::int64_t>& shape,
                             const std::string& note)
{
    const torch::NoGradGuard noGradients;
    torch::jit::Module module = recorded(method, info, torch::randn(batchShape(2, shape)));
    for (const std::int64_t count : {1, 3}) {
        const torch::Tensor images = torch::randn(batchShape(count, shape));
        const torch::Tensor expected = method.features(images);
        const double error = (module.forward({images}).toTensor() - expected).abs().max().item<double>();
        if (!(error <= 1e-5 * std::max(1.0, expected.abs().max().item<double>())))
            throw Error("TorchScript",
                        fmt::format("the recorded encoder differs from the method's own by {:.2g} on {} images", error, count),
                        "Export the weights instead, and report this.");
    }
    std::ostringstream bytes;
    torch::jit::ExportModule(module, bytes, {{"selfsight.json", note}});
    return bytes.str();
}

ExportResult writeTorchScriptExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress)
{
    const Experiment experiment = storedExperiment(request.run, catalog);
    const StoredCheckpoint checkpoint = chosenCheckpoint(request.run, request.step);
    ExportResult result{.out = request.out, .step = checkpoint.step, .notes = {}};
    prepareComputeThread(request.threads, request.niceness);
    const auto cancelled = [&](const std::string& activity, double share) {
        return result.cancelled = !progress(activity, share);
    };

    if (cancelled("building the encoder", 0)) return result;
    const std::shared_ptr<Method> method = storedEncoder(experiment, openCheckpoint(checkpoint.file));
    if (cancelled("recording what it computes", 0.3)) return result;
    const std::string note = nlohmann::ordered_json(provenance(request.run, experiment, checkpoint)).dump(1);
    const std::string bytes = torchScriptBytes(*method, methods().at(experiment["method"].type), sampleShape(experiment), note);
    if (cancelled("writing the file", 0.9)) return result;
    writeAtomically(request.out, bytes);
    return result;
}

}  // namespace selfsight
