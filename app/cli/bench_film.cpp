// selfsight-cli bench film: whether what moves in the film of a stored run has changed, and how good its pictures are.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "app/frame_maker.h"
#include "core/analysis/layout_quality.h"
#include "core/base/error.h"
#include "core/runs/probe_set_file.h"
#include "core/runs/run_reader.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

struct FilmBench {
    std::string run;
    double perplexity = 30;
    int threads = 0;
    bool json = false;
};

/// Ranks from 0, equal ones share theirs.
std::vector<double> ranksOf(const std::vector<double>& values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> ranks(values.size());
    for (std::size_t start = 0; start < order.size();) {
        std::size_t end = start;
        while (end < order.size() && values[order[end]] == values[order[start]]) ++end;
        for (std::size_t i = start; i < end; ++i) ranks[order[i]] = static_cast<double>(start + end - 1) / 2;
        start = end;
    }
    return ranks;
}

/// Spearman's rank correlation; 0 where one of them never changes.
double rankCorrelation(const std::vector<double>& a, const std::vector<double>& b)
{
    const std::vector<double> x = ranksOf(a), y = ranksOf(b);
    const double mean = (static_cast<double>(x.size()) - 1) / 2;
    double xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
        xy += (x[i] - mean) * (y[i] - mean);
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

struct FilmFigures {
    double correlation = 0, kept = 0, trustworthiness = 0, seconds = 0;  // means of the frames after the first
};

FilmFigures judge(const std::shared_ptr<const ProbeSet>& set, const std::vector<std::shared_ptr<const Snapshot>>& snapshots,
                  const FrameOptions& options)
{
    FrameMaker maker(set, options);
    FilmFigures figures;
    std::vector<float> before;
    int frames = 0;
    for (const auto& snapshot : snapshots) {
        const auto start = std::chrono::steady_clock::now();
        const auto frame = maker.frame(*snapshot);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (!frame) continue;
        if (!before.empty()) {
            const EmbeddingChange change = maker.lastChange();
            std::vector<double> moves;
            for (std::size_t i = 0; i < before.size(); i += 2)
                moves.push_back(std::hypot(frame->layout[i] - before[i], frame->layout[i + 1] - before[i + 1]));
            figures.correlation += rankCorrelation({change.change.begin(), change.change.end()}, moves);
            figures.kept += *frame->preserved;
            figures.trustworthiness += *frame->trustworthiness;
            figures.seconds += seconds;
            ++frames;
        }
        before = frame->layout;
    }
    if (frames == 0) throw Error("bench film", "the run has fewer than two snapshots with features");
    for (double* figure : {&figures.correlation, &figures.kept, &figures.trustworthiness, &figures.seconds}) *figure /= frames;
    return figures;
}

int benchFilm(const FilmBench& arguments)
{
    const int threads = prepareComputeThread(arguments.threads, 0);
    const auto source = openRun(arguments.run, ManySteps::Columns);
    const auto set = readProbeSet(arguments.run);
    if (!set) throw Error(arguments.run, "there are no features", "The run's embedding probe was off.");
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
    for (const auto& snapshot : source->drain().snapshots)
        if (const auto whole = snapshot->hasMore ? source->snapshot(snapshot->step) : snapshot) snapshots.push_back(whole);
    const auto film = [&](bool isWarm) {
        return judge(
            set, snapshots,
            {.perplexity = arguments.perplexity, .threads = threads, .isWarm = isWarm});
    };
    const FilmFigures warm = film(true), alone = film(false);
    const auto json = [](const FilmFigures& figures) {
        return nlohmann::ordered_json{{"rank_correlation", figures.correlation},
                                      {"neighbours_kept", figures.kept},
                                      {"trustworthiness", figures.trustworthiness},
                                      {"seconds", figures.seconds}};
    };
    if (arguments.json) {
        printJson({{"event", "result"},
                   {"bench", "film"},
                   {"value", warm.correlation - alone.correlation},
                   {"unit", "rank correlation"},
                   {"film", json(warm)},
                   {"alone", json(alone)},
                   {"settings", {{"samples", set->size()}, {"snapshots", snapshots.size()}}},
                   {"peak_share", nullptr}});
        return 0;
    }
    std::vector<std::vector<std::string>> table = {
        {"", "movement with change", "neighbours kept", "trustworthiness", "seconds a frame"}};
    const auto row = [&](const char* name, const FilmFigures& figures) {
        table.push_back({name, fmt::format("{:.3f}", figures.correlation), fmt::format("{:.4f}", figures.kept),
                         fmt::format("{:.4f}", figures.trustworthiness), fmt::format("{:.3f}", figures.seconds)});
    };
    row("film", warm);
    row("layouts by themselves", alone);
    printTable(table);
    return 0;
}

}  // namespace

Run addBenchFilm(CLI::App& command)
{
    const auto arguments = std::make_shared<FilmBench>();
    command.add_option("RUN", arguments->run, "A run's folder")->required();
    command.add_option("--perplexity", arguments->perplexity, "As of embed")->check(CLI::Range(1.0, 1e6));
    command.add_option("--threads", arguments->threads, "Threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return benchFilm(*arguments); };
}

}  // namespace selfsight::cli
