// The trainer's side of its RunSource: what the training thread pushes waits here until somebody drains it.
// Thread: push from the training thread, drain from one other; the lock is held only to append or to swap.
#pragma once

#include <mutex>

#include "core/record/run_source.h"

namespace selfsight {

class TrainerFeed : public RunSource {
public:
    RunUpdate drain() override;

    void push(std::shared_ptr<const RunInfo> info);
    void push(StepRecord record);
    void push(std::shared_ptr<const Snapshot> snapshot);
    void push(LogLine line);
    void push(RunState state);  // newest wins

private:
    std::mutex m_mutex;
    RunUpdate m_waiting;
};

}  // namespace selfsight
