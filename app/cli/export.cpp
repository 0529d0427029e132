// selfsight-cli export: a run as files that other programs open.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/interrupts.h"
#include "core/catalog.h"
#include "core/export/export.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Arguments {
    std::string run, to, out, what = "encoder";
    std::optional<std::int64_t> step;
    bool overwrite = false, json = false;
};

/// One line whenever what is being done changes, and every five seconds.
ExportProgress progressLines()
{
    auto last = std::make_shared<std::pair<std::string, Clock::time_point>>();
    return [last](const std::string& activity, double share) {
        const auto now = Clock::now();
        if (activity != last->first) fmt::print(stderr, "{}\n", activity);
        else if (now - last->second > std::chrono::seconds(5)) fmt::print(stderr, "{}, {:.0f} %\n", activity, 100 * share);
        else return !isInterrupted();
        *last = {activity, now};
        return !isInterrupted();
    };
}

std::uint64_t bytesIn(const fs::path& path)
{
    if (!fs::is_directory(path)) return fs::is_regular_file(path) ? fs::file_size(path) : 0;
    std::uint64_t sum = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path))
        if (entry.is_regular_file()) sum += entry.file_size();
    return sum;
}

int exportTo(const Arguments& arguments)
{
    const ExportFormat& format = exportFormats().at(arguments.to);
    heedInterrupts();  // the first gives up and tidies
    const auto begin = Clock::now();
    const ExportRequest request{.run = arguments.run,
                                .out = arguments.out,
                                .step = arguments.step,
                                .part = arguments.what == "all" ? ExportPart::All : ExportPart::Encoder,
                                .overwrite = arguments.overwrite,
                                .threads = 0};
    const ExportResult result = exportRun(format, request, catalog(), progressLines());
    if (result.cancelled) {
        fmt::print(stderr, "interrupted; nothing was written\n");
        return kInterruptedCode;
    }
    for (const std::string& note : result.notes) fmt::print(stderr, "warning: {}\n", note);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const std::uint64_t bytes = bytesIn(result.out);
    if (!arguments.json) {
        fmt::print("wrote {} ({:.1f} MB)\n", result.out.string(), static_cast<double>(bytes) / 1e6);
        return 0;
    }
    nlohmann::ordered_json json = {{"event", "result"},           {"run", arguments.run}, {"to", format.key},
                                   {"path", result.out.string()}, {"step", nullptr},      {"bytes", bytes},
                                   {"seconds", seconds},          {"notes", result.notes}};
    if (result.step) json["step"] = *result.step;
    printJson(json);
    return 0;
}

}  // namespace

Run addExport(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    std::string formats;
    for (const ExportFormat& format : exportFormats()) formats += fmt::format("\n{:<12} {}", format.key, format.doc);
    command.footer("Formats:" + formats);
    command.add_option("run", arguments->run, "The folder of a run")->required();
    command.add_option("--to", arguments->to, "The format, one of those below")
        ->required()
        ->check(CLI::IsMember(exportFormats().keys()));
    command.add_option("--out", arguments->out, "A file, or of tensorboard and csv a folder that is new or empty")->required();
    command.add_option("--step", arguments->step, "The checkpoint of this step (default: the last)")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--what", arguments->what, "Of safetensors and pt: encoder, or all (heads, teachers, queues and banks too)")
        ->check(CLI::IsMember({"encoder", "all"}));
    command.add_flag("--overwrite", arguments->overwrite, "An existing file gives way");
    command.add_flag("--json", arguments->json, "One JSON object on standard output");
    return [arguments] { return exportTo(*arguments); };
}

}  // namespace selfsight::cli
