// Which tensors of a weights file are which of a backbone: the layouts that public checkpoints come in, told by their names.
// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/option.h"

namespace selfsight
{

struct NamedShape {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// Names are compared after the prefix. '#' stands for digits, '~' for digits that are dropped, '*' for all that follows.
struct WeightRename {
    const char* from;
    const char* to;
    int part = -1;  // 0, 1, 2: the queries', keys' and values' rows of a joined tensor
};

struct WeightLayout {
    std::string key;                    // "hf_dinov2"
    std::string title;                  // "DINOv2, Hugging Face"
    std::string backbone;               // "vit"
    std::string anchor;                 // each such file has this name, behind some prefix
    std::vector<std::string> signs;     // texts, each of which is part of some name: without them it is another layout
    std::vector<WeightRename> renames;  // the first that fits
    int heads = 0;                      // of every size, as MoCo v3's 12; 0: one for 64 features
    bool hasFixedPositions = false;
};

/// The more particular ones first.
const std::vector<WeightLayout>& weightLayouts();

/// One tensor of the backbone and what it is made of: joined along the first dimension.
struct WeightSource {
    std::string target;              // "blocks.0.attn.qkv.weight"
    std::vector<std::string> names;  // in the file
    std::vector<std::int64_t> shape;
    bool lacksCls = false;  // positions of the patches alone
};

struct RecognizedWeights {
    const WeightLayout* layout = nullptr;
    std::string prefix;                      // "teacher.backbone."
    std::vector<std::string> otherPrefixes;  // further networks of the same kind in the file
    OptionSet backbone;                      // type and the options that were deduced
    std::vector<std::string> deduced;        // how, a sentence each
    std::uint64_t parameters = 0;            // about how many such a network has
    std::vector<WeightSource> sources;       // by name
    std::vector<std::string> others;         // names in the file that lie elsewhere than under the prefix
};

/// Absent: no backbone's names are there. `type` (vit or resnet) leaves the layouts of others out, and `prefix` chooses among
/// several networks. Throws Error when the shapes make no network, or there is no such prefix.
std::optional<RecognizedWeights> recognizeWeights(const std::vector<NamedShape>& tensors, const std::string& type = {},
                                                  const std::string& prefix = {});

/// Those under a prefix, whatever their layout may be: of a run, whose backbone is known.
RecognizedWeights ownWeights(const std::vector<NamedShape>& tensors, const std::string& prefix, const OptionSet& backbone);

/// How a file and a network fit. Each line can be shown: "pos_embed: (1, 197, 384) in the file, (1, 65, 384) in the network".
struct WeightMatch {
    std::vector<WeightSource> matched;
    std::vector<std::string> resized;     // positions for another grid, which are interpolated; also among `matched`
    std::vector<std::string> missing;     // in the network alone; batch norm's counters do not matter
    std::vector<std::string> unexpected;  // in the file alone
    std::vector<std::string> mismatched;  // in both, of other shapes

    bool isWhole() const { return missing.empty() && mismatched.empty() && !matched.empty(); }
};

WeightMatch matchWeights(const RecognizedWeights& weights, const std::vector<NamedShape>& network);

}  // namespace selfsight
