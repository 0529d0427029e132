#include "core/nn/weight_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"

namespace selfsight
{

namespace
{

/// Networks that features are taken from come before their copies and students.
constexpr std::array kPreferred = {"teacher", "base_encoder", "encoder_q", "online", "ema"};
constexpr std::array kCopies = {"student", "momentum", "encoder_k", "target"};

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    return fmt::format("({})", fmt::join(shape, ", "));
}

bool isDigit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/// `name` renamed, or nothing when it is not what `rename` is for.
std::optional<std::string> renamed(const std::string& name, const WeightRename& rename)
{
    std::vector<std::string> kept;
    std::size_t at = 0;
    for (const char* sign = rename.from; *sign; ++sign) {
        if (*sign == '*') {
            kept.push_back(name.substr(at));
            at = name.size();
        } else if (*sign == '#' || *sign == '~') {
            const std::size_t begin = at;
            while (at < name.size() && isDigit(name[at])) ++at;
            if (at == begin) return std::nullopt;
            if (*sign == '#') kept.push_back(name.substr(begin, at - begin));
        } else if (at == name.size() || name[at++] != *sign) {
            return std::nullopt;
        }
    }
    if (at != name.size()) return std::nullopt;
    std::string result;
    std::size_t next = 0;
    for (const char* sign = rename.to; *sign; ++sign) {
        if (*sign == '*' || *sign == '#') result += kept.at(next++);
        else result += *sign;
    }
    return result;
}

int preference(const std::string& prefix)
{
    for (const char* word : kCopies)
        if (prefix.find(word) != std::string::npos) return 2;
    for (const char* word : kPreferred)
        if (prefix.find(word) != std::string::npos) return 0;
    return 1;
}

/// What stands before the anchor, the preferred network first.
std::vector<std::string> prefixesOf(const std::vector<NamedShape>& tensors, const std::string& anchor)
{
    std::vector<std::string> prefixes;
    for (const NamedShape& tensor : tensors) {
        if (!tensor.name.ends_with(anchor) || tensor.shape.size() != 4) continue;
        const std::string prefix = tensor.name.substr(0, tensor.name.size() - anchor.size());
        if (prefix.empty() || prefix.ends_with('.')) prefixes.push_back(prefix);
    }
    std::ranges::stable_sort(prefixes, {}, preference);
    return prefixes;
}

bool hasSigns(const WeightLayout& layout, const std::vector<NamedShape>& tensors)
{
    return std::ranges::all_of(layout.signs, [&tensors](const std::string& sign) {
        return std::ranges::any_of(tensors,
                                   [&sign](const NamedShape& tensor) { return tensor.name.find(sign) != std::string::npos; });
    });
}

/// Fills sources and others.
void arrange(RecognizedWeights& weights, const std::vector<NamedShape>& tensors)
{
    struct Part {
        int part;
        const NamedShape* tensor;
    };
    std::map<std::string, std::vector<Part>> byTarget;
    for (const NamedShape& tensor : tensors) {
        if (!tensor.name.starts_with(weights.prefix)) {
            weights.others.push_back(tensor.name);
            continue;
        }
        const std::string inner = tensor.name.substr(weights.prefix.size());
        for (const WeightRename& rename : weights.layout->renames)
            if (const auto target = renamed(inner, rename)) {
                byTarget[*target].push_back({rename.part, &tensor});
                break;
            }
    }
    for (auto& [target, parts] : byTarget) {
        std::ranges::stable_sort(parts, {}, &Part::part);
        WeightSource source{.target = target, .names = {}, .shape = parts.front().tensor->shape};
        const bool isJoined = parts.front().part == 0 && parts.size() == 3;
        for (const Part& part : parts) {
            source.names.push_back(part.tensor->name);
            if (part.tensor == parts.front().tensor) continue;
            if (!isJoined || source.shape.empty() || part.tensor->shape.size() != source.shape.size() ||
                !std::equal(source.shape.begin() + 1, source.shape.end(), part.tensor->shape.begin() + 1))
                throw Error(part.tensor->name, fmt::format("stands for {}, as {} does", target, source.names.front()),
                            "The file mixes several layouts.");
            source.shape[0] += part.tensor->shape[0];
        }
        weights.sources.push_back(std::move(source));
    }
}

class Deduction
{
public:
    explicit Deduction(RecognizedWeights& weights) : m_weights(weights)
    {
        for (WeightSource& source : weights.sources) m_byName[source.target] = &source;
    }

