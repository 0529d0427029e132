// The spikes of several runs beside each other: how many, which layer first, by how many steps, and what they cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/record/spikes.h"

namespace selfsight {

struct SpikingRun {
    std::string name;
    std::vector<std::string> layerNames;
    std::vector<SpikeEvent> events;  // ascending
    std::int64_t steps = 0;
    /// Accuracy by step, ascending: the dense kNN, or the probe's where there is none.
    std::vector<std::pair<std::int64_t, double>> knn;
};

struct SpikeSummary {
    std::string name;
    std::int64_t steps = 0;
    int events = 0;               // with a spike in a layer that all runs train
    int projectionEvents = 0;     // in which the first projection spikes, whether the others train it or not
    int projectionFirst = 0;      // of these, before the last block
    std::optional<double> medianLead;  // steps of the first projection before the last block, over events in which both spike
    std::string firstGroup;       // the part that goes first most often; empty: no event
    int firstGroupEvents = 0;
    std::optional<double> knnEnd;      // mean of the last tenth of the curve
    std::optional<double> worstDip;    // the largest fall from the 100 steps before an event to the 100 behind it
};

/// A frozen projection has no gradient: events count on the layers that every run trains.
std::vector<SpikeSummary> compareSpikes(const std::vector<SpikingRun>& runs);

/// As a table: titles, and a row a run. What is not known is "-".
std::vector<std::string> spikeSummaryTitles();
std::vector<std::string> toRow(const SpikeSummary& summary);

}  // namespace selfsight
