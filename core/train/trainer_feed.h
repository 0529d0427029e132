// The trainer's side of its RunSource: what the training thread pushes waits here until somebody drains it.
// Thread: push from the training thread, drain from one other; the lock is held only to append or to swap.
#pragma once

#include <mutex>
#include <string>

#include "core/record/run_source.h"

namespace selfsight {

class TrainerFeed : public RunSource {
public:
    RunUpdate drain() override;
    // From the run folder, where there is one.
    StepTable steps(const StepQuery& query) const override;
    std::shared_ptr<const Snapshot> snapshot(std::int64_t step) const override;

    void push(std::shared_ptr<const RunInfo> info);
    void push(std::shared_ptr<const StepTable> past);  // before the first record
    void push(StepRecord record);
    void push(std::shared_ptr<const Snapshot> snapshot);
    void push(std::shared_ptr<const ProbeSet> set);
    void push(std::shared_ptr<const AttentionSet> set);
    void push(std::shared_ptr<const FeatureSlice> slice);  // replaces one of the same stretch
    void push(SpikeEvent event);  // replaces an older state of the same
    void push(LogLine line);
    void push(RunState state);  // newest wins

private:
    std::string folder() const;

    mutable std::mutex m_mutex;
    RunUpdate m_waiting;
    std::string m_folder;
};

}  // namespace selfsight
