#include "core/train/step_guard.h"

#include <fmt/format.h>

#include <utility>

#include "core/runs/event_files.h"
#include "core/runs/step_layout.h"

namespace selfsight {

StepGuard::StepGuard(NotFinite policy, std::vector<std::string> layerNames, std::size_t kept, Ears ears)
    : m_policy(policy), m_layerNames(std::move(layerNames)), m_kept(kept), m_ears(std::move(ears)), m_detector(m_layerNames.size())
{
}

void StepGuard::lookBack(const std::vector<StepRecord>& past)
{
    for (const StepRecord& record : past) observe(record);
    m_detector.takeEnded();  // they were told when they ended
}

/// Through the numbers that the run folder keeps, so that a stored run shows the same events.
bool StepGuard::observe(const StepRecord& record)
{
    m_norms.clear();
    for (const float norm : record.gradientNorms) m_norms.push_back(fromHalfLog(toHalfLog(norm)));
    return m_detector.observe(record.step, m_norms);
}

StepVerdict StepGuard::judge(const StepRecord& record, const std::string& bad)
{
    const bool spikes = observe(record);
    for (const SpikeEvent& event : m_detector.takeEnded()) m_ears.event(event);
    if (spikes) m_ears.event(*m_detector.current());
    if (!bad.empty()) return judgeBad(record, bad);
    m_bad = 0;
    const bool begins = spikes && m_detector.current()->first == record.step;
    if (!begins || m_kept >= kMostEvidence) return {};
    return {StepVerdict::Then::Move, "gradient spike in " + m_layerNames[m_detector.current()->firstLayer().layer]};
}

StepVerdict StepGuard::judgeBad(const StepRecord& record, const std::string& bad)
{
    const std::string why = bad + " is not finite";
    if (m_policy == NotFinite::Stop || ++m_bad > kMostBad) return {StepVerdict::Then::Stop, why};
    m_rollBack = m_policy == NotFinite::RollBack ? m_bad : 0;
    m_ears.warning(fmt::format("step {}: {}; {}", record.step, why,
                               m_rollBack > 0 ? "the weights go back to a checkpoint" : "it is skipped, and the weights stay as they are"));
    return {StepVerdict::Then::Skip, m_kept < kMostEvidence ? why : std::string()};
}

void StepGuard::keep(StepEvidence evidence)
{
    ++m_kept;
    m_ears.evidence(std::move(evidence));
}

void StepGuard::finish()
{
    m_detector.finish();
    for (const SpikeEvent& event : m_detector.takeEnded()) m_ears.event(event);
}

int StepGuard::takeRollBack()
{
    return std::exchange(m_rollBack, 0);
}

}  // namespace selfsight
