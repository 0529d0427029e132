#include "core/record/run_state.h"

namespace selfsight {

std::string toText(RunPhase phase)
{
    switch (phase) {
    case RunPhase::Preparing: return "preparing";
    case RunPhase::Running: return "running";
    case RunPhase::Paused: return "paused";
    case RunPhase::Evaluating: return "evaluating";
    case RunPhase::Finished: return "finished";
    case RunPhase::Stopped: return "stopped";
    case RunPhase::Failed: return "failed";
    }
    return {};
}

bool isCollapsed(const RunResult::Collapse& collapse)
{
    if (!collapse.targets) return collapse.stdSqrtD < 0.1 || collapse.effectiveRank < 2;
    const auto& [entropyShare, divergence] = *collapse.targets;
    return entropyShare < 0.1 || (entropyShare > 0.98 && divergence < 0.01);
}

bool isOver(RunPhase phase)
{
    return phase == RunPhase::Finished || phase == RunPhase::Stopped || phase == RunPhase::Failed;
}

}  // namespace selfsight
