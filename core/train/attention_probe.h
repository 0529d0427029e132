#pragma once

#include "core/train/probe.h"

namespace selfsight {

/// What a vision transformer looks at in always the same images: arrays and figures as core/record/attention_set.h names them.
ProbeInfo attentionProbeInfo();

}  // namespace selfsight
