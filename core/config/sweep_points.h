// From a sweep's axes to its runs.
#pragma once

#include <vector>

#include "core/config/sweep.h"

namespace selfsight {

/// Every combination of the axes' values, the last axis changing fastest.
std::vector<std::vector<int>> gridPlaces(const std::vector<SweepAxis>& axes);

/// Fills in sweep.points, one for each of `places`, and checks each as a run of its own. A problem that several points have is
/// told once and names them; one that every point has names none.
std::vector<Issue> makePoints(Sweep& sweep, const std::vector<std::vector<int>>& places, int sweepLine, const Catalog& catalog);

}  // namespace selfsight
