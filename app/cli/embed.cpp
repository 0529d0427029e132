// selfsight-cli embed: a layout in the plane of any table of numbers, of the features that a run's snapshot holds, or of what a weights file's
// network makes of a data set.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "app/cli/command.h"
#include "app/cli/matrix_file.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "app/interrupts.h"
#include "core/analysis/layout_quality.h"
#include "core/analysis/pca.h"
#include "core/analysis/tsne.h"
#include "core/analysis/umap.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/evaluate/feature_cache.h"
#include "core/evaluate/model_features.h"
#include "core/io/npy.h"
#include "core/record/probe_set.h"
#include "core/runs/run_place.h"
#include "core/runs/run_reader.h"
#include "core/runs/snapshot_files.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kRowsJudged = 2000;
constexpr std::int64_t kNeighboursJudged = 15;

struct EmbedArguments {
    std::string file, run, weights, data, out, layout = "tsne";
    std::int64_t images = 5000;
    TsneOptions tsne;
    UmapOptions umap;
    std::int64_t columns = 50;
    int threads = 0;
    bool json = false;
};

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Features of "RUN" (its newest snapshot) or "RUN@STEP".
MatrixRows featuresOf(const std::string& text)
{
    const RunPlace place = runPlace(text);
    std::shared_ptr<const Snapshot> snapshot;
    if (!place.step) {
        const RunUpdate update = openRun(place.run, ManySteps::Columns)->drain();
        if (!update.snapshots.empty()) snapshot = update.snapshots.back();
    } else {
        if (!isRunFolder(place.run)) throw Error(place.run.string(), "is no run's folder");
        snapshot = readSnapshotFile(place.run, *place.step);
        if (!snapshot) throw Error(text, "no snapshot of this step is kept", "Look which there are in the folder 'snapshots'.");
    }
    if (snapshot)
        for (const SnapshotArray& array : snapshot->arrays)
            if (array.name == embedding::kFeatures && array.shape.size() == 2)
                return {array.shape[0], array.shape[1], array.values};
    throw Error(text, "there are no features", "The run's embedding probe was off, or has not looked yet.");
}

/// What the network of a weights file makes of images; absent: interrupted.
std::optional<MatrixRows> featuresOfWeights(const EmbedArguments& arguments)
{
    EvaluationRequest request{.models = {arguments.weights}, .cache = FeatureCache::usualFolder(), .threads = arguments.tsne.threads};
    judgeOn(request, arguments.data);
    auto features = modelFeatures(request, arguments.images, catalog(), [](const std::string&, double) { return !isInterrupted(); });
    if (!features) return std::nullopt;
    return MatrixRows{features->rows(), features->columns, std::move(features->values)};
}

/// One line on a terminal's standard error that is overwritten twice a second.
class Progress {
public:
    explicit Progress(bool isShown) : m_isShown(isShown) {}
    ~Progress()
    {
        if (m_hasLine) fmt::print(stderr, "\n");
    }

    void tell(int done, int total)
    {
        if (!m_isShown || done == 0 || secondsSince(m_told) < 0.5) return;
        m_told = Clock::now();
        const double left = secondsSince(m_start) / done * (total - done);
        fmt::print(stderr, "\r{} of {} iterations, {} left    ", done, total, duration(left));
        std::fflush(stderr);
        m_hasLine = true;
    }

private:
    bool m_isShown, m_hasLine = false;
    Clock::time_point m_start = Clock::now(), m_told = m_start;
};

struct LaidOut {
    std::vector<float> layout;  // empty: interrupted
    double prepared = 0;        // seconds
    double divergence = 0;      // of t-SNE
    int iterations = 0;         // of t-SNE
};

LaidOut layOut(const EmbedArguments& arguments, MatrixView rows)
{
    if (arguments.layout == "pca") return {.layout = pcaLayout(rows)};
    const auto start = Clock::now();
    std::vector<float> reduced;
    if (arguments.columns > 0 && rows.columns > arguments.columns) {
        reduced = pcaRows(rows, arguments.columns);
        rows = {reduced.data(), rows.rows, static_cast<std::int64_t>(reduced.size()) / rows.rows};
    }
    Progress progress(!arguments.json);
    const auto goesOn = [&](int done, int total) {
        progress.tell(done, total);
        return !isInterrupted();
    };
    if (arguments.layout == "umap") {
        UmapOptions options = arguments.umap;
        options.seed = arguments.tsne.seed;
        options.threads = arguments.tsne.threads;
        return {.layout = umapLayout(rows, options, goesOn)};
    }
    Tsne tsne(arguments.tsne);
    if (!tsne.setRows(rows, isInterrupted)) return {};
    const double prepared = secondsSince(start);
    while (!tsne.isDone() && goesOn(tsne.done(), tsne.total())) tsne.iterate(1);
    if (isInterrupted()) return {};
    return {tsne.layout(), prepared, tsne.divergence(), tsne.done()};
}

