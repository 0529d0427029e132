#include "core/nn/vit.h"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/nn/positions.h"

namespace selfsight {

namespace {

struct Shape {
    std::int64_t dim, heads, depth;
};

Shape shapeOf(const VitOptions& options)
{
    Shape shape{192, 3, 12};
    if (options.size == VitSize::Small) shape = {384, 6, 12};
    if (options.size == VitSize::Base) shape = {768, 12, 12};
    if (options.dim > 0) shape.dim = options.dim;
    if (options.heads > 0) shape.heads = options.heads;
    if (options.depth > 0) shape.depth = options.depth;
    return shape;
}

/// What does not fit together within the options.
std::vector<Conflict> ownConflicts(const VitOptions& options)
{
    const Shape shape = shapeOf(options);
    std::vector<Conflict> conflicts;
    if (shape.dim % shape.heads != 0) {
        std::int64_t fewer = shape.heads;
        while (shape.dim % fewer != 0) --fewer;
        conflicts.push_back({"backbone.heads", "backbone.dim",
                             fmt::format("{} heads cannot share {} features evenly", shape.heads, shape.dim), std::to_string(fewer)});
    }
    if (options.positions == VitPositions::SinCos && shape.dim % 4 != 0) {
        const std::int64_t unit = std::lcm(std::int64_t{4}, shape.heads);
        conflicts.push_back({"backbone.dim", "backbone.positions",
                             fmt::format("positions sin_cos need a multiple of 4, not {}", shape.dim),
                             std::to_string(std::max(unit, shape.dim / unit * unit))});
    }
    if (options.imageSize < options.patch)
        conflicts.push_back({"backbone.patch", "backbone.image_size",
                             fmt::format("an image of {} pixels has no patch of {}", options.imageSize, options.patch),
                             std::to_string(options.imageSize)});
    const auto patch = static_cast<unsigned>(options.patch);
    if (options.patchProjection == PatchProjection::ConvStem && !std::has_single_bit(patch))
        conflicts.push_back({"backbone.patch", "backbone.patch_projection",
                             fmt::format("a conv_stem halves the image again and again, and {} is no power of two", patch),
                             std::to_string(std::bit_floor(patch))});
    return conflicts;
}

}  // namespace

const SchemaFor<VitOptions>& vitSchema()
{
    static const auto table = [] {
        SchemaFor<VitOptions> s;
        s.addChoice("size", &VitOptions::size, {{"tiny", VitSize::Tiny}, {"small", VitSize::Small}, {"base", VitSize::Base}},
                    "Twelve blocks of 192, 384 or 768 features with 3, 6 or 12 heads.")
            .from("DeiT, arXiv 2012.12877, table 1");
        s.add("dim", &VitOptions::dim, "Features of a token; 0: what the size says.").range(0, 4096).advanced();
        s.add("depth", &VitOptions::depth, "Number of blocks; 0: what the size says.").range(0, 100).advanced();
        s.add("heads", &VitOptions::heads, "Attention heads of a block; 0: what the size says. MoCo v3 gives small 12.")
            .range(0, 256)
            .advanced();
        s.add("patch", &VitOptions::patch, "Pixels a side of a patch; half of it makes four times the tokens.").range(1, 256);
        s.add("image_size", &VitOptions::imageSize,
              "Pixels a side of the global views: the grid that positions are stored for. Other sizes interpolate them.")
            .range(1, 4096);
        s.addChoice("positions", &VitOptions::positions, {{"learned", VitPositions::Learned}, {"sin_cos", VitPositions::SinCos}},
                    "Learnt positions, or fixed waves over rows and columns.")
            .from("sin_cos: MAE, arXiv 2111.06377; MoCo v3, arXiv 2104.02057, implementation details");
        s.addChoice("patch_projection", &VitOptions::patchProjection,
                    {{"learned", PatchProjection::Learned},
                     {"frozen", PatchProjection::Frozen},
                     {"stop_gradient", PatchProjection::StopGradient},
                     {"conv_stem", PatchProjection::ConvStem}},
                    "frozen: stays random, which takes away the gradient spikes that begin there; stop_gradient: only weight decay "
                    "acts; conv_stem: small convolutions instead of one large one.")
            .from("MoCo v3, arXiv 2104.02057, 4.2; conv_stem: arXiv 2106.14881");
        s.add("drop_path", &VitOptions::dropPath,
              "Share of images that skip a branch of the last block while training, growing linearly from 0 at the first. "
              "Teachers skip nothing.")
            .range(0, 0.9)
            .advanced()
            .from("arXiv 1603.09382; DINO, arXiv 2104.14294: 0.1");
        s.addChoice("pool", &VitOptions::pool, {{"cls", VitPool::Cls}, {"mean", VitPool::Mean}},
                    "The features: the [CLS] token, or the mean of the patches.")
            .advanced();
        s.add("layer_scale", &VitOptions::layerScale, "Start of a learnt factor of every branch's channels; 0: none.")
            .range(0, 10)
            .advanced()
            .from("CaiT, arXiv 2103.17239; DINOv2: 1e-5");
        s.add("registers", &VitOptions::registers, "Further learnt tokens that no patch belongs to: attention keeps its notes there instead of in patches.")
            .range(0, 64)
            .advanced()
            .from("Darcet et al. 2024, arXiv 2309.16588: 4");
        s.addChoice("init", &VitOptions::init, {{"dino", VitInit::Dino}, {"moco_v3", VitInit::MocoV3}},
                    "dino: normal with deviation 0.02; moco_v3: Xavier uniform, queries, keys and values each for themselves.")
            .advanced()
            .from("the authors' code");
        return s;
    }();
    return table;
}

std::vector<Conflict> vitConflicts(const OptionSet& set, const ViewPlan& views)
{
    const VitOptions options = vitSchema().read(set);
    std::vector<Conflict> conflicts = ownConflicts(options);
    if (options.imageSize != views.global.size)
        conflicts.push_back({"backbone.image_size", "views.global.size",
                             fmt::format("positions are stored for {} pixels but views have {}", options.imageSize, views.global.size),
                             std::to_string(views.global.size)});
    const auto requireWholePatches = [&](const ViewGroup& group, const std::string& key) {
        if (group.count == 0 || group.size % options.patch == 0) return;
        const int whole = std::max(1, group.size / options.patch) * options.patch;
        conflicts.push_back({key, "backbone.patch", fmt::format("patches of {} pixels do not divide views of {}", options.patch, group.size),
                             std::to_string(whole)});
    };
    requireWholePatches(views.global, "views.global.size");
    requireWholePatches(views.local, "views.local.size");
    return conflicts;
}

Vit::Vit(const VitOptions& options) : m_patch(options.patch), m_pool(options.pool)
{
    const Shape shape = shapeOf(options);
    if (const std::vector<Conflict> conflicts = ownConflicts(options); !conflicts.empty())
        throw Error(conflicts.front().keyPath, conflicts.front().problem, conflicts.front().suggestion + " would work.");
    m_dim = shape.dim;
    m_heads = shape.heads;

    // Weights are drawn in this order, statement by statement: the same numbers with every compiler.
    const Grid grid = gridSize(options.imageSize, options.imageSize);
    m_cls = register_parameter("cls_token", torch::zeros({1, 1, m_dim}));
    m_positions = options.positions == VitPositions::Learned
                      ? register_parameter("pos_embed", torch::zeros({1, 1 + grid.h * grid.w, m_dim}))
                      : register_buffer("pos_embed", sinCosPositions(m_dim, grid.h, grid.w));
    if (options.registers > 0) m_registers = register_parameter("reg_token", torch::zeros({1, options.registers, m_dim}));
    m_patchEmbedding = register_module("patch_embed", std::make_shared<PatchEmbedding>(m_dim, m_patch, options.patchProjection));
    torch::nn::ModuleList blocks;
    for (std::int64_t i = 0; i < shape.depth; ++i) {
        const double depthShare = shape.depth > 1 ? static_cast<double>(i) / static_cast<double>(shape.depth - 1) : 0;
        m_blocks.push_back(
            std::make_shared<TransformerBlock>(m_dim, shape.heads, options.dropPath * depthShare, options.layerScale));
        blocks->push_back(m_blocks.back());
    }
    register_module("blocks", blocks);
    m_norm = register_module("norm", transformerNorm(m_dim));
    initialize(options.init);
}

void Vit::initialize(VitInit init)
{
    const bool moco = init == VitInit::MocoV3;
    // The official code truncates at 2, a hundred deviations away: plainly normal.
    torch::nn::init::normal_(m_cls, 0, moco ? 1e-6 : 0.02);
    if (m_positions.requires_grad()) torch::nn::init::normal_(m_positions, 0, 0.02);
    if (m_registers.defined()) torch::nn::init::normal_(m_registers, 0, 1e-6);
    if (moco) m_patchEmbedding->initializeAsLinear();
    for (const auto& module : named_modules({}, false)) {
        auto* linear = module.value()->as<torch::nn::Linear>();
        if (!linear) continue;
        const auto layers = module.key().ends_with("qkv") ? 3 : 1;
        const double bound = std::sqrt(6.0 / static_cast<double>(linear->weight.size(0) / layers + linear->weight.size(1)));
        if (moco) torch::nn::init::uniform_(linear->weight, -bound, bound);
        else torch::nn::init::normal_(linear->weight, 0, 0.02);
        torch::nn::init::zeros_(linear->bias);
    }
}

torch::Tensor Vit::embedded(const torch::Tensor& images, const torch::Tensor& mask)
{
    const torch::Tensor grid = m_patchEmbedding->forward(images);  // (B, D, h, w)
    const torch::Tensor positions = interpolatePositions(m_positions, grid.size(2), grid.size(3));
    torch::Tensor patches = grid.flatten(2).transpose(1, 2);
    if (mask.defined()) patches = torch::where(mask.unsqueeze(2), m_maskToken.to(patches.dtype()), patches);
    const torch::Tensor cls = (m_cls + positions.slice(1, 0, 1)).expand_as(patches.slice(1, 0, 1));
    return torch::cat({cls, patches + positions.slice(1, 1)}, 1);
}

torch::Tensor Vit::withRegisters(const torch::Tensor& x) const
{
    if (!m_registers.defined()) return x;
    return torch::cat({x.slice(1, 0, 1), m_registers.to(x.dtype()).expand({x.size(0), -1, -1}), x.slice(1, 1)}, 1);
}

torch::Tensor Vit::encoded(const torch::Tensor& embedded)
{
    torch::Tensor x = withRegisters(embedded);
    for (const auto& block : m_blocks) x = block->forward(x);
    return normed(x);
}

torch::Tensor Vit::withoutRegisters(const torch::Tensor& x, std::int64_t dim) const
{
    return m_registers.defined() ? torch::cat({x.slice(dim, 0, 1), x.slice(dim, 1 + registers())}, dim) : x;
}

std::vector<torch::Tensor> Vit::blockInputs(const torch::Tensor& images, std::int64_t blocks)
{
    std::vector<torch::Tensor> inputs{withRegisters(embedded(images, {}))};
    for (std::int64_t i = 0; i < blocks; ++i) inputs.push_back(m_blocks[static_cast<std::size_t>(i)]->forward(inputs.back()));
    return inputs;
}

torch::Tensor Vit::attentionRow(const torch::Tensor& input, std::int64_t block, std::int64_t query)
{
    const std::int64_t token = query == 0 ? 0 : query + registers();
    return withoutRegisters(m_blocks.at(static_cast<std::size_t>(block))->attentionRow(input, token), 2);
}

torch::Tensor Vit::attentionRollout(const std::vector<torch::Tensor>& inputs, std::int64_t query)
{
    torch::Tensor shares = torch::zeros({inputs[0].size(0), inputs[0].size(1)}, inputs[0].options().dtype(torch::kFloat));
    shares.select(1, query == 0 ? 0 : query + registers()).fill_(1);
    for (std::size_t i = m_blocks.size(); i-- > 0;) shares = (m_blocks[i]->weighedRows(inputs.at(i), shares) + shares) / 2;
    return withoutRegisters(shares);
}

torch::Tensor Vit::attentionDistance(const torch::Tensor& input, std::int64_t block, Grid grid)
{
    const auto number = input.options().dtype(torch::kFloat);
    const torch::Tensor rows = torch::arange(grid.h, number).repeat_interleave(grid.w);
    const torch::Tensor places = torch::stack({rows, torch::arange(grid.w, number).repeat({grid.h})}, 1);
    return m_blocks.at(static_cast<std::size_t>(block))->meanDistance(input, places);
}

torch::Tensor Vit::tokens(const torch::Tensor& images, const torch::Tensor& mask)
{
    return encoded(embedded(images, mask));
}

torch::Tensor Vit::visibleTokens(const torch::Tensor& images, const torch::Tensor& keep)
{
    const torch::Tensor all = embedded(images, {});
    const torch::Tensor kept = all.slice(1, 1).gather(1, keep.unsqueeze(2).expand({-1, -1, m_dim}));
    return encoded(torch::cat({all.slice(1, 0, 1), kept}, 1));
}

torch::Tensor Vit::lastAttention(const torch::Tensor& images)
{
    torch::Tensor x = withRegisters(embedded(images, {}));
    for (std::size_t i = 0; i + 1 < m_blocks.size(); ++i) x = m_blocks[i]->forward(x);
    return m_blocks.back()->attention(x);
}

torch::Tensor Vit::pooled(const torch::Tensor& tokens) const
{
    return m_pool == VitPool::Cls ? tokens.select(1, 0) : tokens.slice(1, 1).mean(1);
}

void Vit::addMaskToken()
{
    m_maskToken = register_parameter("mask_token", torch::zeros({1, m_dim}));
}

}  // namespace selfsight
