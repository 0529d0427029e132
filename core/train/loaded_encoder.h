// A backbone with the weights of a file or of a run: what attention, embedding and kNN ask about pictures. Internal to core: it
// has torch in it.
#pragma once

#include <memory>

#include "core/config/experiment.h"
#include "core/nn/backbone.h"
#include "core/train/weights_report.h"

namespace selfsight
{

/// Evaluation mode, on the CPU, float32, no gradients recorded for its parameters.
struct LoadedEncoder {
    std::shared_ptr<Backbone> network;
    WeightsReport report;  // report.recognized->backbone: type and options
};

/// Of public weights, or of a checkpoint of a run given by its file. Throws Error when it cannot be read, is of no layout that is
/// known, or leaves something of the network without weights.
LoadedEncoder loadEncoder(const std::filesystem::path& weights, const WeightsChoice& choice = {});

/// Of a run: the first module that its method's features come from, with the experiment's own options.
LoadedEncoder loadEncoder(const Experiment& experiment, const std::filesystem::path& checkpoint);

/// Copies `file`'s tensors into `network`, as `match` says.
void loadWeights(Backbone& network, const WeightsFile& file, const WeightMatch& match);

}  // namespace selfsight
