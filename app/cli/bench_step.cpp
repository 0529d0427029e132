// selfsight-cli bench step: images a second of a training step, beside the machine's peak.
#include <fmt/format.h>

#include <memory>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/catalog.h"
#include "core/train/bench_step.h"

#include <nlohmann/json.hpp>

namespace selfsight::cli {

namespace {

struct Arguments {
    StepBenchOptions options;
    std::string precision = "both";
    bool json = false;
};

std::vector<std::string> methodKeys()
{
    std::vector<std::string> keys;
    for (const Choice& choice : catalog().section("method")->choices) keys.push_back(choice.key);
    return keys;
}

void run(StepBenchOptions options, bool bf16, bool json)
{
    options.bf16 = bf16;
    const StepBench bench = benchStep(catalog(), options);
    const char* precision = bf16 ? "bf16" : "fp32";
    if (json) {
        printJson({{"event", "result"},
                   {"bench", "step"},
                   {"value", bench.imagesPerSecond},
                   {"unit", "images/s"},
                   {"settings",
                    {{"method", options.method}, {"depth", options.depth}, {"width", options.width}, {"size", options.size},
                     {"batch", options.batch}, {"precision", precision}, {"device", bench.device}, {"threads", bench.threads},
                     {"steps", bench.steps}, {"step_seconds", bench.stepSeconds}, {"other_share", bench.otherShare}, {"peak_gflops", bench.peakFlops / 1e9}}},
                   {"peak_share", bench.peakShare}});
    } else {
        fmt::print("{} {}: {:.1f} images/s ({:.3f} s a step, {} steps), {:.0f} % of {:.0f} GFLOP/s, {:.1f} % beside forward and backward\n", options.method, bench.device, bench.imagesPerSecond,
                   bench.stepSeconds, bench.steps, 100 * bench.peakShare, bench.peakFlops / 1e9, 100 * bench.otherShare);
    }
}

}  // namespace

void addStepOptions(CLI::App& command, StepBenchOptions& options)
{
    command.add_option("--size", options.size, "Pixels a side");
    command.add_option("--batch", options.batch, "Images a step");
    command.add_option("--device", options.device, "cpu, cuda or cuda:N");
    command.add_option("--threads", options.threads, "0: all cores");
    command.add_option("--seconds", options.seconds, "How long to measure");
}

Run addBenchStep(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    StepBenchOptions& options = arguments->options;
    command.add_option("--method", options.method, "A method's key, or all");
    command.add_option("--precision", arguments->precision, "fp32, bf16 or both")->check(CLI::IsMember({"fp32", "bf16", "both"}));
    command.add_option("--depth", options.depth, "ResNet depth: 10 to 152");
    command.add_option("--width", options.width, "ResNet width");
    addStepOptions(command, options);
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] {
        const std::string& wanted = arguments->options.method;
        for (const std::string& method : wanted == "all" ? methodKeys() : std::vector{wanted}) {
            StepBenchOptions chosen = arguments->options;
            chosen.method = method;
            if (arguments->precision != "bf16") run(chosen, false, arguments->json);
            if (arguments->precision != "fp32") run(chosen, true, arguments->json);
        }
        return 0;
    };
}

}  // namespace selfsight::cli
