// selfsight-cli spikes: the gradient spikes of a run, and which layer went first.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/record/layer_groups.h"
#include "core/record/spike_comparison.h"
#include "core/runs/run_spikes.h"

namespace selfsight::cli {

namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
    std::vector<std::string> runs;
    SpikeOptions options;
    bool json = false;
};

Json numberOrNull(const std::optional<std::int64_t>& number)
{
    return number ? Json(*number) : Json(nullptr);
}

Json jsonOf(const SpikeEvent& event, const std::vector<std::string>& names)
{
    Json layers = Json::array();
    for (const LayerSpike& spike : event.layers)
        layers.push_back({{"name", names[spike.layer]}, {"onset", spike.onset}, {"score", spike.score}, {"ratio", spike.ratio}});
    const std::size_t first = event.firstLayer().layer;
    const std::vector<std::size_t> one = {first};
    return {{"event", "spike"},
            {"step", event.first},
            {"last", event.last},
            {"first_layer", names[first]},
            {"lead_over_last_block", numberOrNull(leadOf(event, one, names))},
            {"first_projection_lead", numberOrNull(leadOf(event, firstProjection(names), names))},
            {"layers", layers}};
}

std::string leadText(const std::optional<std::int64_t>& lead)
{
    return lead ? fmt::format("{:+}", *lead) : "-";
}

void print(const SpikingRun& found)
{
    const std::vector<std::string>& names = found.layerNames;
    std::vector<std::vector<std::string>> rows = {{"STEP", "LASTS", "LAYERS", "FIRST", "SCORE", "LEAD", "FIRST PROJECTION'S LEAD"}};
    for (const SpikeEvent& event : found.events) {
        const LayerSpike& first = event.firstLayer();
        const std::vector<std::size_t> one = {first.layer};
        rows.push_back({fmt::format("{}", event.first), fmt::format("{}", event.last - event.first + 1), fmt::format("{}", event.layers.size()),
                        names[first.layer], fmt::format("{:.1f}", first.score), leadText(leadOf(event, one, names)),
                        leadText(leadOf(event, firstProjection(names), names))});
    }
    if (rows.size() > 1) printTable(rows);
    fmt::print("{} {} in {} steps{}\n", found.events.size(), found.events.size() == 1 ? "event" : "events", found.steps,
               found.events.empty() ? "" : "; leads are steps before the last block's onset, - where one of the two did not spike");
}

Json jsonOf(const SpikeSummary& summary)
{
    const auto orNull = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
    return {{"event", "run"},
            {"run", summary.name},
            {"steps", summary.steps},
            {"events", summary.events},
            {"first_part", summary.firstGroup},
            {"first_part_events", summary.firstGroupEvents},
            {"first_projection_events", summary.projectionEvents},
            {"first_projection_before_last_block", summary.projectionFirst},
            {"median_lead", orNull(summary.medianLead)},
            {"knn_end", orNull(summary.knnEnd)},
            {"worst_dip", orNull(summary.worstDip)}};
}

/// Events count on the layers that all runs train.
int compare(const std::vector<SpikingRun>& runs, bool json)
{
    std::vector<std::vector<std::string>> rows = {spikeSummaryTitles()};
    for (const SpikeSummary& summary : compareSpikes(runs)) {
        if (json) printJson(jsonOf(summary));
        else rows.push_back(toRow(summary));
    }
    if (json) {
        printJson({{"event", "result"}, {"runs", runs.size()}});
        return 0;
    }
    printTable(rows);
    fmt::print("Events count on the layers that all of these runs train.\n");
    return 0;
}

int spikes(const Arguments& arguments)
{
    std::vector<SpikingRun> runs;
    for (const std::string& run : arguments.runs) runs.push_back(readSpikes(run, arguments.options));
    if (runs.size() > 1) return compare(runs, arguments.json);
    const SpikingRun& found = runs.front();
    if (!arguments.json) {
        print(found);
        return 0;
    }
    for (const SpikeEvent& event : found.events) printJson(jsonOf(event, found.layerNames));
    printJson({{"event", "result"}, {"events", found.events.size()}, {"steps", found.steps}, {"layers", found.layerNames.size()}});
    return 0;
}

}  // namespace

Run addSpikes(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    SpikeOptions& options = arguments->options;
    command.description("Finds the steps at which a layer's gradient is far above what it was lately, and says which layer went first.");
    command.add_option("run", arguments->runs, "The folder of a run, also of one that still trains; several are compared")->required();
    command.add_option("--score", options.score, "Deviations above the median of the layer's last steps")->check(CLI::Range(1.0, 1000.0))->capture_default_str();
    command.add_option("--ratio", options.ratio, "And times that median")->check(CLI::Range(1.0, 1000.0))->capture_default_str();
    command.add_option("--window", options.window, "Steps that make the median")->check(CLI::Range(11, 10001))->capture_default_str();
    command.add_option("--merge", options.merge, "Spikes nearer than these steps are one event")->check(CLI::Range(1, 10000))->capture_default_str();
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return spikes(*arguments); };
}

}  // namespace selfsight::cli
