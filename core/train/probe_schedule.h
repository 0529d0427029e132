// Lets the probes take turns so that together they stay within their share of run time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/train/probe.h"

namespace selfsight {

/// Thread: the training thread.
class ProbeSchedule {
public:
    /// `notes` receives a sentence for each probe that the data do not allow. A run that goes on has done `step` steps and has
    /// spent `seconds` in probes.
    ProbeSchedule(const ProbeSetup& setup, std::vector<std::string>& notes, std::int64_t step = 0, double seconds = 0);

    /// Called after every step: runs slices while the budget allows. A finished round's snapshot, or null.
    std::shared_ptr<const Snapshot> afterStep(std::int64_t step, double wallSeconds);

    double seconds() const { return m_spent; }  // in probes so far

private:
    double m_budget;
    std::int64_t m_everySteps;
    std::vector<std::unique_ptr<Probe>> m_probes;
    std::size_t m_turn = 0;
    bool m_inRound = false;
    std::int64_t m_nextRound = 0;  // step
    std::shared_ptr<Snapshot> m_snapshot;
    double m_spent;
};

}  // namespace selfsight