    void deduceVit();
    void deduceResNet();

private:
    WeightSource* find(const std::string& name) const
    {
        const auto found = m_byName.find(name);
        return found == m_byName.end() ? nullptr : found->second;
    }

    std::int64_t size(const std::string& name, std::size_t dimension) const
    {
        const WeightSource* source = find(name);
        return source && dimension < source->shape.size() ? source->shape[dimension] : 0;
    }

    /// How many of "blocks.0.", "blocks.1."... there are.
    std::int64_t count(const std::string& before, const std::string& after) const
    {
        std::int64_t number = 0;
        while (find(fmt::format("{}{}{}", before, number, after))) ++number;
        return number;
    }

    void set(const std::string& key, Value value) { m_weights.backbone.values[key] = std::move(value); }
    void say(const std::string& sentence) { m_weights.deduced.push_back(sentence); }

    RecognizedWeights& m_weights;
    std::map<std::string, WeightSource*> m_byName;
};

std::int64_t headsFor(std::int64_t dim, int ofLayout)
{
    constexpr std::int64_t kFeaturesOfAHead = 64;
    std::int64_t heads = ofLayout > 0 ? ofLayout : std::max<std::int64_t>(1, dim / kFeaturesOfAHead);
    while (dim % heads != 0) --heads;
    return heads;
}

void Deduction::deduceVit()
{
    const std::int64_t dim = size("patch_embed.proj.weight", 0), patch = size("patch_embed.proj.weight", 3),
                       depth = count("blocks.", ".norm1.weight");
    if (dim < 1 || dim > 4096 || patch < 1 || patch > 256 || depth < 1 || depth > 100)
        throw Error("weights",
                    fmt::format("{} features, patches of {} pixels and {} blocks make no vision transformer", dim, patch, depth));
    const std::int64_t heads = headsFor(dim, m_weights.layout->heads);
    m_weights.parameters = static_cast<std::uint64_t>(depth * 12 * dim * dim);
    set("dim", dim);
    set("depth", depth);
    set("heads", heads);
    set("patch", patch);
    say(fmt::format("{} features, {} blocks, patches of {} pixels: from the shapes", dim, depth, patch));
    if (m_weights.layout->heads > 0)
        say(fmt::format("heads: {}, as all of {} have; files do not say it", heads, m_weights.layout->title));
    else say(fmt::format("heads: {}, one for 64 features, the usual rule; files do not say it", heads));
    if (WeightSource* positions = find("pos_embed"); positions && positions->shape.size() == 3 && positions->shape[1] > 0) {
        const auto sideOf = [](std::int64_t tokens) { return std::llround(std::sqrt(static_cast<double>(tokens))); };
        const std::int64_t tokens = positions->shape[1], side = sideOf(tokens), sideWithCls = sideOf(tokens - 1);
        positions->lacksCls = sideWithCls * sideWithCls != tokens - 1 && side * side == tokens;
        const std::int64_t grid = positions->lacksCls ? side : sideWithCls, pixels = grid * patch;
        if (grid * grid + (positions->lacksCls ? 0 : 1) != tokens)
            throw Error(positions->names.front(), fmt::format("{} positions are no square grid", tokens));
        if (pixels >= patch && pixels <= 4096) set("image_size", pixels);
        say(fmt::format("images of {0} x {0} pixels: {1} x {1} positions{2}", pixels, grid,
                        positions->lacksCls ? ", none for [CLS]" : ""));
    }
    if (const std::int64_t registers = size("reg_token", 1); registers > 0) {
        set("registers", registers);
        say(fmt::format("{} register tokens", registers));
    }
    if (find("blocks.0.gamma_1")) {
        set("layer_scale", 1e-5);
        say("layer scale");
    }
    if (m_weights.layout->hasFixedPositions) set("positions", std::string("sin_cos"));
}

void Deduction::deduceResNet()
{
    std::vector<std::int64_t> blocks;
    for (int layer = 1; layer <= 4; ++layer) blocks.push_back(count(fmt::format("layer{}.", layer), ".conv1.weight"));
    const bool hasBottlenecks = find("layer1.0.conv3.weight");
    struct Depth {
        std::vector<std::int64_t> blocks;
        bool hasBottlenecks;
        const char* depth;
        double millions;  // parameters at width 64
    };
    const std::vector<Depth> known = {{{1, 1, 1, 1}, false, "10", 4.9},   {{2, 2, 2, 2}, false, "18", 11.2},
                                      {{3, 4, 6, 3}, false, "34", 21.3},  {{3, 4, 6, 3}, true, "50", 23.5},
                                      {{3, 4, 23, 3}, true, "101", 42.5}, {{3, 8, 36, 3}, true, "152", 58.1}};
    const auto found = std::ranges::find_if(
        known, [&](const Depth& each) { return each.blocks == blocks && each.hasBottlenecks == hasBottlenecks; });
    const std::int64_t width = size("conv1.weight", 0), kernel = size("conv1.weight", 3);
    if (found == known.end() || width < 1 || width > 1024)
        throw Error("weights", fmt::format("{} blocks{} make no ResNet that is known", fmt::join(blocks, ", "),
                                           hasBottlenecks ? " with bottlenecks" : ""));
    m_weights.parameters = static_cast<std::uint64_t>(found->millions * 1e6 * static_cast<double>(width * width) / (64 * 64));
    set("depth", std::string(found->depth));
    set("width", width);
    set("stem", std::string(kernel == 7 ? "imagenet" : "small"));
    say(fmt::format("ResNet-{} of width {}, stem {}: from the shapes", found->depth, width, kernel == 7 ? "7x7" : "3x3"));
    if (!find("bn1.running_mean")) {
        set("norm", std::string("group_ws"));
        say("group norm: batch norm's statistics are not there");
    }
}

bool isCounter(const std::string& name)
{
    return name.ends_with("num_batches_tracked");
}

/// Positions of another square grid, which can be interpolated.
bool isOtherGrid(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to)
{
    return from.size() == 3 && to.size() == 3 && from[0] == 1 && to[0] == 1 && from[2] == to[2];
}

}  // namespace

