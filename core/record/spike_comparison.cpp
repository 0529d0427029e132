#include "core/record/spike_comparison.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "core/record/layer_groups.h"

namespace selfsight {

namespace {

constexpr std::int64_t kAround = 100;  // steps before and behind an event

std::set<std::string> commonLayers(const std::vector<SpikingRun>& runs)
{
    std::set<std::string> common;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::set<std::string> own(runs[i].layerNames.begin(), runs[i].layerNames.end());
        if (i == 0) common = own;
        else std::erase_if(common, [&own](const std::string& name) { return !own.contains(name); });
    }
    return common;
}

template <class Keep>
std::optional<double> meanOver(const std::vector<std::pair<std::int64_t, double>>& curve, Keep keep)
{
    double sum = 0;
    int count = 0;
    for (const auto& [step, value] : curve)
        if (keep(step)) sum += value, ++count;
    if (count == 0) return std::nullopt;
    return sum / count;
}

std::string percent(const std::optional<double>& share)
{
    if (!share) return "-";
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 100 * *share);
    return text;
}

}  // namespace

std::vector<SpikeSummary> compareSpikes(const std::vector<SpikingRun>& runs)
{
    const std::set<std::string> common = commonLayers(runs);
    std::vector<SpikeSummary> summaries;
    for (const SpikingRun& run : runs) {
        SpikeSummary summary;
        summary.name = run.name;
        summary.steps = run.steps;
        const std::vector<std::size_t> projection = firstProjection(run.layerNames), block = lastBlock(run.layerNames);
        std::map<std::string, int> firsts;
        std::vector<std::int64_t> leads;
        for (const SpikeEvent& event : run.events) {
            if (const auto onset = onsetOf(event, projection)) {
                ++summary.projectionEvents;
                const auto last = onsetOf(event, block);
                summary.projectionFirst += !last || *onset < *last;
                if (last) leads.push_back(*last - *onset);
            }
            const auto first = std::ranges::find_if(event.layers, [&](const LayerSpike& spike) { return common.contains(run.layerNames[spike.layer]); });
            if (first == event.layers.end()) continue;
            ++summary.events;
            ++firsts[groupOf(run.layerNames[first->layer])];
            const auto before = meanOver(run.knn, [&](std::int64_t step) { return step < event.first && step >= event.first - kAround; });
            const auto behind = meanOver(run.knn, [&](std::int64_t step) { return step >= event.first && step < event.last + kAround; });
            if (before && behind) summary.worstDip = std::max(summary.worstDip.value_or(-1), *before - *behind);
        }
        for (const auto& [group, events] : firsts)
            if (events > summary.firstGroupEvents) summary.firstGroup = group, summary.firstGroupEvents = events;
        if (!leads.empty()) {
            std::ranges::sort(leads);
            summary.medianLead = static_cast<double>(leads[(leads.size() - 1) / 2] + leads[leads.size() / 2]) / 2;
        }
        if (!run.knn.empty()) summary.knnEnd = meanOver(run.knn, [&](std::int64_t step) { return step > run.steps - std::max<std::int64_t>(1, run.steps / 10); });
        summaries.push_back(std::move(summary));
    }
    return summaries;
}

std::vector<std::string> spikeSummaryTitles()
{
    return {"RUN", "STEPS", "EVENTS", "FIRST MOST OFTEN", "FIRST PROJECTION SPIKES", "BEFORE THE LAST BLOCK", "MEDIAN LEAD", "kNN AT THE END (%)", "WORST DIP (%)"};
}

std::vector<std::string> toRow(const SpikeSummary& summary)
{
    char lead[16] = "-";
    if (summary.medianLead) std::snprintf(lead, sizeof lead, "%.1f", *summary.medianLead);
    return {summary.name,
            std::to_string(summary.steps),
            std::to_string(summary.events),
            summary.firstGroup.empty() ? "-" : summary.firstGroup + " (" + std::to_string(summary.firstGroupEvents) + ")",
            std::to_string(summary.projectionEvents),
            std::to_string(summary.projectionFirst),
            lead,
            percent(summary.knnEnd),
            percent(summary.worstDip)};
}

}  // namespace selfsight
