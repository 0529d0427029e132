// selfsight-cli bench knn: the kNN that runs and evaluation report, on drawn features or on those of two files.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <span>

#include "app/cli/bench.h"
#include "app/cli/matrix_file.h"
#include "app/cli/output.h"
#include "core/analysis/knn.h"
#include "core/base/rng.h"
#include "core/io/npy.h"
#include "core/train/machine.h"

#include <nlohmann/json.hpp>

namespace selfsight::cli {

namespace {

struct Arguments {
    std::int64_t bank = 50'000, queries = 10'000, columns = 512;
    std::string bankFile, queryFile, predictions;
    KnnOptions knn{.neighbours = 200, .temperature = 0.1, .classes = 10};
    int rounds = 3;
    int threads = 0;
    bool json = false;
};

/// Rows, and labels that take turns.
struct Rows {
    std::int64_t columns = 0;
    std::vector<float> values;
    std::vector<std::int32_t> labels;

    MatrixView view() const { return {values.data(), static_cast<std::int64_t>(labels.size()), columns}; }
};

Rows labelled(std::vector<float> values, std::int64_t rows, std::int64_t columns, std::int64_t classes)
{
    Rows result{columns, std::move(values), std::vector<std::int32_t>(static_cast<std::size_t>(rows))};
    for (std::size_t i = 0; i < result.labels.size(); ++i) result.labels[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i) % classes);
    return result;
}

/// Directions that spread evenly.
Rows drawnRows(std::int64_t rows, std::int64_t columns, std::int64_t classes, std::uint64_t seed)
{
    Rng rng{seed};
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    for (float& value : values) value = static_cast<float>(rng.normal());
    return labelled(std::move(values), rows, columns, classes);
}

Rows readRows(const std::string& file, std::int64_t classes)
{
    MatrixRows matrix = readMatrix(file);
    return labelled(std::move(matrix.values), matrix.rows, matrix.columns, classes);
}

}  // namespace

Run addBenchKnn(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::Range many(std::int64_t{1}, std::int64_t{100'000'000});
    command.add_option("--bank", arguments->bank, "Rows of the bank")->check(many);
    command.add_option("--queries", arguments->queries, "Rows to classify")->check(many);
    command.add_option("--columns", arguments->columns, "Numbers a row")->check(CLI::Range(1, 100'000));
    CLI::Option* bankFile = command.add_option("--bank-npy", arguments->bankFile, "The bank, from a .npy file; row i is of class i mod classes");
    CLI::Option* queryFile = command.add_option("--queries-npy", arguments->queryFile, "The queries, from a .npy file")->needs(bankFile);
    bankFile->needs(queryFile);
    command.add_option("-k,--neighbours", arguments->knn.neighbours, "Neighbours that vote")->check(many);
    command.add_option("-T,--temperature", arguments->knn.temperature, "Temperature of the votes")->check(CLI::Range(1e-6, 1e6));
    command.add_option("--classes", arguments->knn.classes, "Classes")->check(CLI::Range(1, 1'000'000));
    command.add_option("--rounds", arguments->rounds, "The best of so many counts")->check(CLI::Range(1, 1000));
    command.add_option("--threads", arguments->threads, "Threads (0: all cores)")->check(CLI::Range(0, 1024));
    command.add_option("--predictions", arguments->predictions, "Writes the predicted classes to this .npy file");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] {
        prepareComputeThread(arguments->threads, 0);
        const std::int64_t classes = arguments->knn.classes;
        const bool files = !arguments->bankFile.empty();
        const Rows bank = files ? readRows(arguments->bankFile, classes) : drawnRows(arguments->bank, arguments->columns, classes, 1);
        const Rows queries = files ? readRows(arguments->queryFile, classes) : drawnRows(arguments->queries, arguments->columns, classes, 2);
        double best = HUGE_VAL;
        KnnResult result;
        for (int round = 0; round < arguments->rounds; ++round) {
            const auto start = std::chrono::steady_clock::now();
            result = knnClassify(bank.view(), bank.labels, queries.view(), queries.labels, arguments->knn);
            best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        if (!arguments->predictions.empty())
            writeNpy(arguments->predictions, DType::I64, {static_cast<std::int64_t>(result.predictions.size())}, std::as_bytes(std::span(result.predictions)));
        const nlohmann::ordered_json settings = {{"bank", bank.view().rows},         {"queries", queries.view().rows},
                                                 {"columns", bank.columns},          {"neighbours", arguments->knn.neighbours},
                                                 {"temperature", arguments->knn.temperature}, {"classes", classes}};
        if (arguments->json)
            printJson({{"event", "result"}, {"bench", "knn"}, {"value", best}, {"unit", "s"}, {"settings", settings}, {"peak_share", nullptr}});
        else
            printTable({{"bank", fmt::format("{} x {}", bank.view().rows, bank.columns)},
                        {"queries", fmt::format("{}, k = {}, T = {}", queries.view().rows, arguments->knn.neighbours, arguments->knn.temperature)},
                        {"time", fmt::format("{:.2f} s, {:.0f} queries/s", best, static_cast<double>(queries.view().rows) / best)}});
        return 0;
    };
}

}  // namespace selfsight::cli
