#include "core/train/loaded_encoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/methods/method.h"
#include "core/nn/vit.h"
#include "core/nn/weight_copy.h"
#include "core/train/train_options.h"

namespace selfsight
{

namespace
{

std::vector<NamedShape> namedShapes(const WeightsFile& file)
{
    std::vector<NamedShape> shapes;
    for (const WeightTensor& tensor : file.tensors()) shapes.push_back({tensor.name, tensor.shape});
    return shapes;
}

WeightsReport reportOf(const WeightsFile& file)
{
    return {
        .file = file.path(), .format = file.format(), .tensors = file.tensors(), .unread = file.unread(), .facts = file.facts()};
}

std::shared_ptr<Backbone> built(const OptionSet& options)
{
    return backbones().at(options.type).make(options);
}

/// What our own exports say of the network is better than what its shapes let guess.
void takeStoredOptions(RecognizedWeights& weights, const std::map<std::string, std::string>& facts)
{
    const auto type = facts.find("backbone"), options = facts.find("backbone_options");
    if (type == facts.end() || options == facts.end() || type->second != weights.backbone.type) return;
    const Schema& schema = *backbones().at(type->second).schema;
    OptionSet stored{.type = type->second, .values = {}};
    std::istringstream lines(options->second);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        const Schema::Checked checked =
            colon == std::string::npos ? Schema::Checked() : schema.parse(line.substr(0, colon), line.substr(colon + 2));
        if (!checked.value) return;  // of another version
        stored.values[line.substr(0, colon)] = *checked.value;
    }
    constexpr std::array kGuesses = {"heads", "stem", "norm", "positions", "layer_scale"};
    for (const auto& [key, value] : weights.backbone.values)
        if (std::ranges::find(kGuesses, key) == kGuesses.end()) stored.values[key] = value;  // what the shapes say is sure
    weights.backbone = stored;
    weights.deduced = {"all options: the file says them"};
}

/// The first few of them.
std::string some(const std::vector<std::string>& names)
{
    constexpr std::size_t kShown = 3;
    const std::vector<std::string> shown(names.begin(),
                                         names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
    return fmt::format("{}{}", fmt::join(shown, ", "),
                       names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "");
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
std::pair<WeightsReport, std::shared_ptr<Backbone>> inspected(const WeightsFile& file, const WeightsChoice& choice)
{
    WeightsReport report = reportOf(file);
    if (!choice.prefix.empty()) report.recognized = recognizeWeights(namedShapes(file), choice.type, choice.prefix);
    else {
        try {
            report.recognized = recognizeWeights(namedShapes(file), choice.type);
        } catch (const Error& error) {
            report.notes.push_back(error.what());
        }
    }
    if (!report.recognized) return {std::move(report), nullptr};
    if (const auto bytes = std::filesystem::file_size(file.path()); report.recognized->parameters > bytes) {
        report.notes.push_back(fmt::format("its names describe a network of {} parameters, for which {} bytes are too few",
                                           report.recognized->parameters, bytes));
        report.recognized.reset();
        return {std::move(report), nullptr};
    }
    takeStoredOptions(*report.recognized, report.facts);
    if (choice.heads > 0 && report.recognized->backbone.values.contains("heads")) {
        report.recognized->backbone.values["heads"] = choice.heads;
        report.recognized->deduced.push_back(fmt::format("heads: {}, as asked", choice.heads));
    }
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

LoadedEncoder loadEncoder(const std::filesystem::path& weights, const WeightsChoice& choice)
{
    const WeightsFile file = WeightsFile::open(weights);
    auto [report, network] = inspected(file, choice);
    if (!network && !report.notes.empty()) throw Error(weights.string(), report.notes.front());
    if (!network) throw unknownLayout(weights);
    return finished(std::move(network), std::move(report), file);
}

LoadedEncoder loadEncoder(const Experiment& experiment, const std::filesystem::path& checkpoint)
{
    const WeightsFile file = WeightsFile::open(checkpoint);
    WeightsReport report = reportOf(file);
    const std::string& module = methods().at(experiment["method"].type).encoder.front();
    if (module.ends_with('*'))
        throw Error(checkpoint.string(), "belongs to a method with several encoders, not one network for pictures");
    report.recognized = ownWeights(namedShapes(file), "method." + module + '.', experiment["backbone"]);
    const std::shared_ptr<Backbone> network = built(experiment["backbone"]);
    report.match = matchWeights(*report.recognized, shapesOf(*network));
    return finished(network, std::move(report), file);
}

WeightsReport inspectWeights(const std::filesystem::path& path, const WeightsChoice& choice)
{
    return inspected(WeightsFile::open(path), choice).first;
}

Experiment withWeights(Experiment experiment, const WeightsReport& weights)
{
    if (!weights.recognized) throw unknownLayout(weights.file);
    OptionSet& backbone = experiment.sections.at("backbone");
    backbone = weights.recognized->backbone;
    if (backbone.values.contains("image_size")) backbone.values["image_size"] = std::int64_t{experiment.views.global.size};
    experiment.sections.at("train").values["init_weights"] = std::filesystem::absolute(weights.file).string();
    return experiment;
}

std::filesystem::path initialWeights(const Experiment& experiment)
{
    const std::string path = trainSchema().read(experiment["train"]).initWeights;
    return path.empty()
               ? std::filesystem::path()
               : findFile("train.init_weights", path, experiment.folder, "Give a .safetensors or .pth file, or leave it empty.");
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
    if (report.recognized) takeStoredOptions(*report.recognized, report.facts);
    else
        throw Error(path.string(), fmt::format("holds no network of the type {}", backbone.type),
                    "`selfsight-cli inspect` lists its tensors.");
    const std::shared_ptr<Backbone> network = built(backbone);
    report.match = matchWeights(*report.recognized, shapesOf(*network));
    requireWhole(report);
    if (const auto* vit = dynamic_cast<const Vit*>(network.get())) {
        const auto heads = Vit(vitSchema().read(report.recognized->backbone)).heads();
        const bool isKnown =
            report.recognized->layout->heads > 0 || vit->dim() % 64 == 0 || report.facts.contains("backbone_options");
        if (isKnown && heads != vit->heads())
            report.notes.push_back(
                fmt::format("its network has {} heads, the usual number for its kind, and backbone.heads makes {}; what it "
                            "learnt fits only its own number",
                            heads, vit->heads()));
    }
    return report;
}

std::string WeightsReport::summary() const
{
    if (!recognized) return fmt::format("{} tensors of no layout that is known", tensors.size());
    const std::size_t needed = match.matched.size() + match.missing.size() + match.mismatched.size();
    std::string text = recognized->layout->title;
    if (!recognized->prefix.empty())
        text += fmt::format(" under {}", recognized->prefix.substr(0, recognized->prefix.size() - 1));
    text += fmt::format(": {} of {} tensors match", match.matched.size(), needed);
    if (const std::size_t unused = match.unexpected.size() + recognized->others.size(); unused > 0)
        text += fmt::format(", {} in the file are not used", unused);
    if (!match.resized.empty()) text += "; positions are interpolated";
    return text;
}

}  // namespace selfsight
