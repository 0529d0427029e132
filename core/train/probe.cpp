#include "core/train/probe.h"

#include "core/train/attention_probe.h"
#include "core/train/collapse_probe.h"
#include "core/train/embedding_probe.h"
#include "core/train/knn_probe.h"
#include "core/train/quality_probe.h"

namespace selfsight {

const Registry<ProbeInfo>& probes()
{
    static const Registry<ProbeInfo> list("probe", {knnProbeInfo(), collapseProbeInfo(), qualityProbeInfo(), embeddingProbeInfo(), attentionProbeInfo()});
    return list;
}

}  // namespace selfsight
