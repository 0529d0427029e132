// selfsight-cli bench gradients: the share of a step that the norms of all gradients and the search for spikes take.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/catalog.h"
#include "core/train/bench_step.h"

namespace selfsight::cli {

namespace {

struct Arguments {
    StepBenchOptions options;
    std::string network = "vit", precision = "both";
    bool json = false;
};

void run(StepBenchOptions options, bool bf16, bool json)
{
    options.bf16 = bf16;
    const StepBench bench = benchStep(catalog(), options);
    const double share = bench.recordSeconds / bench.stepSeconds;
    const char* precision = bf16 ? "bf16" : "fp32";
    const std::string network = options.vit ? "ViT-Tiny/4" : fmt::format("ResNet-{}", options.depth);
    if (json)
        printJson({{"event", "result"},
                   {"bench", "gradients"},
                   {"value", share},
                   {"unit", "share of a step"},
                   {"settings",
                    {{"method", options.method}, {"network", network}, {"layers", bench.layers}, {"batch", options.batch}, {"size", options.size},
                     {"precision", precision}, {"device", bench.device}, {"threads", bench.threads}, {"steps", bench.steps},
                     {"step_seconds", bench.stepSeconds}, {"record_seconds", bench.recordSeconds}}},
                   {"peak_share", bench.peakShare}});
    else
        fmt::print("{} {} {} {}: {:.2f} ms for {} layers in a step of {:.1f} ms: {:.2f} %\n", options.method, network, bench.device, precision,
                   1e3 * bench.recordSeconds, bench.layers, 1e3 * bench.stepSeconds, 100 * share);
}

}  // namespace

Run addBenchGradients(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    StepBenchOptions& options = arguments->options;
    options.method = "moco_v3";
    options.batch = 64;
    command.add_option("--method", options.method, "A method's key");
    command.add_option("--network", arguments->network, "vit: ViT-Tiny with patches of 4 pixels; resnet: ResNet-18")->check(CLI::IsMember({"vit", "resnet"}));
    command.add_option("--precision", arguments->precision, "fp32, bf16 or both")->check(CLI::IsMember({"fp32", "bf16", "both"}));
    addStepOptions(command, options);
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] {
        arguments->options.vit = arguments->network == "vit";
        if (arguments->precision != "bf16") run(arguments->options, false, arguments->json);
        if (arguments->precision != "fp32") run(arguments->options, true, arguments->json);
        return 0;
    };
}

}  // namespace selfsight::cli
