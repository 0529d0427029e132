// selfsight-cli bench tsne: seconds of a whole t-SNE, on drawn clusters or on a table of numbers.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/bench.h"
#include "app/cli/matrix_file.h"
#include "app/cli/output.h"
#include "core/analysis/tsne.h"
#include "core/base/rng.h"
#include "core/io/npy.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

struct TsneBench {
    std::string file, layout;
    std::int64_t rows = 5000, columns = 50;
    TsneOptions tsne;
    int threads = 0;
    bool json = false;
};

/// Ten clusters that touch.
MatrixRows drawnClusters(std::int64_t rows, std::int64_t columns)
{
    constexpr std::int64_t kClusters = 10;
    Rng rng{1};
    std::vector<float> centres(static_cast<std::size_t>(kClusters * columns));
    for (float& value : centres) value = static_cast<float>(rng.normal());
    MatrixRows result{rows, columns, {}};
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            result.values.push_back(centres[static_cast<std::size_t>(r % kClusters * columns + c)] +
                                    static_cast<float>(rng.normal()));
    return result;
}

int benchTsne(TsneBench arguments)
{
    arguments.tsne.threads = prepareComputeThread(arguments.threads, 0);
    const MatrixRows rows =
        arguments.file.empty() ? drawnClusters(arguments.rows, arguments.columns) : readMatrix(arguments.file);
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto seconds = [&](auto since) { return std::chrono::duration<double>(now() - since).count(); };

    const auto start = now();
    Tsne tsne(arguments.tsne);
    tsne.setRows(rows.view());
    const double prepared = seconds(start);
    tsne.iterate(arguments.tsne.exaggeratedIterations);
    const double exaggerated = seconds(start) - prepared;
    tsne.iterate(arguments.tsne.iterations);
    const double all = seconds(start), rest = all - prepared - exaggerated;
    const double divergence = tsne.divergence();
    if (!arguments.layout.empty())
        writeNpy(arguments.layout, DType::F32, {rows.rows, 2}, std::as_bytes(std::span(tsne.layout())));

    const nlohmann::ordered_json settings = {{"rows", rows.rows},
                                             {"columns", rows.columns},
                                             {"perplexity", arguments.tsne.perplexity},
                                             {"iterations", tsne.done()},
                                             {"threads", arguments.tsne.threads}};
    if (arguments.json)
        printJson({{"event", "result"},
                   {"bench", "tsne"},
                   {"value", all},
                   {"unit", "s"},
                   {"seconds_neighbours", prepared},
                   {"seconds_exaggerated", exaggerated},
                   {"seconds_rest", rest},
                   {"kl", divergence},
                   {"settings", settings},
                   {"peak_share", nullptr}});
    else
        printTable({{"samples", fmt::format("{} x {}, {} threads", rows.rows, rows.columns, arguments.tsne.threads)},
                    {"neighbours", fmt::format("{:.2f} s", prepared)},
                    {"exaggerated", fmt::format("{:.2f} s, {:.0f} iterations/s", exaggerated,
                                                arguments.tsne.exaggeratedIterations / exaggerated)},
                    {"rest", fmt::format("{:.2f} s, {:.0f} iterations/s", rest, arguments.tsne.iterations / rest)},
                    {"all", fmt::format("{:.2f} s, divergence {:.4f}", all, divergence)}});
    return 0;
}

}  // namespace

Run addBenchTsne(CLI::App& command)
{
    const auto arguments = std::make_shared<TsneBench>();
    command.add_option("--npy", arguments->file, "A table of numbers instead of drawn clusters");
    command.add_option("--rows", arguments->rows, "Samples drawn")->check(CLI::Range(4, 10'000'000));
    command.add_option("--columns", arguments->columns, "Numbers a sample")->check(CLI::Range(1, 100'000));
    command.add_option("--perplexity", arguments->tsne.perplexity, "As of embed");
    command.add_option("--exaggerated", arguments->tsne.exaggeratedIterations, "As of embed")->check(CLI::Range(0, 1'000'000));
    command.add_option("--iterations", arguments->tsne.iterations, "As of embed")->check(CLI::Range(0, 1'000'000));
    command.add_option("--learning-rate", arguments->tsne.learningRate, "As of embed")->check(CLI::Range(0.0, 1e9));
    command.add_option("--threads", arguments->threads, "Threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_option("--out", arguments->layout, "Writes the places to this .npy file");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return benchTsne(*arguments); };
}

}  // namespace selfsight::cli
