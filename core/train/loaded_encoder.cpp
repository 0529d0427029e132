#include "core/train/loaded_encoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/methods/method.h"
#include "core/nn/vit.h"
#include "core/nn/weight_copy.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace {

std::vector<NamedShape> namedShapes(const WeightsFile& file)
{
    std::vector<NamedShape> shapes;
    for (const WeightTensor& tensor : file.tensors()) shapes.push_back({tensor.name, tensor.shape});
    return shapes;
}

WeightsReport reportOf(const WeightsFile& file)
{
    return {.file = file.path(), .format = file.format(), .tensors = file.tensors(), .unread = file.unread(), .facts = file.facts()};
}

std::shared_ptr<Backbone> built(const OptionSet& options)
{
    return backbones().at(options.type).make(options);
}

/// The first few of them.
std::string some(const std::vector<std::string>& names)
{
    constexpr std::size_t kShown = 3;
    const std::vector<std::string> shown(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
    return fmt::format("{}{}", fmt::join(shown, ", "), names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "");
}

void requireWhole(const WeightsReport& report)
{
    const WeightMatch& match = report.match;
    if (match.isWhole()) return;
    std::string what = fmt::format("{} of the network's tensors are not in it", match.missing.size() + match.mismatched.size());
    if (!match.mismatched.empty()) what += fmt::format("; {}", some(match.mismatched));
    if (!match.missing.empty()) what += fmt::format("; missing: {}", some(match.missing));
    throw Error(report.file.string(), what, "`selfsight-cli inspect` lists what it holds.");
}

/// With a network to match it; null: of no known layout.
std::pair<WeightsReport, std::shared_ptr<Backbone>> inspected(const WeightsFile& file, const std::string& type, const std::string& prefix)
{
    WeightsReport report = reportOf(file);
    if (!prefix.empty()) report.recognized = recognizeWeights(namedShapes(file), type, prefix);
    else {
        try {
            report.recognized = recognizeWeights(namedShapes(file), type);
        } catch (const Error& error) {
            report.notes.push_back(error.what());
        }
    }
    if (!report.recognized) return {std::move(report), nullptr};
    const std::shared_ptr<Backbone> network = built(report.recognized->backbone);
    report.match = matchWeights(*report.recognized, shapesOf(*network));
    return {std::move(report), network};
}

Error unknownLayout(const std::filesystem::path& file)
{
    return Error(file.string(), "holds no network of a layout that is known", "`selfsight-cli inspect` lists its tensors.");
}

LoadedEncoder finished(std::shared_ptr<Backbone> network, WeightsReport report, const WeightsFile& file)
{
    requireWhole(report);
    loadWeights(*network, file, report.match);
    network->eval();
    for (torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(false);
    return {std::move(network), std::move(report)};
}

torch::Tensor tensorOf(const WeightsFile& file, const std::string& name)
{
    const WeightTensor* tensor = file.find(name);
    if (!tensor) throw Error(file.path().string(), "holds no tensor '" + name + "'");
    std::vector<float> values = file.values(*tensor);
    return torch::from_blob(values.data(), tensor->shape).clone();
}

}  // namespace

void loadWeights(Backbone& network, const WeightsFile& file, const WeightMatch& match)
{
    copyWeights(network, match, [&file](const std::string& name) { return tensorOf(file, name); });
}

LoadedEncoder loadEncoder(const std::filesystem::path& weights, const std::string& type, const std::string& prefix)
{
    const WeightsFile file = WeightsFile::open(weights);
    auto [report, network] = inspected(file, type, prefix);
    if (!network && !report.notes.empty()) throw Error(weights.string(), report.notes.front());
    if (!network) throw unknownLayout(weights);
    return finished(std::move(network), std::move(report), file);
}

LoadedEncoder loadEncoder(const Experiment& experiment, const std::filesystem::path& checkpoint)
{
    const WeightsFile file = WeightsFile::open(checkpoint);
    WeightsReport report = reportOf(file);
    const std::string& module = methods().at(experiment["method"].type).encoder.front();
    if (module.ends_with('*')) throw Error(checkpoint.string(), "belongs to a method with several encoders, not one network for pictures");
    report.recognized = ownWeights(namedShapes(file), "method." + module + '.', experiment["backbone"]);
    const std::shared_ptr<Backbone> network = built(experiment["backbone"]);
    report.match = matchWeights(*report.recognized, shapesOf(*network));
    return finished(network, std::move(report), file);
}

WeightsReport inspectWeights(const std::filesystem::path& path, const std::string& type, const std::string& prefix)
{
    return inspected(WeightsFile::open(path), type, prefix).first;
}

std::filesystem::path initialWeights(const Experiment& experiment)
{
    const std::string path = trainSchema().read(experiment["train"]).initWeights;
    return path.empty() ? std::filesystem::path() : findFile("train.init_weights", path, experiment.folder, "Give a .safetensors or .pth file, or leave it empty.");
}

WeightsReport inspectInitialWeights(const Experiment& experiment, const std::filesystem::path& path)
{
    const WeightsFile file = WeightsFile::open(path);
    const OptionSet& backbone = experiment["backbone"];
    WeightsReport report = reportOf(file);
    try {
        report.recognized = recognizeWeights(namedShapes(file), backbone.type);
    } catch (const Error& error) {
        throw error.within(path.string());
    }
    if (!report.recognized) throw Error(path.string(), fmt::format("holds no network of the type {}", backbone.type), "`selfsight-cli inspect` lists its tensors.");
    const std::shared_ptr<Backbone> network = built(backbone);
    report.match = matchWeights(*report.recognized, shapesOf(*network));
    requireWhole(report);
    if (const auto* vit = dynamic_cast<const Vit*>(network.get())) {
        const auto heads = std::get<std::int64_t>(report.recognized->backbone.values.at("heads"));
        if (heads != vit->heads())
            report.notes.push_back(fmt::format("its network has {} heads, the usual number for its kind, and backbone.heads makes {}; what it learnt fits only its own number",
                                               heads, vit->heads()));
    }
    return report;
}

std::string WeightsReport::summary() const
{
    if (!recognized) return fmt::format("{} tensors of no layout that is known", tensors.size());
    const std::size_t needed = match.matched.size() + match.missing.size() + match.mismatched.size();
    std::string text = recognized->layout->title;
    if (!recognized->prefix.empty()) text += fmt::format(" under {}", recognized->prefix.substr(0, recognized->prefix.size() - 1));
    text += fmt::format(": {} of {} tensors match", match.matched.size(), needed);
    if (const std::size_t unused = match.unexpected.size() + recognized->others.size(); unused > 0) text += fmt::format(", {} in the file are not used", unused);
    if (!match.resized.empty()) text += "; positions are interpolated";
    return text;
}

}  // namespace selfsight
