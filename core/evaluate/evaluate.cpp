#include "core/evaluate/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "core/analysis/knn.h"
#include "core/analysis/linear_probe.h"
#include "core/base/error.h"
#include "core/data/labelled_part.h"
#include "core/evaluate/encoder_file.h"
#include "core/evaluate/kept_rows.h"
#include "core/evaluate/stage_training.h"
#include "core/evaluate/stages.h"
#include "core/io/sha256.h"
#include "core/train/train_options.h"

namespace selfsight
{

namespace
{

constexpr double kStepCost = 3;      // of an image that is learnt from, in passes of one that is only looked at
constexpr double kLinearCost = 0.3;  // of an image in the probe's bank
constexpr double kKnnCost = 0.05;    // of an image in the bank

bool needsFeatures(Protocol protocol)
{
    return protocol == Protocol::Knn || protocol == Protocol::Linear;
}

bool isTrained(Protocol protocol)
{
    return protocol == Protocol::FineTune || protocol == Protocol::Scratch || protocol == Protocol::LinearAugmented;
}

/// What a protocol does with one share of the labels, once a seed.
struct Job {
    Protocol protocol;
    double share;
    std::vector<LabelledImages> labelled;  // one a seed
    std::vector<Experiment> stages;        // one a seed, of protocols that train
    double cost = 0;                       // in passes of an image
};

/// Judges one model.
class Judge
{
public:
    Judge(const EvaluationRequest& request, const Catalog& catalog, const std::string& source, const EvaluateProgress& progress)
        : m_request(request),
          m_model(openModel(source, catalog)),
          m_data(openData(m_model, request, catalog)),
          m_cache(request.cache),
          m_progress(progress)
    {
        m_device = resolveDevice(trainSchema().read(m_model.experiment["train"]), request.threads);
        m_classes = static_cast<std::int64_t>(m_data.bankLabels().classes.size());
        const auto asksFor = [&request](Protocol protocol) {
            return std::ranges::find(request.protocols, protocol) != request.protocols.end();
        };
        const bool ownAnswers = asksFor(Protocol::Classifier) && m_model.namesClasses;
        if (asksFor(Protocol::FineTune) || asksFor(Protocol::LinearAugmented) || ownAnswers)
            m_weights = weightsToBeginWith(catalog);
        if (ownAnswers) m_classifier = openModel(m_weights.string(), catalog);
    }

    /// False: cancelled.
    bool run(const RowArrived& arrived, std::vector<std::string>& problems)
    {
        std::vector<Job> jobs = planned(problems);
        const bool features = std::ranges::any_of(jobs, [](const Job& job) { return needsFeatures(job.protocol); });
        m_total = features ? static_cast<double>(m_data.bank.size() + m_data.queries.size()) : 0;
        for (const Job& job : jobs) m_total += job.cost;
        if (features && !readFeatures()) return false;
        for (const Job& job : jobs) {
            try {
                const auto begin = std::chrono::steady_clock::now();
                std::optional<EvaluationRow> row = judged(job);
                if (!row) return false;
                row->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
                arrived(*row);
                if (!m_model.run.empty()) keepRow(m_model.run, *row);
            } catch (const Error& error) {
                problems.push_back(fmt::format("{}, {}, {} of the labels: {}", m_model.name, infoOf(job.protocol).title,
                                               percentText(job.share), error.what()));
            }
            m_done += job.cost;
        }
        return true;
    }

private:
    /// Runs hold more than one network: what they are fine-tuned from is written beside the features.
    std::filesystem::path weightsToBeginWith(const Catalog& catalog) const
    {
        if (m_model.run.empty()) return m_model.weights;
        const std::filesystem::path file = m_cache.fileOf(sha256Of(m_model.weights), ".encoder.safetensors");
        std::error_code ignored;
        if (std::filesystem::exists(file, ignored)) return file;
        std::filesystem::create_directories(file.parent_path());
        writeEncoderFile(m_model.run, m_model.step, file, catalog);
        return file;
    }

