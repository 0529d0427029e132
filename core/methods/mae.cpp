// Masked autoencoder: most patches of an image are taken away; an encoder sees the rest and a small decoder paints the missing
// ones.
// Paper: He, Chen, Xie, Li, Dollar, Girshick 2021, arXiv 2111.06377.
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>

#include "core/methods/entries.h"
#include "core/methods/vit_only.h"
#include "core/nn/masked_pixels.h"
#include "core/nn/positions.h"
#include "core/nn/random_tensors.h"

namespace selfsight {

namespace {

struct MaeOptions {
    double maskRatio = 0.75;
    bool normalizedTarget = true;
    int decoderDim = 128;
    int decoderDepth = 2;
    int decoderHeads = 4;
};

const SchemaFor<MaeOptions>& maeSchema()
{
    static const auto table = [] {
        SchemaFor<MaeOptions> s;
        s.add("mask_ratio", &MaeOptions::maskRatio, "Share of the patches that is taken away; too few and neighbours give the answer.")
            .range(0.01, 0.99)
            .from("MAE, arXiv 2111.06377, figure 5: 0.75");
        s.add("normalized_target", &MaeOptions::normalizedTarget, "Paints each patch with its mean and contrast taken out.")
            .from("MAE, table 1d: half a point better");
        s.add("decoder_dim", &MaeOptions::decoderDim, "Features of a token in the decoder.").range(4, 4096).log().from("MAE: 512");
        s.add("decoder_depth", &MaeOptions::decoderDepth, "Blocks of the decoder.").range(1, 24).from("MAE, table 1a: 8; 1 suffices for fine-tuning");
        s.add("decoder_heads", &MaeOptions::decoderHeads, "Attention heads of the decoder.").range(1, 64).advanced().from("MAE: 16");
        return s;
    }();
    return table;
}

class Mae : public Method {
public:
    Mae(const MaeOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", makeVit(setup));
        const Vit::Grid grid = m_backbone->gridSize(setup.sampleShape[1], setup.sampleShape[2]);
        const std::int64_t dim = options.decoderDim, pixels = m_backbone->patchSize() * m_backbone->patchSize() * setup.sampleShape[0];
        m_embed = register_module("decoder_embed", torch::nn::Linear(m_backbone->dim(), dim));
        m_maskToken = register_parameter("mask_token", torch::nn::init::normal_(torch::empty({1, 1, dim}), 0, 0.02));
        m_positions = register_buffer("decoder_positions", sinCosPositions(dim, grid.h, grid.w));
        for (int i = 0; i < options.decoderDepth; ++i)
            m_blocks.push_back(register_module("decoder" + std::to_string(i), std::make_shared<TransformerBlock>(dim, options.decoderHeads)));
        m_norm = register_module("decoder_norm", transformerNorm(dim));
        m_paint = register_module("decoder_pixels", torch::nn::Linear(dim, pixels));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        const torch::Tensor& images = views.global[0];
        const torch::Tensor patches = patchify(images, m_backbone->patchSize());
        Rng rng = context.rng;
        const Masking masking = randomMasking(randomUniform(rng, {patches.size(0), patches.size(1)}, images.device()), m_options.maskRatio);
        const torch::Tensor encoded = m_backbone->visibleTokens(images, masking.keep);
        const torch::Tensor target = m_options.normalizedTarget ? normalizedPatches(patches) : patches;
        StepOutput output;
        const torch::Tensor losses = maskedPixelLosses(decoded(encoded, masking), target, masking.mask);
        output.terms = {{"total", losses.mean()}};
        output.perSample = losses.detach();
        output.embedding = m_backbone->pooled(encoded).detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

private:
    /// (B, 1 + k, D) of the visible patches -> (B, n, pixels) of all.
    torch::Tensor decoded(const torch::Tensor& encoded, const Masking& masking)
    {
        const torch::Tensor tokens = m_embed(encoded);
        const std::int64_t count = masking.restore.size(1), hidden = count - masking.keep.size(1);
        const torch::Tensor masks = m_maskToken.to(tokens.scalar_type()).expand({tokens.size(0), hidden, -1});
        const torch::Tensor patches = takeTokens(torch::cat({tokens.slice(1, 1), masks}, 1), masking.restore);
        torch::Tensor x = torch::cat({tokens.slice(1, 0, 1), patches}, 1) + m_positions;
        for (const auto& block : m_blocks) x = block->forward(x);
        return m_paint(m_norm(x)).slice(1, 1);
    }

    MaeOptions m_options;
    std::shared_ptr<Vit> m_backbone;
    torch::nn::Linear m_embed{nullptr}, m_paint{nullptr};
    torch::Tensor m_maskToken, m_positions;
    std::vector<std::shared_ptr<TransformerBlock>> m_blocks;
    torch::nn::LayerNorm m_norm{nullptr};
};

std::vector<Conflict> maeConflicts(const OptionSet& set, const MethodSetup& setup)
{
    std::vector<Conflict> conflicts = vitOnly(set, setup);
    const MaeOptions options = maeSchema().read(set);
    if (options.decoderDim % (4 * options.decoderHeads) != 0)
        conflicts.push_back({"method.decoder_dim", "method.decoder_heads", "the decoder's features must be a multiple of four times its heads",
                             std::to_string(4 * options.decoderHeads * std::max(1, options.decoderDim / (4 * options.decoderHeads)))});
    if (!conflicts.empty()) return conflicts;
    const std::int64_t size = setup.sampleShape[1], side = size / vitSchema().read(setup.backbone).patch, patches = side * side;
    if (patches == 1)
        conflicts.push_back({"backbone.patch", "method.mask_ratio", "an image of one patch cannot be hidden and seen", std::to_string(size / 2)});
    if (patches > 1 && static_cast<double>(patches) * (1 - options.maskRatio) < 1)
        conflicts.push_back({"method.mask_ratio", "backbone.patch", fmt::format("of {} patches none is left to see", patches), "0.75"});
    return conflicts;
}

}  // namespace

MethodInfo maeInfo()
{
    MethodInfo info;
    info.key = "mae";
    info.title = "MAE";
    info.year = 2021;
    info.reference = "He et al. 2021, arXiv 2111.06377";
    info.doc = "Takes most patches of an image away and learns to paint them.";
    info.schema = &maeSchema();
    info.globalViews = 1;
    info.failures = {{"mask_ratio", "0.1", "Neighbouring patches give the answer: the loss is low and features stay poor."}};
    info.embedding = "encoder's features of the visible patches";
    info.references = [](const OptionSet& set, const MethodSetup&) -> std::vector<ReferenceLine> {
        if (!maeSchema().read(set).normalizedTarget) return {};
        return {{"total", 1, "painting the mean"}};
    };
    info.conflicts = maeConflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Mae>(maeSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
