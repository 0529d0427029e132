// Weighted kNN accuracy on a subset while training runs. Paper: Wu et al., CVPR 2018, section 3.4.
#pragma once

#include "core/train/probe.h"

namespace selfsight {

ProbeInfo knnProbeInfo();

}  // namespace selfsight
