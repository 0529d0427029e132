// selfsight-cli bench records: what writing a step's record costs, and how soon a run that long is open.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/base/rng.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_writer.h"

#include <nlohmann/json.hpp>

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::int64_t steps = 100'000;
    int layers = 150, terms = 4;
    std::string out;  // kept when given
    bool json = false;
};

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

RunInfo infoOf(const Arguments& arguments)
{
    RunInfo info{
        .name = "bench", .methodTitle = "none", .dataTitle = "none", .totalSteps = arguments.steps, .stepsPerEpoch = 1000};
    for (int i = 0; i < arguments.terms; ++i) info.termNames.push_back(i == 0 ? "total" : fmt::format("term_{}", i));
    for (int i = 0; i < arguments.layers; ++i) info.layerNames.push_back(fmt::format("layer_{}", i));
    return info;
}

std::vector<StepRecord> madeRecords(const Arguments& arguments)
{
    Rng rng({1});
    std::vector<StepRecord> records(1000);
    for (StepRecord& record : records) {
        for (int i = 0; i < arguments.terms; ++i) record.terms.push_back(static_cast<float>(5 + rng.normal()));
        for (int i = 0; i < arguments.layers; ++i) record.gradientNorms.push_back(static_cast<float>(std::exp(rng.normal())));
    }
    return records;
}

std::uint64_t stepBytes(const fs::path& folder)
{
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().starts_with("steps.")) bytes += entry.file_size();
    return bytes;
}

int run(const Arguments& arguments)
{
    const bool kept = !arguments.out.empty();
    const fs::path folder = kept ? fs::path(arguments.out) : freshRunFolder(fs::temp_directory_path(), "bench_records");
    double seconds = 0;
    {
        RunWriter writer(folder);
        writer.writeExperiment("# bench records\n");
        writer.begin(infoOf(arguments));
        std::vector<StepRecord> records = madeRecords(arguments);
        const auto start = Clock::now();
        for (std::int64_t step = 1; step <= arguments.steps; ++step) {
            StepRecord& record = records[static_cast<std::size_t>(step) % records.size()];
            record.step = step;
            record.epoch = step / 1000;
            record.batch = step % 1000;
            record.wallSeconds = 0.1 * static_cast<double>(step);
            writer.write(record);
            if (step % 1000 == 0) writer.flush();
        }
        seconds = secondsSince(start);
        writer.writeEnd(RunState{.phase = RunPhase::Finished, .step = arguments.steps, .activity = "finished"});
    }
    auto start = Clock::now();
    const auto source = openRun(folder, ManySteps::Columns);
    const RunUpdate update = source->drain();
    const double opening = secondsSince(start);
    const std::int64_t middle = arguments.steps / 2;
    start = Clock::now();
    const std::size_t fine = source->steps({.first = middle, .last = middle + 20'000, .columns = {0, 1, 2}}).rows();
    const double detail = secondsSince(start);
    start = Clock::now();
    const std::size_t map = source->steps({.rows = 2000}).rows();
    const double layers = secondsSince(start);
    const std::uint64_t bytes = stepBytes(folder);
    if (!kept) fs::remove_all(folder);

    const double microseconds = 1e6 * seconds / static_cast<double>(arguments.steps);
    const double bytesAStep = static_cast<double>(bytes) / static_cast<double>(arguments.steps);
    if (arguments.json)
        printJson({{"event", "result"},
                   {"bench", "records"},
                   {"value", microseconds},
                   {"unit", "us/step"},
                   {"settings",
                    {{"steps", arguments.steps},
                     {"layers", arguments.layers},
                     {"terms", arguments.terms},
                     {"bytes_a_step", bytesAStep},
                     {"open_seconds", opening},
                     {"open_rows", update.past ? update.past->rows() : update.steps.size()},
                     {"detail_seconds", detail},
                     {"detail_rows", fine},
                     {"all_layers_seconds", layers},
                     {"all_layers_rows", map}}},
                   {"peak_share", nullptr}});
    else
        fmt::print(
            "writing {:.2f} us a step, {:.0f} bytes a step; {} steps open in {:.3f} s; {} single steps of them in {:.4f} s; all "
            "layers in {} rows in {:.3f} s\n",
            microseconds, bytesAStep, arguments.steps, opening, fine, detail, map, layers);
    return 0;
}

}  // namespace

Run addBenchRecords(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("--steps", arguments->steps, "How many steps are written, then opened")->check(CLI::Range(1, 100'000'000));
    command.add_option("--layers", arguments->layers, "Tensors with a gradient norm")->check(CLI::Range(0, 100'000));
    command.add_option("--terms", arguments->terms, "Loss terms")->check(CLI::Range(3, 1000));
    command.add_option("--out", arguments->out, "Keep the run in this folder, to be looked at in the window");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return run(*arguments); };
}

}  // namespace selfsight::cli
