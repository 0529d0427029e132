#include "core/train/probe_schedule.h"

#include <algorithm>
#include <chrono>

namespace selfsight {

ProbeSchedule::ProbeSchedule(const ProbeSetup& setup, std::vector<std::string>& notes, std::int64_t step, double seconds)
    : m_budget(setup.record.probeBudget), m_everySteps(setup.record.probeEverySteps), m_nextRound(m_everySteps == 0 ? 0 : (step / m_everySteps + 1) * m_everySteps), m_spent(seconds)
{
    if (m_budget <= 0) return;
    for (const ProbeInfo& info : probes()) {
        std::string reason;
        if (auto probe = info.make(setup, reason)) m_probes.push_back(std::move(probe));
        else notes.push_back(info.title + ": " + reason);
    }
}

std::shared_ptr<const Snapshot> ProbeSchedule::afterStep(std::int64_t step, double wallSeconds)
{
    if (m_probes.empty()) return nullptr;
    if (!m_inRound && step < m_nextRound) return nullptr;
    // A round spreads over many steps; it never runs ahead of its share.
    if (m_spent >= m_budget * wallSeconds) return nullptr;

    if (!m_inRound) {
        m_inRound = true;
        m_turn = 0;
        m_snapshot = std::make_shared<Snapshot>();
        m_nextRound = step + std::max<std::int64_t>(1, m_everySteps);
    }
    const auto begin = std::chrono::steady_clock::now();
    if (m_probes[m_turn]->advance(*m_snapshot)) ++m_turn;
    m_spent += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (m_turn < m_probes.size()) return nullptr;

    m_inRound = false;
    m_snapshot->step = step;
    m_snapshot->wallSeconds = wallSeconds;
    return std::move(m_snapshot);
}

}  // namespace selfsight
