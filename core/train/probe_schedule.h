// Lets the probes take turns so that together they stay within their share of run time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/train/probe.h"

namespace selfsight {

/// Each probe has rounds of its own, a snapshot each, and none gets more time than another that wants it: a cheap one is seen often
/// however much the others take, but not sooner again than after a step for each of them. Thread: the training thread.
class ProbeSchedule {
public:
    /// `notes` receives a sentence for each probe that the data do not allow. A run that goes on has done `step` steps and has
    /// spent `seconds` in probes.
    ProbeSchedule(const ProbeSetup& setup, std::vector<std::string>& notes, std::int64_t step = 0, double seconds = 0);

    /// Called after every step: runs a slice of each probe, as far as the budget allows and until a round is finished. Its snapshot, or null.
    std::shared_ptr<const Snapshot> afterStep(std::int64_t step, double wallSeconds);

    double seconds() const { return m_spent; }  // in probes so far

private:
    struct Turn {
        std::unique_ptr<Probe> probe;
        std::int64_t nextRound;              // step
        std::int64_t lastStep = -1;          // that had a slice
        double spent = 0;                    // seconds
        std::shared_ptr<Snapshot> snapshot;  // of the round at hand; null: between rounds
    };

    Turn* next(std::int64_t step);

    double m_budget;
    std::int64_t m_everySteps;
    std::vector<Turn> m_turns;
    double m_spent;
};

}  // namespace selfsight