    /// Those that can be done at all.
    std::vector<Job> planned(std::vector<std::string>& problems) const
    {
        std::vector<Job> jobs;
        for (const Protocol protocol : m_request.protocols)
            for (const double share : m_request.shares) {
                if (protocol == Protocol::Classifier && share != m_request.shares.front()) continue;  // its labels are behind it
                try {
                    jobs.push_back(job(protocol, share));
                } catch (const Error& error) {
                    problems.push_back(fmt::format("{}, {}: {}", m_model.name, infoOf(protocol).title, error.what()));
                    break;
                }
            }
        return jobs;
    }

    Job job(Protocol protocol, double share) const
    {
        Job job{.protocol = protocol, .share = share, .labelled = {}, .stages = {}};
        if (protocol == Protocol::Classifier) {
            if (!m_classifier)
                throw Error(m_model.name, "has no classifier of its own", "Fine-tune them, or ask for kNN or a linear probe.");
            job.cost = static_cast<double>(m_data.queries.size());
            return job;
        }
        if (isTrained(protocol) && !m_data.splits.test)
            throw Error(m_data.splits.title,
                        "has no test part, and what is trained would be asked about images that it learnt from",
                        "Set data.test_share, or keep some images in a folder test/.");
        const FineTuneOptions options = fineTuneSchema().read(m_data.experiment["fine_tune"]);
        const int seeds = share >= 1 && !isTrained(protocol) ? 1 : m_request.seeds;  // all labels: nothing is drawn
        for (int seed = 0; seed < seeds; ++seed) {
            const std::int64_t labelSeed = options.labelSeed + seed;
            job.labelled.push_back(labelledBank(share, labelSeed));
            const auto images = static_cast<std::int64_t>(job.labelled.back().images.size());
            job.cost += static_cast<double>(images) * (protocol == Protocol::Knn ? kKnnCost : kLinearCost);
            if (!isTrained(protocol)) continue;
            job.stages.push_back(supervisedStage(m_data.experiment,
                                                 {.weights = protocol == Protocol::Scratch ? std::filesystem::path() : m_weights,
                                                  .share = share,
                                                  .labelSeed = labelSeed,
                                                  .seed = 1 + seed,
                                                  .labelled = images,
                                                  .frozen = protocol == Protocol::LinearAugmented}));
            job.cost += kStepCost * static_cast<double>(stepsOf(job.stages.back()) * batchOf(job.stages.back()));
        }
        return job;
    }

    /// Of the images that answers may be learnt from.
    LabelledImages labelledBank(double share, std::int64_t seed) const
    {
        if (m_data.splits.test) return labelledImages(m_data.bankLabels(), {share, static_cast<std::uint64_t>(seed)});
        const LabelTable table{m_data.bankLabels().name, m_data.bankLabels().classes, labelsOf(m_data.bankLabels(), m_data.bank)};
        LabelledImages part = labelledImages(table, {share, static_cast<std::uint64_t>(seed)});
        for (std::int64_t& image : part.images) image = m_data.bank[static_cast<std::size_t>(image)];
        return part;
    }

    SliceProgress sliceProgress(const std::string& activity, double cost) const
    {
        return [this, activity, cost](double share) {
            return m_progress(activity, m_total > 0 ? (m_done + cost * share) / m_total : 0);
        };
    }

    bool readFeatures()
    {
        for (const bool queries : {false, true}) {
            const double cost = static_cast<double>(queries ? m_data.queries.size() : m_data.bank.size());
            auto rows = rowsOf(
                m_model, m_data, queries, Output::Features, m_device, m_cache,
                sliceProgress(fmt::format("{}: features of the {} images", m_model.name, queries ? "test" : "training"), cost));
            if (!rows) return false;
            (queries ? m_queries : m_bank) = std::move(*rows);
            m_done += cost;
        }
        return true;
    }

