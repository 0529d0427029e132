// A diagnostic with a cost: it looks at the network between steps, a slice at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/record/attention_set.h"
#include "core/record/probe_set.h"
#include "core/record/snapshot.h"
#include "core/train/embedding_state.h"
#include "core/train/features.h"
#include "core/train/train_options.h"

namespace selfsight {

/// What probes may use. Lifetime: outlives them.
struct ProbeSetup {
    const DataSplits& data;
    const ViewPipeline& pipeline;
    const FeatureExtractor& features;
    std::shared_ptr<Backbone> encoder;  // that the features begin with; null: there are several, or none for pictures
    const ComputeDevice& device;
    const std::function<EmbeddingState()>& recentEmbeddings;  // how they stand over the last steps
    const std::function<std::vector<float>()>& weightNorms;  // one a layer of RunInfo::layerNames
    RecordOptions record;
    std::uint64_t seed;
    const std::vector<float>& sampleLosses;  // of training samples, the last ones; NaN: not seen yet; empty: the method doesn't tell
    std::function<void(std::shared_ptr<const ProbeSet>)> tellSet;
    std::function<void(std::shared_ptr<const FeatureSlice>)> tellSlice;
    std::function<void(std::shared_ptr<const AttentionSet>)> tellAttentionSet;
};

class Probe {
public:
    virtual ~Probe() = default;

    /// The next slice of this round: some milliseconds to tenths of a second. True when the round is complete; its
    /// figures are then in `snapshot`, whose step is that of the weights now, and the next call begins another round.
    /// Thread: the training thread.
    virtual bool advance(Snapshot& snapshot) = 0;
};

struct ProbeInfo {
    std::string key;
    std::string title;
    std::string reference;
    std::string doc;
    const Schema* schema;
    /// Null when the data do not allow it (kNN without labels); `reason` then says why.
    std::function<std::unique_ptr<Probe>(const ProbeSetup&, std::string& reason)> make;
};

/// In menu order.
const Registry<ProbeInfo>& probes();

}  // namespace selfsight
