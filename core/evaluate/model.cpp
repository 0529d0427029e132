#include "core/evaluate/model.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "core/augment/view_pipeline.h"
#include "core/base/error.h"
#include "core/export/encoder.h"
#include "core/export/stored_run.h"
#include "core/runs/run_place.h"
#include "core/train/classifier_file.h"
#include "core/train/loaded_encoder.h"

namespace selfsight
{

namespace fs = std::filesystem;

namespace
{

constexpr PixelStatistics kImageNetStatistics = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};

/// A network without a training around it.
class BareNetwork : public Method
{
public:
    explicit BareNetwork(std::shared_ptr<Backbone> network) : m_network(std::move(network))
    {
        register_module("backbone", m_network);
    }

    StepOutput loss(const Views&, const StepContext&) override { throw Error("weights", "cannot be trained as they are"); }
    torch::Tensor features(const torch::Tensor& images) override { return m_network->forward(images); }

private:
    std::shared_ptr<Backbone> m_network;
};

class BareClassifier : public Method
{
public:
    explicit BareClassifier(std::shared_ptr<Classifier> network) : m_network(std::move(network))
    {
        register_module("network", m_network);
    }

    StepOutput loss(const Views&, const StepContext&) override { throw Error("weights", "cannot be trained as they are"); }
    torch::Tensor features(const torch::Tensor& images) override { return m_network->features(images); }
    torch::Tensor logits(const torch::Tensor& images) override { return m_network->forward(images); }

private:
    std::shared_ptr<Classifier> m_network;
};

std::optional<std::vector<float>> threeNumbers(const std::map<std::string, std::string>& facts, const std::string& key)
{
    const auto fact = facts.find(key);
    if (fact == facts.end()) return std::nullopt;
    std::vector<float> numbers;
    std::string text = fact->second;
    for (char& letter : text)
        if (letter == '[' || letter == ']' || letter == ',') letter = ' ';
    std::istringstream stream(text);
    for (float number = 0; stream >> number;) numbers.push_back(number);
    if (numbers.size() != 3) return std::nullopt;
    return numbers;
}

/// Of our own exports; of public weights, ImageNet's.
PixelStatistics statisticsIn(const std::map<std::string, std::string>& facts, std::vector<std::string>& notes)
{
    const auto mean = threeNumbers(facts, "mean"), deviation = threeNumbers(facts, "std");
    if (!mean || !deviation) {
        notes.push_back("The file does not say how its images were normalised: as ImageNet's is assumed.");
        return kImageNetStatistics;
    }
    PixelStatistics statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        statistics.mean[c] = (*mean)[c];
        statistics.std[c] = (*deviation)[c];
    }
    return statistics;
}

JudgedModel ofWeights(const fs::path& file, const Catalog& catalog)
{
    JudgedModel model;
    std::map<std::string, std::string> facts;
    const WeightsReport report = inspectWeights(file);
    model.namesClasses = holdsClassifier(file);
    if (model.namesClasses) model.encoder = std::make_shared<BareClassifier>(loadClassifier(file).network);
    else model.encoder = std::make_shared<BareNetwork>(loadEncoder(file).network);
    model.encoder->eval();
    model.experiment = withWeights(defaultExperiment(catalog), report);
    if (const auto size = report.facts.find("view_size"); size != report.facts.end()) {
        int side = 0;
        std::from_chars(size->second.data(), size->second.data() + size->second.size(), side);
        if (side > 0 && side <= kLargestView) model.experiment.views.global.size = side;
    }
    model.statistics = statisticsIn(report.facts, model.notes);
    model.name = file.string();
    const auto method = report.facts.find("method");
    model.method = method != report.facts.end() && methods().find(method->second) ? methods().at(method->second).title
                                                                                  : report.recognized->layout->title;
    model.weights = file;
    return model;
}

/// The run's own data may be elsewhere when its features are judged on others.
std::optional<PixelStatistics> trainingStatistics(const Experiment& experiment, std::vector<std::string>& notes)
{
    const OptionSet& data = experiment["data"];
    try {
        return dataSets().at(data.type).open(data, experiment.folder).statistics;
    } catch (const Error&) {
        notes.push_back(
            "The data it was trained on is not there: the judged data's own mean and deviation normalise the images.");
        return std::nullopt;
    }
}

JudgedModel ofRun(const fs::path& run, std::optional<std::int64_t> step, const Catalog& catalog)
{
    JudgedModel model;
    model.experiment = storedExperiment(run, catalog);
    const StoredCheckpoint checkpoint = chosenCheckpoint(run, step);
    const SafetensorsFile tensors = openCheckpoint(checkpoint.file);
    model.encoder = storedEncoder(model.experiment, tensors);
    model.namesClasses = tensors.find("method.classifier.0.weight") != nullptr;
    model.name = step ? fmt::format("{}@{}", run.string(), *step) : run.string();
    model.method = methods().at(model.experiment["method"].type).title;
    model.step = checkpoint.step;
    model.run = run;
    model.weights = checkpoint.file;
    model.statistics = trainingStatistics(model.experiment, model.notes);
    return model;
}

}  // namespace

JudgedModel openModel(const std::string& source, const Catalog& catalog)
{
    if (fs::is_directory(source)) return ofRun(source, std::nullopt, catalog);
    if (fs::exists(source)) return ofWeights(source, catalog);
    const RunPlace place = runPlace(source);
    if (!place.step) throw Error(source, "is neither a run's folder nor a weights file");
    return ofRun(place.run, place.step, catalog);
}

}  // namespace selfsight
