#include "core/evaluate/inspection.h"

#include <fmt/format.h>
#include <torch/nn/functional/linear.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/analysis/class_activation.h"
#include "core/analysis/knn_scores.h"
#include "core/analysis/linear_probe.h"
#include "core/base/error.h"
#include "core/data/labelled_part.h"
#include "core/evaluate/encoder_file.h"
#include "core/evaluate/judged_data.h"
#include "core/io/sha256.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"
#include "core/train/classifier_file.h"
#include "core/train/loaded_encoder.h"
#include "core/train/model.h"
#include "core/train/train_options.h"

namespace selfsight
{

namespace
{

constexpr std::size_t kPairs = 10;
constexpr std::int64_t kMapsAtOnce = 64;

/// What answers, and on what its maps are weighed.
struct Answers {
    std::string name;
    std::vector<double> probabilities;   // (queries, C)
    std::shared_ptr<Backbone> backbone;  // null: no maps
    LogitsOfPooled logits;
    std::shared_ptr<Classifier> classifier;  // what `logits` refers to
};

torch::Tensor asTensor(const FeatureRows& rows)
{
    return torch::from_blob(const_cast<float*>(rows.values.data()), {rows.rows(), rows.columns});
}

std::vector<double> probabilitiesOf(const torch::Tensor& logits)
{
    const torch::Tensor p = logits.to(torch::kDouble).softmax(1).contiguous();
    return {p.data_ptr<double>(), p.data_ptr<double>() + p.numel()};
}

/// Looks closer at one model.
class Inspector
{
public:
    Inspector(const InspectionRequest& request, const Catalog& catalog, const EvaluateProgress& progress)
        : m_request(request), m_progress(progress), m_cache(request.cache), m_model(openModel(request.model, catalog))
    {
        EvaluationRequest data;
        data.data = request.data;
        data.settings = request.settings;
        m_data = openData(m_model, data, catalog);
        if (m_data.pipeline->samples() != SampleKind::Image)
            throw Error(m_data.splits.title, "holds signals, and only images can be looked at");
        m_device = resolveDevice(trainSchema().read(m_model.experiment["train"]), request.threads);
        if (m_model.namesClasses) loadOwnClassifier(catalog);
        else loadBackbone();
    }

    std::optional<Inspection> run()
    {
        Inspection result{
            .model = m_model.name, .data = m_data.splits.title, .classes = m_data.bankLabels().classes, .notes = m_model.notes};
        result.notes.insert(result.notes.end(), m_data.notes.begin(), m_data.notes.end());
        auto bank =
            rowsOf(m_model, m_data, false, Output::Features, m_device, m_cache, told("features of the training images", 0, 0.6));
        if (!bank) return std::nullopt;
        auto queries =
            rowsOf(m_model, m_data, true, Output::Features, m_device, m_cache, told("features of the test images", 0.6, 0.1));
        if (!queries || !answer(*bank, *queries)) return std::nullopt;
        m_bank = std::move(*bank);
        m_queries = std::move(*queries);
        m_truth = labelsOf(m_data.queryLabels(), m_queries.images);
        result.classifier = m_answers.name;
        result.figures = classificationOf(m_answers.probabilities, m_truth, classes());
        result.pairs = confusedPairs(result.figures, kPairs);
        if (!m_answers.backbone)
            result.notes.push_back(
                "The network has no maps that its features are the means of: there are no class-activation maps.");
        if (!m_progress("looking at the images", 0.9)) return std::nullopt;
        for (std::int32_t c = 0; c < classes(); ++c) result.perClass.push_back(ofClass(c));
        result.mistakes = mistakes();
        return result;
    }

private:
    std::int64_t classes() const { return static_cast<std::int64_t>(m_data.bankLabels().classes.size()); }

    SliceProgress told(const std::string& what, double begin, double part) const
    {
        return [this, what, begin, part](double share) { return m_progress(what, begin + part * share); };
    }

    void loadOwnClassifier(const Catalog& catalog)
    {
        std::filesystem::path file = m_model.weights;
        if (!m_model.run.empty()) {
            file = m_cache.fileOf(sha256Of(m_model.weights), ".encoder.safetensors");
            std::filesystem::create_directories(file.parent_path());
            writeEncoderFile(m_model.run, m_model.step, file, catalog);
        }
        m_own = openModel(file.string(), catalog);
        m_answers.classifier = loadClassifier(file).network;
        m_answers.backbone = std::shared_ptr<Backbone>(m_answers.classifier, &m_answers.classifier->backbone());
        m_answers.logits = [network = m_answers.classifier](const torch::Tensor& pooled) {
            return network->logitsOfPooled(pooled);
        };
    }

