// selfsight-cli bench attention: a vision transformer's forward pass and all heads' maps of one query.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/train/attention.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

struct AttentionBenchArguments {
    int patch = 16, side = 480, repeats = 5, threads = 0;
    std::string precision = "fp32";
    bool json = false;
};

int run(const AttentionBenchArguments& arguments)
{
    using Clock = std::chrono::steady_clock;
    const int threads = prepareComputeThread(arguments.threads, 0);
    AttentionModel model = AttentionModel::untrained(arguments.patch);
    RgbImage image(arguments.side, arguments.side);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    AttentionQuestion question;
    question.precision = arguments.precision == "bf16" ? AttentionPrecision::Bf16 : AttentionPrecision::Fp32;
    std::int64_t memory = 0;
    std::vector<double> seconds;
    for (int i = 0; i <= arguments.repeats; ++i) {
        const auto begin = Clock::now();
        const AttentionAnswer answer = model.ask(image, 0, question);
        if (i > 0) seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());  // the first warms up
        memory = std::max(memory, residentMemory());
    }
    std::ranges::sort(seconds);
    const double median = seconds[seconds.size() / 2], megabytes = static_cast<double>(memory) / 1e6;
    if (arguments.json)
        printJson({{"event", "result"},
                   {"bench", "attention"},
                   {"value", median},
                   {"unit", "s"},
                   {"settings",
                    {{"model", model.name()}, {"side", arguments.side}, {"precision", arguments.precision}, {"threads", threads},
                     {"repeats", arguments.repeats}, {"least", seconds.front()}, {"resident_megabytes", megabytes}}},
                   {"peak_share", nullptr}});
    else
        fmt::print("{} at {} x {}, {}, {} threads: {:.3f} s (median of {}, {:.3f} at least), {:.0f} MB resident\n", model.name(),
                   arguments.side, arguments.side, arguments.precision, threads, median, arguments.repeats, seconds.front(), megabytes);
    return 0;
}

}  // namespace

Run addBenchAttention(CLI::App& command)
{
    const auto arguments = std::make_shared<AttentionBenchArguments>();
    command.add_option("--patch", arguments->patch, "Pixels a side of a patch")->check(CLI::Range(1, 256));
    command.add_option("--size", arguments->side, "Pixels a side of the image")->check(CLI::Range(16, 4096));
    command.add_option("--precision", arguments->precision, "Of the products")->check(CLI::IsMember({"fp32", "bf16"}));
    command.add_option("--repeats", arguments->repeats, "How many are timed")->check(CLI::Range(1, 1000));
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return run(*arguments); };
}

}  // namespace selfsight::cli
