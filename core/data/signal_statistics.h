// How loud signals are.
#pragma once

#include "core/data/data_set.h"

namespace selfsight {

/// Of the first signals that can be read: mean 0, and their root mean square as the standard deviation.
PixelStatistics signalStatistics(const SignalSet& set);

}  // namespace selfsight
