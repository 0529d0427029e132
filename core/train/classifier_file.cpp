#include "core/train/classifier_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "core/base/error.h"
#include "core/io/weights_file.h"
#include "core/train/loaded_encoder.h"

namespace selfsight
{

namespace
{

const std::string kBackbone = "backbone.";

/// What lies beside the backbone: "method.backbone." -> "method.head.", "" -> "head.".
std::string besideBackbone(const std::string& prefix, const std::string& module)
{
    return (prefix.ends_with(kBackbone) ? prefix.substr(0, prefix.size() - kBackbone.size()) : prefix) + module + '.';
}

/// Indices of the linear layers of the head under `prefix`: 0, 3, 6.
std::vector<std::int64_t> linearLayers(const WeightsFile& file, const std::string& prefix)
{
    std::vector<std::int64_t> layers;
    for (std::int64_t i = 0; i < 64; ++i)
        if (const WeightTensor* weight = file.find(fmt::format("{}{}.weight", prefix, i)); weight && weight->shape.size() == 2)
            layers.push_back(i);
    return layers;
}

void copyFrom(const WeightsFile& file, const std::string& name, torch::Tensor tensor)
{
    const WeightTensor* stored = file.find(name);
    if (!stored)
        throw Error(file.path().string(), fmt::format("holds no tensor '{}'", name),
                    "`selfsight-cli inspect` lists what it holds.");
    if (stored->shape != tensor.sizes().vec())
        throw Error(file.path().string(), fmt::format("holds '{}' of shape [{}], where [{}] is needed", name,
                                                      fmt::join(stored->shape, ", "), fmt::join(tensor.sizes(), ", ")));
    std::vector<float> values = file.values(*stored);
    tensor.copy_(torch::from_blob(values.data(), stored->shape));
}

/// Everything of `module` but batch norm's counters, which matter to nobody.
void fill(torch::nn::Module& module, const WeightsFile& file, const std::string& prefix)
{
    const torch::NoGradGuard noGradients;
    for (const auto& entry : module.named_parameters()) copyFrom(file, prefix + entry.key(), entry.value());
    for (const auto& entry : module.named_buffers())
        if (entry->is_floating_point()) copyFrom(file, prefix + entry.key(), entry.value());
}

KeptHead shapeOf(const WeightsFile& file, const std::string& prefix, std::int64_t layers)
{
    KeptHead head{.layers = layers};
    if (layers == 0) return head;
    head.hidden = file.find(prefix + "0.weight")->shape[0];
    head.bias = file.find(prefix + "0.bias") != nullptr;
    head.batchNorm = file.find(prefix + "1.running_mean") != nullptr;
    return head;
}

std::string prefixIn(const std::filesystem::path& file)
{
    const WeightsReport report = inspectWeights(file);
    if (!report.recognized)
        throw Error(file.string(), "holds no network of a layout that is known", "`selfsight-cli inspect` lists its tensors.");
    return report.recognized->prefix;
}

}  // namespace

bool holdsClassifier(const std::filesystem::path& file)
{
    return WeightsFile::open(file).find("classifier.0.weight") != nullptr;
}

LoadedClassifier loadClassifier(const std::filesystem::path& path)
{
    const WeightsFile file = WeightsFile::open(path);
    const WeightTensor* weight = file.find("classifier.0.weight");
    if (!weight || weight->shape.size() != 2)
        throw Error(path.string(), "holds no classifier",
                    "`selfsight-cli pipeline` writes such files: teacher.safetensors, student.safetensors.");
    const LoadedEncoder encoder = loadEncoder(path);
    const KeptHead shape = shapeOf(file, "head.", static_cast<std::int64_t>(linearLayers(file, "head.").size()));
    const torch::nn::Sequential head = makeKeptHead(shape, encoder.network->featureSize());
    const auto network = std::make_shared<Classifier>(encoder.network, head, weight->shape[1], weight->shape[0]);
    for (const char* module : {"head", "classifier"}) fill(*network->named_children()[module], file, std::string(module) + '.');
    network->eval();
    return {network, file.facts(), encoder.report.summary()};
}

KeptHead headIn(const std::filesystem::path& path, std::int64_t layers)
{
    const WeightsFile file = WeightsFile::open(path);
    const std::string prefix = besideBackbone(prefixIn(path), "head");
    const std::vector<std::int64_t> linear = linearLayers(file, prefix);
    if (static_cast<std::int64_t>(linear.size()) <= layers)
        throw Error(
            path.string(),
            fmt::format("holds a projection head of {} layers, of which {} cannot be kept: its last is for the loss alone",
                        linear.size(), layers),
            linear.empty() ? "Fine-tune from the backbone: 0 layers." : fmt::format("Keep {} at most.", linear.size() - 1));
    const KeptHead head = shapeOf(file, prefix, layers);
    for (std::int64_t i = 0; i < layers; ++i) {
        const std::int64_t stride = head.batchNorm ? 3 : 2;
        const WeightTensor* weight = file.find(fmt::format("{}{}.weight", prefix, linear[static_cast<std::size_t>(i)]));
        const bool hasNorm = file.find(fmt::format("{}{}.running_mean", prefix, i * stride + 1)) != nullptr;
        if (linear[static_cast<std::size_t>(i)] != i * stride || weight->shape[0] != head.hidden || hasNorm != head.batchNorm)
            throw Error(path.string(), "holds a projection head of another kind than linear layers with ReLU between them",
                        "Fine-tune from the backbone: 0 layers.");
    }
    return head;
}

void loadHead(Method& method, const std::filesystem::path& path)
{
    torch::nn::Module& head = *method.named_children()["head"];
    if (!head.parameters().empty()) fill(head, WeightsFile::open(path), besideBackbone(prefixIn(path), "head"));
}

}  // namespace selfsight
