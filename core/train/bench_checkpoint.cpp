#include "core/train/bench_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/train/checkpoint_writer.h"
#include "core/train/machine.h"
#include "core/train/run_clock.h"
#include "core/train/training.h"

namespace selfsight {

namespace {

constexpr double kMegabytesAtWidth64 = 97;  // weights, momenta, recent embeddings
constexpr int kPlainSteps = 10;

double middle(std::vector<double> values)
{
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[values.size() / 2];
}

Experiment benchExperiment(const Catalog& catalog, const CheckpointBenchOptions& options)
{
    const auto width = std::max<std::int64_t>(8, std::llround(8 * std::sqrt(options.megabytes / kMegabytesAtWidth64)) * 8);
    const std::string yaml = fmt::format(R"(
data:      {{type: shapes, image_size: 32, count: 4096, test_count: 16}}
backbone:  {{type: resnet, depth: 18, width: {}, stem: strided}}
method:    {{type: simclr}}
views:     {{global: {{count: 2, size: 32, chain: [{{type: horizontal_flip}}, {{type: normalize}}]}}}}
optimizer: {{type: sgd}}
train:     {{batch_size: 16, device: "{}"}}
)",
                                         width, options.device);
    LoadedExperiment loaded = parseExperiment(yaml, "bench", catalog);
    for (const Issue& issue : loaded.issues) throw Error("bench checkpoint", describe(issue));
    return std::move(loaded.experiment);
}

}  // namespace

CheckpointBench benchCheckpoint(const Catalog& catalog, const CheckpointBenchOptions& options)
{
    const Experiment experiment = benchExperiment(catalog, options);
    const int threads = prepareComputeThread(0, 0);
    Training training(experiment, 1'000'000, threads, 0);
    training.prepare();
    std::vector<double> plain, meanwhile, stalls, writes;
    CheckpointBench bench;
    bench.device = training.device().description;
    {
        CheckpointWriter writer(options.folder, {.last = 2, .best = 0});
        pinComputeThreads();
        const auto step = [&training](std::vector<double>& seconds) {
            const auto begin = RunClock::Clock::now();
            StepRecord record;
            training.step(record);
            seconds.push_back(secondsSince(begin));
        };
        const auto save = [&] {
            writer.save(training.state(), training.facts());
            while (writer.isBusy()) step(meanwhile);
            for (const CheckpointWriter::Outcome& outcome : writer.takeOutcomes()) {
                if (!outcome.problem.empty()) throw Error("bench checkpoint", outcome.problem);
                bench.megabytes = static_cast<double>(outcome.bytes) / 1e6;
                stalls.push_back(outcome.stallSeconds);
                writes.push_back(outcome.writeSeconds);
            }
        };
        save();  // as every run does before its first step: memory is touched for the first time
        while (meanwhile.size() < 64) step(meanwhile);
        for (std::vector<double>* values : {&stalls, &writes, &meanwhile}) values->clear();
        for (int i = 0; i < options.saves; ++i) {
            for (int s = 0; s < kPlainSteps; ++s) step(plain);
            save();
        }
    }
    std::filesystem::remove_all(options.folder);
    bench.medianStall = middle(stalls);
    bench.largestStall = *std::ranges::max_element(stalls);
    bench.writeSeconds = middle(writes);
    bench.stepSeconds = middle(plain);
    bench.stepSecondsWhileWriting = middle(meanwhile);
    return bench;
}

}  // namespace selfsight
