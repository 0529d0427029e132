// Alignment and uniformity of the features, and the norms of the weights. Paper: Wang and Isola, ICML 2020.
#pragma once

#include "core/train/probe.h"

namespace selfsight {

ProbeInfo qualityProbeInfo();

}  // namespace selfsight
