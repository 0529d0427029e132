// The layers of a network as a person names its parts: patch projection, attention and MLP of each block, head.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace selfsight {

struct LayerGroup {
    std::string title;                // "patch projection", "block 3 MLP", "layer2.0", "head"
    std::vector<std::size_t> layers;  // indices of RunInfo::layerNames, ascending
};

/// The part that a parameter belongs to. Names are torchvision's and timm's; further encoders say which: "edges: layer1.0".
std::string groupOf(const std::string& layer);

/// In forward order, as the names are.
std::vector<LayerGroup> layerGroups(const std::vector<std::string>& layerNames);

/// All layers of the last block of the first encoder; empty: it has no blocks.
std::vector<std::size_t> lastBlock(const std::vector<std::string>& layerNames);

/// Those that turn pixels into tokens or into the first feature maps; empty where they are not trained.
std::vector<std::size_t> firstProjection(const std::vector<std::string>& layerNames);

}  // namespace selfsight
