// How a run's plain data become what the panels show.
#pragma once

#include <vector>

#include "core/record/run_info.h"
#include "core/record/snapshot.h"
#include "core/record/step_record.h"

namespace selfsight {

struct Panels;

void clearRun(Panels& panels);
void showInfo(Panels& panels, const RunInfo& info);
/// `info` is that of the same run.
void showSteps(Panels& panels, const RunInfo& info, const std::vector<StepRecord>& steps);
void showSnapshot(Panels& panels, const Snapshot& snapshot);

}  // namespace selfsight