int embed(EmbedArguments arguments)
{
    if ((arguments.file.empty() ? 0 : 1) + (arguments.run.empty() ? 0 : 1) + (arguments.weights.empty() ? 0 : 1) != 1)
        throw Error("embed", "needs a run's folder, --npy or --weights, one of them");
    arguments.tsne.threads = prepareComputeThread(arguments.threads, 0);
    heedInterrupts();
    std::optional<MatrixRows> read;
    if (!arguments.weights.empty()) read = featuresOfWeights(arguments);
    else read = arguments.file.empty() ? featuresOf(arguments.run) : readMatrix(arguments.file);
    if (!read) return kInterruptedCode;
    const MatrixRows& rows = *read;
    const auto start = Clock::now();
    LaidOut laidOut;
    try {
        laidOut = layOut(arguments, rows.view());
    } catch (const Error& error) {
        throw error.within(arguments.run + arguments.file + arguments.weights);  // the one that is given
    }
    const auto& [layout, prepared, divergence, iterations] = laidOut;
    if (layout.empty()) return kInterruptedCode;
    const double seconds = secondsSince(start);
    const LayoutQuality quality =
        layoutQuality(rows.view(), layout, kNeighboursJudged, kRowsJudged, arguments.tsne.threads, isInterrupted);
    if (isInterrupted()) return kInterruptedCode;
    if (!arguments.out.empty()) writeNpy(arguments.out, DType::F32, {rows.rows, 2}, std::as_bytes(std::span(layout)));
    if (arguments.json) {
        nlohmann::ordered_json result = {{"event", "result"},
                                         {"layout", arguments.layout},
                                         {"rows", rows.rows},
                                         {"columns", rows.columns},
                                         {"seconds", seconds}};
        if (iterations > 0) {
            result["seconds_neighbours"] = prepared;
            result["iterations"] = iterations;
            result["kl"] = divergence;
        }
        result["trustworthiness"] = quality.trustworthiness;
        result["neighbours_kept"] = quality.neighboursKept;
        result["rows_judged"] = quality.rowsJudged;
        if (!arguments.out.empty()) result["path"] = arguments.out;
        printJson(result);
        return 0;
    }
    std::vector<std::vector<std::string>> table = {{"samples", fmt::format("{} x {}", rows.rows, rows.columns)},
                                                   {"time", fmt::format("{:.2f} s", seconds)}};
    if (iterations > 0) table.push_back({"divergence", fmt::format("{:.4f} after {} iterations", divergence, iterations)});
    table.push_back({"trustworthiness",
                     fmt::format("{:.4f} (k = {}, {} rows)", quality.trustworthiness, kNeighboursJudged, quality.rowsJudged)});
    table.push_back({"neighbours kept", fmt::format("{:.4f}", quality.neighboursKept)});
    if (!arguments.out.empty()) table.push_back({"layout", arguments.out});
    printTable(table);
    return 0;
}

}  // namespace

Run addEmbed(CLI::App& command)
{
    const auto arguments = std::make_shared<EmbedArguments>();
    command.description(
        "Lays samples out in the plane, so that neighbours stay neighbours: of any table of numbers, of a run's features, or of a weights file's.");
    command.add_option("RUN,--run", arguments->run, "A run's folder (its newest snapshot), or RUN@STEP");
    command.add_option("--npy", arguments->file, "A .npy file of float numbers, a row for each sample");
    CLI::Option* weights = command.add_option("--weights", arguments->weights, "A weights file: what its network makes of the images of --data");
    CLI::Option* data = command.add_option("--data", arguments->data, "TYPE or TYPE:PATH of the data set whose held-out images it is shown")->needs(weights);
    weights->needs(data);
    command.add_option("--images", arguments->images, "Of them, evenly taken; 0: all")->check(CLI::Range(0, 1'000'000))->needs(weights)->capture_default_str();
    command.add_option("--layout", arguments->layout, "How")->check(CLI::IsMember({"tsne", "umap", "pca"}));
    command.add_option("--out", arguments->out, "The places are written to this .npy file (samples, 2)");
    command.add_option("--perplexity", arguments->tsne.perplexity, "How many neighbours count, about");
    command.add_option("--seed", arguments->tsne.seed, "Of the jitter that parts equal samples");
    command.add_option("--exaggerated", arguments->tsne.exaggeratedIterations, "Iterations in which clusters form")
        ->check(CLI::Range(0, 1'000'000));
    command.add_option("--iterations", arguments->tsne.iterations, "Iterations afterwards")->check(CLI::Range(0, 1'000'000));
    command.add_option("--exaggeration", arguments->tsne.exaggeration, "Of the attraction in the former")
        ->check(CLI::Range(1.0, 1000.0));
    command.add_option("--learning-rate", arguments->tsne.learningRate, "0: samples / exaggeration")->check(CLI::Range(0.0, 1e9));
    command.add_option("--neighbours", arguments->umap.neighbours, "Of umap: how many count")->check(CLI::Range(2, 1000))->capture_default_str();
    command.add_option("--min-dist", arguments->umap.minDistance, "Of umap: how close neighbours may lie")
        ->check(CLI::Range(0.0, 0.99))
        ->capture_default_str();
    command.add_option("--epochs", arguments->umap.epochs, "Of umap; 0: 500, or 200 above 10,000 samples")->check(CLI::Range(0, 1'000'000));
    command.add_option("--pca", arguments->columns, "More columns than these are first reduced to so many; 0: never")
        ->check(CLI::Range(0, 100'000));
    command.add_option("--threads", arguments->threads, "Threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return embed(*arguments); };
}

}  // namespace selfsight::cli