    /// The bank's rows of these images, those that could be read.
    FeatureRows rowsOfImages(const std::vector<std::int64_t>& images) const
    {
        if (images.size() == m_bank.images.size()) return m_bank;
        FeatureRows part{.columns = m_bank.columns, .values = {}, .images = {}};
        for (const std::int64_t image : images) {
            const auto place = std::ranges::lower_bound(m_bank.images, image);
            if (place == m_bank.images.end() || *place != image) continue;
            const auto row = m_bank.values.begin() + (place - m_bank.images.begin()) * m_bank.columns;
            part.values.insert(part.values.end(), row, row + m_bank.columns);
            part.images.push_back(image);
        }
        return part;
    }

    Classification classified(const FeatureRows& logits) const
    {
        if (logits.columns != m_classes)
            throw Error("classifier",
                        fmt::format("names {} classes, and {} has {}", logits.columns, m_data.splits.title, m_classes));
        const std::vector<double> scores(logits.values.begin(), logits.values.end());
        return classificationOf(scores, labelsOf(m_data.queryLabels(), logits.images), m_classes);
    }

    /// One answer; absent when cancelled.
    std::optional<Classification> answer(const Job& job, std::size_t seed, double cost) const
    {
        const std::string activity =
            fmt::format("{}: {}, {} of the labels{}", m_model.name, infoOf(job.protocol).title, percentText(job.share),
                        job.labelled.size() > 1 ? fmt::format(", seed {} of {}", seed + 1, job.labelled.size()) : std::string());
        const SliceProgress progress = sliceProgress(activity, cost);
        if (!progress(0)) return std::nullopt;
        if (job.protocol == Protocol::Classifier) {
            const auto logits = rowsOf(*m_classifier, m_data, true, Output::Logits, m_device, m_cache, progress);
            if (!logits) return std::nullopt;
            return classified(*logits);
        }
        if (isTrained(job.protocol)) {
            const auto logits = trainStage(job.stages[seed], m_data, m_request.threads, progress);
            if (!logits) return std::nullopt;
            return classified(*logits);
        }
        const FeatureRows bank = rowsOfImages(job.labelled[seed].images);
        const std::vector<std::int32_t> known = labelsOf(m_data.bankLabels(), bank.images),
                                        asked = labelsOf(m_data.queryLabels(), m_queries.images);
        if (job.protocol == Protocol::Knn) {
            const KnnResult result =
                knnClassify(bank.view(), known, m_queries.view(), asked,
                            {.neighbours = m_request.neighbours, .temperature = m_request.temperature, .classes = m_classes});
            return classificationOf(result.predictions, asked, m_classes, result.top5);
        }
        const auto result = linearProbe(bank.view(), known, m_queries.view(), asked,
                                        {.classes = m_classes, .strength = m_request.strength}, progress);
        if (!result) return std::nullopt;
        return classificationOf(result->predictions, asked, m_classes, result->top5);
    }

    std::string settingsOf(const Job& job) const
    {
        switch (job.protocol) {
            case Protocol::Knn: return fmt::format("k {}, T {:g}", m_request.neighbours, m_request.temperature);
            case Protocol::Linear: return fmt::format("offline, cached features, L-BFGS, C {:g}", m_request.strength);
            case Protocol::Classifier: return "the network's own classifier";
            default: break;
        }
        const Experiment& stage = job.stages.front();
        std::string text = fmt::format("{} steps of {}", stepsOf(stage), batchOf(stage));
        if (job.protocol == Protocol::FineTune) {
            const auto layers = stage["method"].values.find("head_layers");
            text += layers == stage["method"].values.end() ? ", from the backbone"
                                                           : fmt::format(", from layer {} of the head", toText(layers->second));
        }
        return text;
    }

