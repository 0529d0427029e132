// Has it collapsed? Spread and rank of the embedding that the loss works on, as the last steps left it: nothing is computed again, so
// that a round is cheap and a collapse within a few dozen steps is seen. Papers: SimSiam, 4.1 (std); Roy and Vetterli 2007 (effective
// rank); DINO, 5.3 (teacher's entropy and divergence).
#pragma once

#include "core/train/probe.h"

namespace selfsight {

ProbeInfo collapseProbeInfo();

}  // namespace selfsight
