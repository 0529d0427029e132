// What a weights file holds and which backbone it fits. Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/io/weights_file.h"
#include "core/nn/weight_layout.h"

namespace selfsight
{

struct WeightsReport {
    std::filesystem::path file;
    std::string format;                                       // of the file: "PyTorch archive"
    std::vector<WeightTensor> tensors;                        // all that it holds
    std::vector<std::pair<std::string, std::string>> unread;  // name, and why it cannot be read
    std::map<std::string, std::string> facts;
    std::optional<RecognizedWeights> recognized;  // absent: of no layout that is known
    WeightMatch match;                            // with the network that `recognized` describes, or the experiment's
    std::vector<std::string> notes;               // what fits and still is not the same, a sentence each

    /// "DINO under teacher.backbone.: 150 of 150 tensors match, 9 are not used".
    std::string summary() const;
};

/// What the user knows better.
struct WeightsChoice {
    std::string type = {};    // only layouts of this backbone
    std::string prefix = {};  // which of several networks
    std::int64_t heads = 0;   // of a vision transformer; 0: the usual number
};

/// Opens a weights file, or a checkpoint of a run, and builds the network that it seems to be of. Thread: any; a large network
/// takes a second. Throws Error when the file is damaged or holds no such prefix.
WeightsReport inspectWeights(const std::filesystem::path& file, const WeightsChoice& choice = {});

/// `experiment` with the backbone that the weights are of, beginning with them. Positions are for its own views.
Experiment withWeights(Experiment experiment, const WeightsReport& weights);

/// Where `train.init_weights` of an experiment lies: absolute, under $SELFSIGHT_DATA or beside the preset. Empty: it has none.
/// Throws Error when it is not there.
std::filesystem::path initialWeights(const Experiment& experiment);

/// How they fit the experiment's backbone. Throws Error saying what does not: the file is damaged, of another kind of network, or
/// something of the network would be left without weights.
WeightsReport inspectInitialWeights(const Experiment& experiment, const std::filesystem::path& file);

}  // namespace selfsight
