#include "core/export/encoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/train/model.h"

namespace selfsight {

namespace {

MethodSetup smallSetup(const Experiment& experiment)
{
    return methodSetup(experiment, 1, 2, 1, 2);  // one image in its banks, two classes
}

void copyFrom(const SafetensorsFile& checkpoint, const std::string& name, torch::Tensor tensor)
{
    const TensorInfo& stored = checkpoint.at("method." + name);
    if (stored.shape != tensor.sizes().vec())
        throw Error("tensor '" + name + "'",
                    fmt::format("has the shape [{}] in the checkpoint, where the experiment asks for [{}]",
                                fmt::join(stored.shape, ", "), fmt::join(tensor.sizes().vec(), ", ")),
                    "Checkpoint and experiment.yaml do not belong together.");
    const bool whole = !tensor.is_floating_point();
    const torch::Tensor values = whole ? torch::tensor(checkpoint.values<std::int64_t>(stored.name))
                                       : torch::tensor(checkpoint.values<float>(stored.name));
    tensor.copy_(values.view(tensor.sizes()));
}

}  // namespace

std::optional<std::string> encoderName(const MethodInfo& method, const std::string& tensor)
{
    for (const std::string& module : method.encoder) {
        if (module.ends_with('*')) {
            if (tensor.starts_with(module.substr(0, module.size() - 1))) return tensor;
        } else if (tensor.starts_with(module + '.')) {
            return module == method.encoder.front() ? tensor.substr(module.size() + 1) : tensor;
        }
    }
    return std::nullopt;
}

std::shared_ptr<Method> storedEncoder(const Experiment& experiment, const SafetensorsFile& checkpoint)
{
    ComputeDevice device;
    device.channelsLast = false;
    Experiment alone = experiment;
    alone.sections.at("method").values.erase("teacher");  // its file may be elsewhere by now, and is none of the encoder
    const std::shared_ptr<Method> method = buildMethod(alone, smallSetup(experiment), 1, device);
    method->eval();
    const MethodInfo& info = methods().at(experiment["method"].type);
    const torch::NoGradGuard noGradients;
    for (const auto& entry : method->named_parameters())
        if (encoderName(info, entry.key())) copyFrom(checkpoint, entry.key(), entry.value());
    for (const auto& entry : method->named_buffers())
        if (encoderName(info, entry.key())) copyFrom(checkpoint, entry.key(), entry.value());
    return method;
}

std::vector<std::int64_t> sampleShape(const Experiment& experiment)
{
    return smallSetup(experiment).sampleShape;
}

}  // namespace selfsight
