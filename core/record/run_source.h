// Where step records and snapshots come from: a live trainer's feed, or a run folder on disk. Panels see
// only this, so that everything works on both.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/record/attention_set.h"
#include "core/record/probe_set.h"
#include "core/record/run_info.h"
#include "core/record/run_state.h"
#include "core/record/snapshot.h"
#include "core/record/spikes.h"
#include "core/record/step_record.h"
#include "core/record/step_table.h"

namespace selfsight {

/// What has come since the last drain, oldest first.
struct RunUpdate {
    bool again = false;                   // the run was set back or replaced: forget what came before
    std::shared_ptr<const RunInfo> info;  // set once, with or before the first record
    std::shared_ptr<const StepTable>
        past;  // many steps at once, before `steps`: terms and learning rate, perhaps several to a row
    std::vector<StepRecord> steps;
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
    std::shared_ptr<const ProbeSet> probeSet;                  // set once, with or before the first snapshot that has its features
    std::shared_ptr<const AttentionSet> attentionSet;          // set once, with or before the first snapshot that has maps
    std::vector<std::shared_ptr<const FeatureSlice>> slices;   // of a live run, after `snapshots`; the newest of each stretch
    std::vector<SpikeEvent> events;                            // each as it is now: an open one comes again while it grows
    std::vector<LogLine> log;
    std::optional<RunState> state;  // the newest; absent: unchanged

    bool empty() const { return !info && !past && steps.empty() && snapshots.empty() && !probeSet && !attentionSet && slices.empty() && events.empty() && log.empty() && !state; }
};

class RunSource {
public:
    virtual ~RunSource() = default;

    /// Never blocks on the producer's work. Thread: one consumer at a time. Errors: a folder that became
    /// unreadable throws Error.
    virtual RunUpdate drain() = 0;

    /// What is kept of the steps, at the wanted resolution: all of them where a few rows are enough, one by one where they fit.
    /// Thread: any, beside drain(); reads a disk. Nothing kept: an empty table. Throws Error.
    virtual StepTable steps(const StepQuery&) const { return {}; }
    /// The snapshot of `step` with all that was measured; nullptr: not kept. Thread and errors as steps().
    virtual std::shared_ptr<const Snapshot> snapshot(std::int64_t) const { return nullptr; }
};

}  // namespace selfsight
