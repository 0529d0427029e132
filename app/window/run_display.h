// How a run's plain data become what the panels show.
#pragma once

#include <QString>

#include <string>
#include <vector>

#include "core/record/run_info.h"
#include "core/record/snapshot.h"
#include "core/record/step_record.h"
#include "core/record/step_table.h"

namespace selfsight {

class CurvePlot;
struct Panels;

/// How a run shows itself among others in the same plots: each has its colour, each figure its kind of line.
/// As it is by default: a run alone, with a colour for each figure.
struct RunLook {
    QString name;                     // in the legend; runs that share plots have different ones
    int index = 0;                    // of its colour
    std::vector<std::string> curves;  // loss terms and figures that are shown; empty: all

    bool isAlone() const { return name.isEmpty(); }
    bool shows(const std::string& curve) const;
};

void clearRun(Panels& panels);
void showInfo(Panels& panels, const RunInfo& info, const RunLook& look = {});
/// `info` is that of the same run.
void showSteps(Panels& panels, const RunInfo& info, const std::vector<StepRecord>& steps, const RunLook& look = {});
/// Many steps at once, in columns.
void showPast(Panels& panels, const RunInfo& info, const StepTable& past, const RunLook& look = {});
/// Single steps of a stretch that `plot` asked for.
void showDetail(CurvePlot& plot, const Panels& panels, const RunInfo& info, const StepTable& steps, double from, double to,
                const RunLook& look = {});
/// Takes the curves of a run among others away.
void hideRun(Panels& panels, const RunLook& look);
void showSnapshot(Panels& panels, const RunInfo& info, const Snapshot& snapshot, const RunLook& look = {});

struct ShownRun {
    const RunInfo* info;
    RunLook look;
};
/// What the plots hold of all their runs together: the levels behind the curves (one that only some of the runs have bears
/// their names), and what exported files carry with them.
void showShared(Panels& panels, const std::vector<ShownRun>& runs);

}  // namespace selfsight
