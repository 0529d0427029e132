#pragma once

#include "core/train/probe.h"

namespace selfsight {

/// Features of always the same samples, for the picture of the embedding: snapshot arrays as core/record/probe_set.h names them.
ProbeInfo embeddingProbeInfo();

}  // namespace selfsight
