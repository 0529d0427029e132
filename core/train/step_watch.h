// Who looks at a step after its gradients are known and before its weights move.
#pragma once

#include <string>

#include "core/record/step_evidence.h"
#include "core/record/step_record.h"

namespace selfsight {

struct StepVerdict {
    enum class Then { Move, Skip, Stop };  // Skip: weights, optimiser, slow copies, queues and running statistics stay as they were
    Then then = Then::Move;
    std::string keep;  // why the step's evidence is to be kept; empty: it isn't
};

/// Thread: the training thread.
class StepWatch {
public:
    virtual ~StepWatch() = default;

    /// `bad` names the first term or layer that is not finite; empty: all are.
    virtual StepVerdict judge(const StepRecord& record, const std::string& bad) = 0;
    /// As judge() wanted: before the optimiser moves, but after its gradients were clipped.
    virtual void keep(StepEvidence evidence) = 0;
};

}  // namespace selfsight
