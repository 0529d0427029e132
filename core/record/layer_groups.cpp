#include "core/record/layer_groups.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace selfsight {

namespace {

std::vector<std::string> parts(const std::string& name)
{
    std::vector<std::string> words;
    std::size_t begin = 0;
    for (std::size_t end; (end = name.find('.', begin)) != std::string::npos; begin = end + 1) words.push_back(name.substr(begin, end - begin));
    words.push_back(name.substr(begin));
    return words;
}

bool isNumber(const std::string& word)
{
    return !word.empty() && std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// "layer2" of a ResNet.
bool isStage(const std::string& word)
{
    return word.starts_with("layer") && isNumber(word.substr(5));
}

bool isEncoder(const std::string& word)
{
    return word.starts_with("backbone");
}

/// Where a block stands in its encoder; (-1, -1): the layer is in none.
std::pair<int, int> blockOf(const std::vector<std::string>& words)
{
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (!isNumber(words[i + 1])) continue;
        if (words[i] == "blocks") return {0, std::stoi(words[i + 1])};
        if (isStage(words[i])) return {std::stoi(words[i].substr(5)), std::stoi(words[i + 1])};
    }
    return {-1, -1};
}

constexpr const char* kPatchProjection = "patch projection";
constexpr const char* kStem = "stem";

std::string inEncoder(const std::vector<std::string>& words)
{
    const std::string& first = words[1];
    if (first == "patch_embed") return kPatchProjection;
    if (first.ends_with("_token") || first == "pos_embed" || first == "registers" || first == "register_tokens") return "tokens";
    if (first == "blocks" && words.size() > 3) {
        const bool mlp = words[3] == "norm2" || words[3] == "mlp" || words[3] == "ls2";
        return "block " + words[2] + (mlp ? " MLP" : " attention");
    }
    if (isStage(first) && words.size() > 3) return first + "." + words[2];
    if (first == "conv1" || first == "bn1" || first.starts_with("stem")) return kStem;
    return first == "norm" ? "last norm" : first;
}

}  // namespace

std::string groupOf(const std::string& layer)
{
    const std::vector<std::string> words = parts(layer);
    if (!isEncoder(words[0]) || words.size() < 2) return words[0].ends_with("_token") ? "tokens" : words[0];
    const std::string which = words[0].size() > 9 ? words[0].substr(9) + ": " : std::string();  // "backbone_edges"
    return which + inEncoder(words);
}

std::vector<LayerGroup> layerGroups(const std::vector<std::string>& layerNames)
{
    std::vector<LayerGroup> groups;
    for (std::size_t i = 0; i < layerNames.size(); ++i) {
        const std::string title = groupOf(layerNames[i]);
        auto group = std::ranges::find(groups, title, &LayerGroup::title);
        if (group == groups.end()) group = groups.insert(groups.end(), {title, {}});
        group->layers.push_back(i);
    }
    return groups;
}

std::vector<std::size_t> lastBlock(const std::vector<std::string>& layerNames)
{
    std::string encoder;
    std::pair<int, int> last{-1, -1};
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < layerNames.size(); ++i) {
        const std::vector<std::string> words = parts(layerNames[i]);
        const std::pair<int, int> block = blockOf(words);
        if (!isEncoder(words[0]) || block.first < 0 || (!encoder.empty() && words[0] != encoder)) continue;
        encoder = words[0];
        if (block > last) {
            last = block;
            layers.clear();
        }
        if (block == last) layers.push_back(i);
    }
    return layers;
}

std::vector<std::size_t> firstProjection(const std::vector<std::string>& layerNames)
{
    for (const LayerGroup& group : layerGroups(layerNames))
        if (group.title.ends_with(kPatchProjection) || group.title.ends_with(kStem)) return group.layers;
    return {};
}

}  // namespace selfsight
