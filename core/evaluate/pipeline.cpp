#include "core/evaluate/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/config/differences.h"
#include "core/data/data_set.h"
#include "core/data/labelled_part.h"
#include "core/evaluate/encoder_file.h"
#include "core/evaluate/stages.h"
#include "core/io/atomic_file.h"
#include "core/io/csv.h"
#include "core/runs/run_end.h"

namespace selfsight
{

namespace fs = std::filesystem;

namespace
{

constexpr std::uint64_t kLargestChart = 1 << 24;

const std::string kPretrain = "pretrain";

struct Series {
    const char* key;
    const char* title;
    PipelineKind kind;
};

/// What a stage's measuring adds to the chart.
constexpr std::array kSeries = {
    Series{"scratch", "From scratch", PipelineKind::Scratch}, Series{"linear", "Linear probe", PipelineKind::Pretraining},
    Series{"fine_tuned", "Fine-tuned", PipelineKind::FineTuning}, Series{"distilled", "Distilled", PipelineKind::Distillation}};

const Series& seriesOf(PipelineKind kind)
{
    return *std::ranges::find(kSeries, kind, &Series::kind);
}

std::string withShare(const std::string& key, double share)
{
    return fmt::format("{}_{:g}", key, 100 * share);
}

PipelineStage stage(const fs::path& folder, PipelineKind kind, double share, const std::string& key, const std::string& title)
{
    PipelineStage stage{.kind = kind, .share = share, .key = key, .title = title, .run = folder / key};
    std::error_code ignored;
    stage.begun = fs::exists(stage.run / "experiment.yaml", ignored);
    const auto end = endOf(stage.run);
    stage.trained = end && end->phase == RunPhase::Finished;
    return stage;
}

bool isSame(const Experiment& there, const Experiment& experiment)
{
    return there.sections == experiment.sections && there.views == experiment.views;
}

/// The folder belongs to one experiment for good.
void requireSame(const fs::path& file, const Experiment& experiment, const Catalog& catalog)
{
    const LoadedExperiment there = loadExperiment(file, catalog);
    if (isSame(there.experiment, experiment)) return;
    const auto differing = differences(there.experiment, experiment, catalog);
    throw Error(
        file.parent_path().string(),
        fmt::format("was begun with other values{}", differing.empty() ? "" : ", the first of them " + differing.front().keyPath),
        "Name another folder with --out.");
}

}  // namespace

std::string titleOfSeries(const std::string& series)
{
    for (const Series& entry : kSeries)
        if (series == entry.key) return entry.title;
    return series;
}

std::vector<ChartPoint> readChart(const fs::path& folder)
{
    const fs::path file = folder / "chart.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return {};
    try {
        std::vector<ChartPoint> points;
        const auto chart = nlohmann::json::parse(readFile(file, kLargestChart));
        for (const auto& json : chart.at("points"))
            points.push_back(
                {json.at("series"), json.at("stage"), json.at("labels"), json.at("labelled"), json.at("top1"), json.at("top5")});
        return points;
    } catch (const nlohmann::json::exception&) {
        throw Error(file.string(), "is damaged", "Remove it: the stages are measured again.");
    }
}

bool holdsPipeline(const fs::path& folder)
{
    std::error_code ignored;
    const auto entries = std::distance(fs::directory_iterator(folder, ignored), fs::directory_iterator());
    return entries > 1 && fs::exists(folder / "pipeline.yaml", ignored);
}

fs::path pipelineFolder(const fs::path& wanted, const Experiment& experiment, const Catalog& catalog)
{
    std::error_code ignored;
    fs::path folder = wanted;
    for (int n = 2; fs::exists(folder, ignored) && !fs::is_empty(folder, ignored); ++n) {
        const fs::path file = folder / "pipeline.yaml";
        if (fs::exists(file, ignored) && isSame(loadExperiment(file, catalog).experiment, experiment)) break;
        folder = fmt::format("{}_{}", wanted.string(), n);
    }
    return folder;
}

Pipeline::Pipeline(Experiment experiment, fs::path folder, const Catalog& catalog)
    : m_experiment(std::move(experiment)), m_folder(std::move(folder)), m_catalog(catalog)
{
    m_shares = fineTuneSchema().read(m_experiment["fine_tune"]).labelShares;
    if (m_shares.empty()) throw Error("fine_tune.label_shares", "is empty", "Name at least one share, such as [0.01].");
    std::ranges::sort(m_shares);
    const fs::path file = m_folder / "pipeline.yaml";
    std::error_code ignored;
    if (holdsPipeline(m_folder)) {
        requireSame(file, m_experiment, m_catalog);
        return;
    }
    if (fs::exists(m_folder, ignored) && !fs::is_empty(m_folder, ignored) && !fs::exists(file, ignored))
        throw Error(m_folder.string(), "is there already and holds no pipeline", "Name another folder with --out.");
    fs::create_directories(m_folder);
    writeAtomically(file, toYaml(m_experiment, m_catalog, YamlStyle::Resolved));
}

std::vector<PipelineStage> Pipeline::stages() const
{
    std::vector<PipelineStage> all = {stage(m_folder, PipelineKind::Pretraining, 1, kPretrain, "Pre-training")};
    for (const double share : m_shares) {
        const std::string labels = percentText(share) + " of the labels";
        all.push_back(stage(m_folder, PipelineKind::FineTuning, share, withShare("fine_tune", share), "Fine-tuning, " + labels));
        all.push_back(stage(m_folder, PipelineKind::Distillation, share, withShare("distil", share), "Distillation, " + labels));
        all.push_back(stage(m_folder, PipelineKind::Scratch, share, withShare("scratch", share), "From scratch, " + labels));
    }
    const std::vector<ChartPoint> points = chart();
    for (PipelineStage& entry : all)
        entry.measured = std::ranges::any_of(points, [&entry](const ChartPoint& point) { return point.stage == entry.key; });
    return all;
}

fs::path Pipeline::weightsOf(const std::string& key) const
{
    const fs::path run = m_folder / key, file = m_folder / (key + ".safetensors");
    if (const auto end = endOf(run); !end || end->phase != RunPhase::Finished)
        throw Error(run.string(), "is not finished, and the next stage begins with its weights");
    std::error_code ignored;
    if (!fs::exists(file, ignored)) writeEncoderFile(run, std::nullopt, file, m_catalog);
    return file;
}

Experiment Pipeline::experimentOf(const PipelineStage& entry) const
{
    Experiment experiment = m_experiment;
    if (entry.kind == PipelineKind::Pretraining) return experiment;
    const OptionSet& data = m_experiment["data"];
    const DataSplits splits = dataSets().at(data.type).open(data, m_experiment.folder);
    if (splits.train->labelTables().empty())
        throw Error(splits.title, "has no labels, which fine-tuning needs", "Choose data whose classes are known.");
    const FineTuneOptions options = fineTuneSchema().read(m_experiment["fine_tune"]);
    const LabelledImages labelled =
        labelledImages(splits.train->labelTables().front(), {entry.share, static_cast<std::uint64_t>(options.labelSeed)});
    if (entry.kind == PipelineKind::Distillation)
        experiment = distillationStage(m_experiment, weightsOf(withShare("fine_tune", entry.share)), weightsOf(kPretrain),
                                       entry.share, splits.train->size(), m_catalog);
    else
        experiment =
            supervisedStage(m_experiment, {.weights = entry.kind == PipelineKind::Scratch ? fs::path() : weightsOf(kPretrain),
                                           .share = entry.share,
                                           .labelSeed = options.labelSeed,
                                           .labelled = static_cast<std::int64_t>(labelled.images.size())});
    experiment.name = m_experiment.name + '_' + entry.key;
    return experiment;
}

bool Pipeline::measure(const PipelineStage& entry, const fs::path& cache, int threads, const EvaluateProgress& progress) const
{
    const Series& series = seriesOf(entry.kind);
    EvaluationRequest request;
    request.models = {entry.run.string()};
    request.protocols = {entry.kind == PipelineKind::Pretraining ? Protocol::Linear : Protocol::Classifier};
    request.shares = entry.kind == PipelineKind::Pretraining ? m_shares : std::vector{entry.share};
    request.settings = {{"fine_tune.label_seed", std::to_string(fineTuneSchema().read(m_experiment["fine_tune"]).labelSeed)}};
    request.cache = cache;
    request.threads = threads;
    std::vector<ChartPoint> points;
    std::vector<std::string> problems;
    const bool whole = evaluateModels(
        request, m_catalog,
        [&](const EvaluationRow& row) {
            points.push_back({series.key, entry.key, row.share, row.labelled, row.top1.mean, row.top5.mean});
        },
        problems, progress);
    if (!problems.empty()) throw Error(entry.title, problems.front());
    if (!whole) return false;
    for (ChartPoint& point : points) {
        if (entry.kind == PipelineKind::Pretraining) continue;
        point.share = entry.share;  // the labels behind it are the stage's
        for (const ChartPoint& known : chart())
            if (known.share == entry.share) point.labelled = std::max(point.labelled, known.labelled);
    }
    keep(std::move(points));
    return true;
}

void Pipeline::keep(std::vector<ChartPoint> fresh) const
{
    std::vector<ChartPoint> points = chart();
    std::erase_if(points, [&](const ChartPoint& old) {
        return std::ranges::any_of(fresh, [&](const ChartPoint& point) { return point.stage == old.stage; });
    });
    std::ranges::move(fresh, std::back_inserter(points));
    const auto place = [](const ChartPoint& point) {
        return std::ranges::find(kSeries, point.series, &Series::key) - kSeries.begin();
    };
    std::ranges::stable_sort(points, [&](const ChartPoint& a, const ChartPoint& b) {
        return std::pair(place(a), a.share) < std::pair(place(b), b.share);
    });
    nlohmann::ordered_json json = {{"points", nlohmann::ordered_json::array()}};
    std::string csv = csvRow({"series", "stage", "labels", "labelled", "top1", "top5"});
    for (const ChartPoint& point : points) {
        json["points"].push_back({{"series", point.series},
                                  {"stage", point.stage},
                                  {"labels", point.share},
                                  {"labelled", point.labelled},
                                  {"top1", point.top1},
                                  {"top5", point.top5}});
        csv += csvRow({point.series, point.stage, fmt::format("{:g}", point.share), std::to_string(point.labelled),
                       fmt::format("{:.6f}", point.top1), fmt::format("{:.6f}", point.top5)});
    }
    writeAtomically(m_folder / "chart.csv", csv);
    writeAtomically(m_folder / "chart.json", json.dump(1) + '\n');
}

}  // namespace selfsight
