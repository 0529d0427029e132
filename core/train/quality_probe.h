// Has it collapsed? Spread and rank of the embedding that the loss works on (std * sqrt(d), effective rank), alignment
// and uniformity of the features. Papers: SimSiam, 4.1 (std); Roy and Vetterli 2007 (effective rank); Wang and Isola,
// ICML 2020 (alignment, uniformity).
#pragma once

#include "core/train/probe.h"

namespace selfsight {

ProbeInfo qualityProbeInfo();

}  // namespace selfsight