    std::optional<EvaluationRow> judged(const Job& job) const
    {
        EvaluationRow row{.model = m_model.name,
                          .method = m_model.method,
                          .data = m_data.splits.title,
                          .step = m_model.step.value_or(-1),
                          .protocol = job.protocol,
                          .settings = settingsOf(job),
                          .share = job.share};
        row.classes = m_data.bankLabels().classes;
        row.notes = m_model.notes;
        row.notes.insert(row.notes.end(), m_data.notes.begin(), m_data.notes.end());
        if (!job.labelled.empty()) {
            row.labelled = static_cast<std::int64_t>(job.labelled.front().images.size());
            row.notes.insert(row.notes.end(), job.labelled.front().notes.begin(), job.labelled.front().notes.end());
        }
        const std::size_t seeds = std::max<std::size_t>(1, job.labelled.size());
        std::vector<double> top1, top5, perClass(static_cast<std::size_t>(m_classes));
        for (std::size_t seed = 0; seed < seeds; ++seed) {
            const auto own = answer(job, seed, job.cost / static_cast<double>(seeds));
            if (!own) return std::nullopt;
            m_done += job.cost / static_cast<double>(seeds);
            row.tested = own->images;
            top1.push_back(own->top1);
            top5.push_back(own->top5);
            row.confusion.resize(own->confusion.size());
            for (std::size_t i = 0; i < own->confusion.size(); ++i) row.confusion[i] += own->confusion[i];
            for (std::size_t c = 0; c < perClass.size(); ++c) perClass[c] += own->perClass[c] / static_cast<double>(seeds);
        }
        m_done -= job.cost;  // run() adds it
        row.top1 = meanInterval(top1);
        row.top5 = meanInterval(top5);
        row.perClass = perClass;
        return row;
    }

    const EvaluationRequest& m_request;
    JudgedModel m_model;
    JudgedData m_data;
    std::optional<JudgedModel> m_classifier;
    FeatureCache m_cache;
    const EvaluateProgress& m_progress;
    ComputeDevice m_device;
    std::filesystem::path m_weights;
    std::int64_t m_classes = 0;
    FeatureRows m_bank, m_queries;
    double m_total = 0;
    mutable double m_done = 0;
};

}  // namespace

const std::vector<ProtocolInfo>& protocols()
{
    static const std::vector<ProtocolInfo> list = {
        {Protocol::Knn, "knn", "kNN", "Weighted nearest neighbours among the features of the labelled images."},
        {Protocol::Linear, "linear", "Linear probe",
         "A linear classifier on frozen features without augmentation, after the training (offline)."},
        {Protocol::LinearAugmented, "linear_augmented", "Linear probe, augmented",
         "The same by SGD on crops and flips of the labelled images."},
        {Protocol::FineTune, "fine_tune", "Fine-tuned",
         "The whole network goes on learning with the labels, from a layer of its projection head where it can be cut."},
        {Protocol::Scratch, "scratch", "From scratch", "The same network from random weights: the line to beat."},
        {Protocol::Classifier, "classifier", "Own classifier", "What a supervised, fine-tuned or distilled network says itself."},
    };
    return list;
}

const ProtocolInfo& infoOf(Protocol protocol)
{
    return *std::ranges::find(protocols(), protocol, &ProtocolInfo::protocol);
}

void judgeOn(EvaluationRequest& request, const std::string& text)
{
    const auto colon = text.find(':');
    request.data = text.substr(0, colon);
    if (colon != std::string::npos) request.settings.emplace_back("data.path", text.substr(colon + 1));
}

std::string percentText(double share)
{
    return fmt::format("{:.6g} %", 100 * share);
}

bool evaluateModels(const EvaluationRequest& request, const Catalog& catalog, const RowArrived& arrived,
                    std::vector<std::string>& problems, const EvaluateProgress& progress)
{
    const auto models = static_cast<double>(request.models.size());
    for (std::size_t i = 0; i < request.models.size(); ++i) {
        const EvaluateProgress own = [&](const std::string& activity, double share) {
            return progress(activity, (static_cast<double>(i) + share) / models);
        };
        if (!own(request.models[i] + ": opening", 0)) return false;
        try {
            if (!Judge(request, catalog, request.models[i], own).run(arrived, problems)) return false;
        } catch (const Error& error) {
            if (request.models.size() == 1) throw;
            problems.push_back(error.what());
        }
    }
    return true;
}

}  // namespace selfsight
