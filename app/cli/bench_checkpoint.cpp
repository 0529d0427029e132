// selfsight-cli bench checkpoint: what a checkpoint costs a training.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/catalog.h"
#include "core/train/bench_checkpoint.h"

namespace selfsight::cli {

namespace {

struct Arguments {
    CheckpointBenchOptions options;
    std::string folder = std::filesystem::temp_directory_path().string();
    bool json = false;
};

int run(const Arguments& arguments)
{
    CheckpointBenchOptions options = arguments.options;
    options.folder = std::filesystem::path(arguments.folder) / fmt::format("selfsight-checkpoints-{}", ::getpid());
    const CheckpointBench bench = benchCheckpoint(catalog(), options);
    if (arguments.json) {
        printJson({{"event", "result"},
                   {"bench", "checkpoint"},
                   {"value", 1e3 * bench.largestStall},
                   {"unit", "ms"},
                   {"settings",
                    {{"megabytes", bench.megabytes}, {"saves", options.saves}, {"median_ms", 1e3 * bench.medianStall}, {"write_seconds", bench.writeSeconds},
                     {"step_ms", 1e3 * bench.stepSeconds}, {"step_ms_while_writing", 1e3 * bench.stepSecondsWhileWriting}, {"device", bench.device}}},
                   {"peak_share", nullptr}});
    } else {
        fmt::print("{:.1f} MB on {}: training waits {:.1f} ms for a checkpoint (median of {}), {:.1f} ms at most; it is on the disk after {:.2f} s, "
                   "and steps take {:.1f} ms meanwhile, {:.1f} ms otherwise\n",
                   bench.megabytes, bench.device, 1e3 * bench.medianStall, options.saves, 1e3 * bench.largestStall, bench.writeSeconds,
                   1e3 * bench.stepSecondsWhileWriting, 1e3 * bench.stepSeconds);
    }
    return 0;
}

}  // namespace

Run addBenchCheckpoint(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("--megabytes", arguments->options.megabytes, "Size of a checkpoint, about")->check(CLI::Range(1.0, 1e5));
    command.add_option("--saves", arguments->options.saves, "How many are timed")->check(CLI::Range(1, 1000));
    command.add_option("--device", arguments->options.device, "cpu, cuda or cuda:N");
    command.add_option("--out", arguments->folder, "Folder on the disk to be written to (default: the system's for temporary files)");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return run(*arguments); };
}

}  // namespace selfsight::cli
