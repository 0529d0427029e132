// selfsight-cli inspect: what a weights file holds, and which network it fits.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/io/sha256.h"
#include "core/train/weights_report.h"

namespace selfsight::cli
{

namespace
{

using nlohmann::ordered_json;

struct InspectArguments {
    std::string file;
    WeightsChoice choice;
    bool sums = false, json = false;
};

std::string sumOf(const WeightsFile& file, const WeightTensor& tensor)
{
    const std::vector<std::byte> bytes = file.bytes(tensor);
    Sha256 sum;
    sum.update(bytes.data(), bytes.size());
    return sum.hex();
}

/// Which of the network's tensors each of the file becomes.
std::map<std::string, std::string> targetsOf(const WeightsReport& report)
{
    std::map<std::string, std::string> targets;
    for (const WeightSource& source : report.match.matched)
        for (const std::string& name : source.names) targets[name] = source.target;
    return targets;
}

ordered_json valueJson(const Value& value)
{
    return std::visit([](const auto& held) { return ordered_json(held); }, value);
}

void printAsJson(const WeightsReport& report, bool sums)
{
    const std::map<std::string, std::string> targets = targetsOf(report);
    const std::optional<WeightsFile> file = sums ? std::optional(WeightsFile::open(report.file)) : std::nullopt;
    for (const WeightTensor& tensor : report.tensors) {
        ordered_json line = {{"event", "tensor"},
                             {"name", tensor.name},
                             {"dtype", nameOf(tensor.dtype)},
                             {"shape", tensor.shape},
                             {"target", nullptr}};
        if (const auto target = targets.find(tensor.name); target != targets.end()) line["target"] = target->second;
        if (file) line["sha256"] = sumOf(*file, tensor);
        printJson(line);
    }
    for (const auto& [name, why] : report.unread) printJson({{"event", "unread"}, {"name", name}, {"problem", why}});
    ordered_json result = {{"event", "result"},
                           {"path", report.file.string()},
                           {"format", report.format},
                           {"tensors", report.tensors.size()},
                           {"unread", report.unread.size()},
                           {"facts", report.facts},
                           {"layout", nullptr},
                           {"notes", report.notes}};
    if (report.recognized) {
        const RecognizedWeights& weights = *report.recognized;
        ordered_json backbone = {{"type", weights.backbone.type}};
        for (const auto& [key, value] : weights.backbone.values) backbone[key] = valueJson(value);
        result["layout"] = weights.layout->key;
        result["title"] = weights.layout->title;
        result["prefix"] = weights.prefix;
        result["other_prefixes"] = weights.otherPrefixes;
        result["backbone"] = backbone;
        result["deduced"] = weights.deduced;
        result["matched"] = report.match.matched.size();
        result["missing"] = report.match.missing;
        result["mismatched"] = report.match.mismatched;
        result["unexpected"] = report.match.unexpected;
        result["others"] = weights.others.size();
    }
    printJson(result);
}

void printList(const char* title, const std::vector<std::string>& lines)
{
    constexpr std::size_t kShown = 20;
    if (lines.empty()) return;
    fmt::print("{}: {}\n", title, lines.size());
    for (std::size_t i = 0; i < std::min(kShown, lines.size()); ++i) fmt::print("  {}\n", lines[i]);
    if (lines.size() > kShown) fmt::print("  and {} more\n", lines.size() - kShown);
}

void printAsText(const WeightsReport& report, bool sums)
{
    const std::map<std::string, std::string> targets = targetsOf(report);
    const std::optional<WeightsFile> file = sums ? std::optional(WeightsFile::open(report.file)) : std::nullopt;
    std::vector<std::vector<std::string>> rows;
    for (const WeightTensor& tensor : report.tensors) {
        const auto target = targets.find(tensor.name);
        rows.push_back({tensor.name, nameOf(tensor.dtype), fmt::format("({})", fmt::join(tensor.shape, ", ")),
                        target == targets.end()         ? "not used"
                        : target->second == tensor.name ? ""
                                                        : "-> " + target->second});
        if (file) rows.back().push_back(sumOf(*file, tensor));
    }
    printTable(rows);
    for (const auto& [name, why] : report.unread) fmt::print("{} {}\n", name, why);
    fmt::print("\n{}, {} tensors\n{}\n", report.format, report.tensors.size(), report.summary());
    for (const std::string& note : report.notes) fmt::print("{}\n", note);
    if (!report.recognized) return;
    for (const std::string& sentence : report.recognized->deduced) fmt::print("  {}\n", sentence);
    if (!report.recognized->otherPrefixes.empty())
        fmt::print("other networks in the file, for --prefix: {}\n", fmt::join(report.recognized->otherPrefixes, " "));
    printList("missing in the file", report.match.missing);
    printList("of another shape", report.match.mismatched);
    printList("not in the network", report.match.unexpected);
}

}  // namespace

Run addInspect(CLI::App& command)
{
    const auto arguments = std::make_shared<InspectArguments>();
    command.description(
        "Lists the tensors of a weights file (.safetensors, .pth, .pt, a run's checkpoint), the layout they come in and the "
        "network they "
        "fit. Nothing in the file is executed.");
    command.add_option("WEIGHTS", arguments->file, "The file")->required();
    command.add_option("--as", arguments->choice.type, "Only layouts of this backbone")->check(CLI::IsMember({"vit", "resnet"}));
    command.add_option("--prefix", arguments->choice.prefix, "Which of several networks, by what its names begin with");
    command.add_option("--heads", arguments->choice.heads, "Attention heads, where the usual number is wrong: no file says it")
        ->check(CLI::Range(1, 256));
    command.add_flag("--sha256", arguments->sums, "The checksum of each tensor's numbers, row by row");
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] {
        const WeightsReport report = inspectWeights(arguments->file, arguments->choice);
        if (arguments->json) printAsJson(report, arguments->sums);
        else printAsText(report, arguments->sums);
        return 0;
    };
}

}  // namespace selfsight::cli
