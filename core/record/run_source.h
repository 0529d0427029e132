// Where step records and snapshots come from: a live trainer's feed, or a run folder on disk. Panels see
// only this, so that everything works on both.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/record/run_info.h"
#include "core/record/run_state.h"
#include "core/record/snapshot.h"
#include "core/record/step_record.h"

namespace selfsight {

/// What has come since the last drain, oldest first.
struct RunUpdate {
    std::shared_ptr<const RunInfo> info;  // set once, with or before the first record
    std::vector<StepRecord> steps;
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
    std::vector<LogLine> log;
    std::optional<RunState> state;  // the newest; absent: unchanged

    bool empty() const { return !info && steps.empty() && snapshots.empty() && log.empty() && !state; }
};

class RunSource {
public:
    virtual ~RunSource() = default;

    /// Never blocks on the producer's work. Thread: one consumer at a time. Errors: a folder that became
    /// unreadable throws Error.
    virtual RunUpdate drain() = 0;
};

}  // namespace selfsight
