#include "core/train/probe_schedule.h"

#include <algorithm>
#include <chrono>

namespace selfsight {

ProbeSchedule::ProbeSchedule(const ProbeSetup& setup, std::vector<std::string>& notes, std::int64_t step, double seconds)
    : m_budget(setup.record.probeBudget), m_everySteps(setup.record.probeEverySteps), m_spent(seconds)
{
    if (m_budget <= 0) return;
    const std::int64_t first = m_everySteps == 0 ? 0 : (step / m_everySteps + 1) * m_everySteps;
    for (const ProbeInfo& info : probes()) {
        std::string reason;
        if (auto probe = info.make(setup, reason)) m_turns.push_back({.probe = std::move(probe), .nextRound = first, .snapshot = nullptr});
        else notes.push_back(info.title + ": " + reason);
    }
}

ProbeSchedule::Turn* ProbeSchedule::next(std::int64_t step)
{
    Turn* least = nullptr;
    for (Turn& turn : m_turns)
        if (turn.lastStep != step && (turn.snapshot || step >= turn.nextRound) && (!least || turn.spent < least->spent)) least = &turn;
    return least;
}

std::shared_ptr<const Snapshot> ProbeSchedule::afterStep(std::int64_t step, double wallSeconds)
{
    while (m_spent < m_budget * wallSeconds) {  // a round spreads over many steps; it never runs ahead of its share
        Turn* turn = next(step);
        if (!turn) return nullptr;
        if (!turn->snapshot) {
            turn->snapshot = std::make_shared<Snapshot>();
            turn->nextRound = step + (m_everySteps > 0 ? m_everySteps : static_cast<std::int64_t>(m_turns.size()));
        }
        turn->lastStep = turn->snapshot->step = step;
        turn->snapshot->wallSeconds = wallSeconds;
        const auto begin = std::chrono::steady_clock::now();
        const bool complete = turn->probe->advance(*turn->snapshot);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        turn->spent += seconds;
        m_spent += seconds;
        if (complete) return std::move(turn->snapshot);  // one a step: its file is named after the step
    }
    return nullptr;
}

}  // namespace selfsight
