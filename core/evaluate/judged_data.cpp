#include "core/evaluate/judged_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/evaluate/evaluate.h"
#include "core/io/sha256.h"

namespace selfsight
{

namespace
{

constexpr std::size_t kImagesAtOnce = 256;
constexpr std::uint64_t kHeldOutStream = 0x5b17;  // as the evaluation at the end of a run: the same fifth

class LogitsMethod : public Method
{
public:
    explicit LogitsMethod(std::shared_ptr<Method> method) : m_method(std::move(method)) { register_module("method", m_method); }

    StepOutput loss(const Views& views, const StepContext& context) override { return m_method->loss(views, context); }
    torch::Tensor features(const torch::Tensor& images) override { return m_method->logits(images); }

private:
    std::shared_ptr<Method> m_method;
};

/// The network knows images as they were normalised when it learnt.
void normalizeAs(Experiment& experiment, const PixelStatistics& statistics)
{
    std::vector<OptionSet>& chain = experiment.views.global.chain;
    auto step = std::ranges::find(chain, "normalize", &OptionSet::type);
    if (step == chain.end()) step = chain.insert(chain.end(), OptionSet{"normalize", {}});
    for (const auto& [key, values] : {std::pair("mean", statistics.mean), std::pair("std", statistics.std)})
        if (!step->values.contains(key)) step->values[key] = std::vector<double>(values, values + 3);
}

void applySettings(Experiment& experiment, const EvaluationRequest& request, const Catalog& catalog)
{
    if (!request.data.empty())
        if (const auto issue = setValue(experiment, "data.type", request.data, catalog)) throw Error("--data", issue->message);
    for (const auto& [key, value] : request.settings)
        if (const auto issue = setValue(experiment, key, value, catalog)) throw Error("--set " + key, issue->message);
}

std::string firstTexts(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, names.size()); ++i) text += (i ? ", '" : "'") + names[i] + "'";
    return names.size() > 3 ? fmt::format("{} and {} more", text, names.size() - 3) : text;
}

void noteAbsentClasses(JudgedData& data)
{
    const LabelTable& table = data.queryLabels();
    std::vector<char> present(table.classes.size());
    for (const std::int64_t image : data.queries)
        present[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(image)])] = 1;
    std::vector<std::string> absent;
    for (std::size_t c = 0; c < present.size(); ++c)
        if (!present[c]) absent.push_back(table.classes[c]);
    if (!absent.empty())
        data.notes.push_back(
            fmt::format("No test image is of the class {}: how well it is recognised is not known.", firstTexts(absent)));
}

}  // namespace

JudgedData openData(const JudgedModel& model, const EvaluationRequest& request, const Catalog& catalog)
{
    JudgedData data;
    data.experiment = model.experiment;
    const bool transfer = !request.data.empty() && request.data != model.experiment["data"].type;
    if (model.run.empty() && request.data.empty())
        throw Error(model.name, "is a weights file, which has no data of its own",
                    "Say which with --data, such as --data cifar10.");
    applySettings(data.experiment, request, catalog);
    if (model.statistics && (transfer || model.run.empty())) normalizeAs(data.experiment, *model.statistics);

    const OptionSet& set = data.experiment["data"];
    const DataSetInfo& info = dataSets().at(set.type);
    const SampleKind learnt = dataSets().at(model.experiment["data"].type).samples;
    if (info.samples != learnt)
        throw Error("data.type", fmt::format("{} holds {}s, and {} learnt from {}s", info.title, nameOf(info.samples), model.name,
                                             nameOf(learnt)));
    data.splits = info.open(set, data.experiment.folder);
    for (const Issue& issue : data.splits.issues) data.notes.push_back(sentence(issue));
    if (data.splits.train->labelTables().empty() || data.queryData().labelTables().empty())
        throw Error(data.splits.title,
                    "has no labels, and every protocol asks for them" +
                        (data.notes.empty() ? std::string() : " (" + data.notes.front() + ")"),
                    "Choose data whose classes are known, such as a folder with a folder a class.");
    data.pipeline = std::make_shared<ViewPipeline>(data.experiment.views, data.splits.statistics, info.samples);

    data.bank.resize(static_cast<std::size_t>(data.splits.train->size()));
    std::iota(data.bank.begin(), data.bank.end(), std::int64_t{0});
    if (data.splits.test) {
        data.queries.resize(static_cast<std::size_t>(data.splits.test->size()));
        std::iota(data.queries.begin(), data.queries.end(), std::int64_t{0});
    } else {
        const auto order = Rng({kHeldOutStream}).permutation(data.splits.train->size());
        const auto cut = order.end() - static_cast<std::ptrdiff_t>(order.size() / 5);
        data.bank.assign(order.begin(), cut);
        data.queries.assign(cut, order.end());
        std::ranges::sort(data.bank);
        data.notes.push_back(
            fmt::format("{} has no test part: a fifth of its images is held out, the same every time.", data.splits.title));
    }
    if (data.queries.empty())
        throw Error(data.splits.title, fmt::format("has {} images, too few to hold some out", data.splits.train->size()));
    noteAbsentClasses(data);
    return data;
}

std::vector<std::int32_t> labelsOf(const LabelTable& table, const std::vector<std::int64_t>& images)
{
    std::vector<std::int32_t> labels;
    for (const std::int64_t image : images) labels.push_back(table.labels[static_cast<std::size_t>(image)]);
    return labels;
}

std::shared_ptr<Method> logitsAsFeatures(std::shared_ptr<Method> method)
{
    return std::make_shared<LogitsMethod>(std::move(method));
}

std::optional<FeatureRows> rowsOf(const JudgedModel& model, const JudgedData& data, bool queries, Output output,
                                  const ComputeDevice& device, const FeatureCache& cache, const SliceProgress& progress)
{
    const DataSet& set = queries ? data.queryData() : *data.splits.train;
    const std::vector<std::int64_t>& images = queries ? data.queries : data.bank;
    std::string normalisation;
    for (const OptionSet& step : data.experiment.views.global.chain)
        if (step.type == "normalize")
            for (const auto& [key, value] : step.values) normalisation += key + toText(value);
    std::string method;
    for (const auto& [key, value] : model.experiment["method"].values) method += key + toText(value);
    const std::string key = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", sha256Of(model.weights), method, data.splits.fingerprint,
                                        data.experiment["data"].type, queries, data.splits.test ? "test" : "fifth", images.size(),
                                        data.pipeline->viewSize(0), normalisation, output == Output::Logits, device.description);
    if (auto rows = cache.find(key)) return rows;

    const std::shared_ptr<Method> network = output == Output::Logits ? logitsAsFeatures(model.encoder) : model.encoder;
    network->to(device.device);
    const FeatureExtractor extractor(*network, device, *data.pipeline);
    FeatureRows rows;
    for (std::size_t begin = 0; begin < images.size(); begin += kImagesAtOnce) {
        if (!progress(static_cast<double>(begin) / static_cast<double>(images.size()))) return std::nullopt;
        extractor.append(set, std::span(images).subspan(begin, std::min(kImagesAtOnce, images.size() - begin)), rows);
    }
    if (rows.rows() == 0) throw Error(data.splits.title, "has no image that can be read");
    cache.keep(key, rows);
    return rows;
}

}  // namespace selfsight
