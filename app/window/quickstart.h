// The experiment that the program shows itself with.
#pragma once

#include "core/config/experiment.h"

namespace selfsight {

/// The quick start preset; on drawn shapes where its data set is not installed.
/// Throws Error when the preset is missing.
Experiment quickstartThatRuns(const Catalog& catalog);

}  // namespace selfsight