    /// Of a method with several encoders, or one that is no backbone, there are no maps.
    void loadBackbone()
    {
        try {
            m_answers.backbone = m_model.run.empty() ? loadEncoder(m_model.weights).network
                                                     : loadEncoder(m_model.experiment, m_model.weights).network;
        } catch (const Error&) {
            m_answers.backbone = nullptr;
        }
    }

    bool answer(const FeatureRows& bank, const FeatureRows& queries)
    {
        if (m_own) {
            const auto logits = rowsOf(*m_own, m_data, true, Output::Logits, m_device, m_cache, told("answers", 0.7, 0.2));
            if (!logits) return false;
            if (logits->columns != classes())
                throw Error(m_model.name,
                            fmt::format("names {} classes, and {} has {}", logits->columns, m_data.splits.title, classes()));
            m_answers.name = "the network's own classifier";
            m_answers.probabilities = probabilitiesOf(asTensor(*logits));
        } else if (!fitProbe(bank, queries)) {
            return false;
        }
        if (m_answers.backbone && (m_answers.backbone->featureSize() != queries.columns && !m_own))
            m_answers.backbone = nullptr;  // features of a head
        if (m_answers.backbone &&
            !m_answers.backbone->maps(torch::zeros({1, 3, m_data.pipeline->viewSize(0), m_data.pipeline->viewSize(0)})).defined())
            m_answers.backbone = nullptr;
        return true;
    }

    bool fitProbe(const FeatureRows& bank, const FeatureRows& queries)
    {
        const LabelTable known{m_data.bankLabels().name, m_data.bankLabels().classes, labelsOf(m_data.bankLabels(), bank.images)};
        const LabelledImages part = labelledImages(known, {m_request.share, 1});
        FeatureRows rows{.columns = bank.columns, .values = {}, .images = {}};
        std::vector<std::int32_t> labels;
        for (const std::int64_t row : part.images) {
            const auto begin = bank.values.begin() + row * bank.columns;
            rows.values.insert(rows.values.end(), begin, begin + bank.columns);
            rows.images.push_back(bank.images[static_cast<std::size_t>(row)]);
            labels.push_back(known.labels[static_cast<std::size_t>(row)]);
        }
        const std::vector<std::int32_t> asked = labelsOf(m_data.queryLabels(), queries.images);
        const auto probe =
            linearProbe(rows.view(), labels, queries.view(), asked, {.classes = classes()}, told("linear probe", 0.7, 0.2));
        if (!probe) return false;
        m_answers.name = "a linear probe, " + percentText(m_request.share) + " of the labels";
        const auto options = torch::TensorOptions().dtype(torch::kDouble);
        m_answers.probabilities =
            probabilitiesOf(torch::from_blob(const_cast<double*>(probe->scores.data()), {queries.rows(), classes()}, options));
        const torch::Tensor weights = torch::tensor(probe->weights).view({queries.columns, classes()}),
                            bias = torch::tensor(probe->bias);
        m_answers.logits = [weights, bias](const torch::Tensor& pooled) { return torch::addmm(bias, pooled, weights); };
        return true;
    }

    std::int32_t predictionOf(std::size_t row) const
    {
        const auto begin = m_answers.probabilities.begin() + static_cast<std::ptrdiff_t>(row) * classes();
        return static_cast<std::int32_t>(std::max_element(begin, begin + classes()) - begin);
    }

    double probability(std::size_t row, std::int32_t label) const
    {
        return m_answers.probabilities[row * static_cast<std::size_t>(classes()) + static_cast<std::size_t>(label)];
    }

    ClassInspection ofClass(std::int32_t label) const
    {
        std::vector<std::size_t> rows;
        for (std::size_t row = 0; row < m_truth.size(); ++row)
            if (m_truth[row] == label) rows.push_back(row);
        std::ranges::stable_sort(rows,
                                 [&](std::size_t a, std::size_t b) { return probability(a, label) > probability(b, label); });
        const auto count = std::min(static_cast<std::size_t>(m_request.images), rows.size());
        ClassInspection result;
        result.best = images({rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)});
        result.worst = images({rows.rbegin(), rows.rbegin() + static_cast<std::ptrdiff_t>(count)});
        return result;
    }

