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

bool isOver(RunPhase phase)
{
    return phase == RunPhase::Finished || phase == RunPhase::Stopped || phase == RunPhase::Failed;
}

}  // namespace selfsight