std::optional<RecognizedWeights> recognizeWeights(const std::vector<NamedShape>& tensors, const std::string& type,
                                                  const std::string& prefix)
{
    for (const WeightLayout& layout : weightLayouts()) {
        if (!type.empty() && layout.backbone != type) continue;
        std::vector<std::string> prefixes = prefixesOf(tensors, layout.anchor);
        if (prefixes.empty() || !hasSigns(layout, tensors)) continue;
        RecognizedWeights weights{.layout = &layout};
        auto chosen = prefixes.begin();
        if (!prefix.empty()) chosen = std::ranges::find(prefixes, prefix.ends_with('.') ? prefix : prefix + '.');
        if (chosen == prefixes.end())
            throw Error(prefix, "is the prefix of no network in this file",
                        fmt::format("There are: {}.", fmt::join(prefixes, ", ")));
        weights.prefix = *chosen;
        prefixes.erase(chosen);
        weights.otherPrefixes = std::move(prefixes);
        weights.backbone.type = layout.backbone;
        arrange(weights, tensors);
        Deduction deduction(weights);
        if (layout.backbone == "vit") deduction.deduceVit();
        else deduction.deduceResNet();
        return weights;
    }
    return std::nullopt;
}

RecognizedWeights ownWeights(const std::vector<NamedShape>& tensors, const std::string& prefix, const OptionSet& backbone)
{
    static const WeightLayout layout{"selfsight", "Selfsight checkpoint", "", "", {}, {{"*", "*"}}};
    RecognizedWeights weights{.layout = &layout, .prefix = prefix, .otherPrefixes = {}, .backbone = backbone};
    arrange(weights, tensors);
    return weights;
}

WeightMatch matchWeights(const RecognizedWeights& weights, const std::vector<NamedShape>& network)
{
    WeightMatch match;
    std::map<std::string, const WeightSource*> sources;
    for (const WeightSource& source : weights.sources) sources[source.target] = &source;
    for (const NamedShape& tensor : network) {
        const auto found = sources.find(tensor.name);
        if (found == sources.end()) {
            if (!isCounter(tensor.name)) match.missing.push_back(tensor.name);
            continue;
        }
        const WeightSource& source = *found->second;
        std::vector<std::int64_t> shape = source.shape;
        if (source.lacksCls) ++shape[1];
        if (shape != tensor.shape && tensor.name == "pos_embed" && isOtherGrid(shape, tensor.shape)) {
            match.resized.push_back(fmt::format("pos_embed: {} positions become {}", shape[1] - 1, tensor.shape[1] - 1));
            match.matched.push_back(source);
        } else if (shape != tensor.shape) {
            match.mismatched.push_back(
                fmt::format("{}: {} in the file, {} in the network", tensor.name, shapeText(shape), shapeText(tensor.shape)));
        } else {
            match.matched.push_back(source);
        }
        sources.erase(found);
    }
    for (const auto& [target, source] : sources)
        if (!isCounter(target)) match.unexpected.insert(match.unexpected.end(), source->names.begin(), source->names.end());
    return match;
}

}  // namespace selfsight