    /// Those it was surest of, with what lies nearest to them.
    std::vector<InspectedImage> mistakes() const
    {
        std::vector<std::size_t> rows;
        for (std::size_t row = 0; row < m_truth.size(); ++row)
            if (predictionOf(row) != m_truth[row]) rows.push_back(row);
        std::ranges::stable_sort(rows, [&](std::size_t a, std::size_t b) {
            return probability(a, predictionOf(a)) > probability(b, predictionOf(b));
        });
        rows.resize(std::min(rows.size(), static_cast<std::size_t>(m_request.images)));
        std::vector<InspectedImage> result = images(rows);
        if (rows.empty()) return result;
        const torch::Tensor chosen = torch::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()));
        const Neighbours near =
            nearestRows(unitRows(asTensor(m_bank)), unitRows(asTensor(m_queries).index_select(0, chosen)), m_request.neighbours);
        for (std::size_t i = 0; i < rows.size(); ++i)
            for (std::int64_t k = 0; k < near.indices.size(1); ++k) {
                const auto place = static_cast<std::size_t>(near.indices[static_cast<std::int64_t>(i)][k].item<std::int64_t>());
                const std::int64_t image = m_bank.images[place];
                result[i].neighbours.push_back({image, m_data.bankLabels().labels[static_cast<std::size_t>(image)],
                                                near.similarities[static_cast<std::int64_t>(i)][k].item<double>(),
                                                picture(*m_data.splits.train, image)});
            }
        return result;
    }

    RgbImage picture(const DataSet& set, std::int64_t image) const
    {
        Canvas canvas;
        m_data.pipeline->evaluationView(set.image(image), canvas);
        return canvas.image();
    }

    std::vector<InspectedImage> images(const std::vector<std::size_t>& rows) const
    {
        std::vector<InspectedImage> result;
        for (const std::size_t row : rows) {
            const std::int64_t image = m_queries.images[row];
            result.push_back({.image = image,
                              .name = m_data.queryData().describe(image),
                              .truth = m_truth[row],
                              .prediction = predictionOf(row),
                              .probability = probability(row, m_truth[row]),
                              .picture = picture(m_data.queryData(), image)});
        }
        if (m_answers.backbone) addActivations(result);
        return result;
    }

    void addActivations(std::vector<InspectedImage>& shown) const
    {
        const torch::NoGradGuard noGradients;
        const std::size_t floats = m_data.pipeline->viewFloats(0);
        ComputeDevice host;
        host.channelsLast = false;
        for (std::size_t begin = 0; begin < shown.size(); begin += kMapsAtOnce) {
            const std::size_t count = std::min<std::size_t>(kMapsAtOnce, shown.size() - begin);
            std::vector<float> pixels(count * floats);
            std::vector<std::int64_t> predicted;
            for (std::size_t i = 0; i < count; ++i) {
                m_data.pipeline->normalize(shown[begin + i].picture, 0, pixels.data() + i * floats);
                predicted.push_back(shown[begin + i].prediction);
            }
            const torch::Tensor views =
                toDevice(pixels, SampleKind::Image, static_cast<std::int64_t>(count), m_data.pipeline->viewSize(0), host);
            const torch::Tensor maps = gradCam(m_answers.backbone->maps(views), m_answers.logits, torch::tensor(predicted))
                                           .contiguous();  // (count, h, w)
            const auto size = static_cast<std::size_t>(maps.size(1) * maps.size(2));
            for (std::size_t i = 0; i < count; ++i) {
                const float* first = maps.data_ptr<float>() + i * size;
                shown[begin + i].activation = {static_cast<int>(maps.size(2)), static_cast<int>(maps.size(1)),
                                               std::vector<float>(first, first + size)};
            }
        }
    }

    const InspectionRequest& m_request;
    const EvaluateProgress& m_progress;
    FeatureCache m_cache;
    JudgedModel m_model;
    std::optional<JudgedModel> m_own;
    JudgedData m_data;
    ComputeDevice m_device;
    Answers m_answers;
    FeatureRows m_bank, m_queries;
    std::vector<std::int32_t> m_truth;
};

}  // namespace

std::optional<Inspection> inspectModel(const InspectionRequest& request, const Catalog& catalog, const EvaluateProgress& progress)
{
    return Inspector(request, catalog, progress).run();
}

}  // namespace selfsight
