// Contrastive predictive coding on images: patches of an image are read from top to bottom, and what lies further down shall be
// recognised among all patches of the batch.
// Paper: van den Oord, Li, Vinyals 2018, arXiv 1807.03748.
//
// Differs from the paper: patches are cut from the view as the chain made it, without a further crop of each; sizes fit images of
// 32 pixels. Batch norm would let patches of one image recognise each other by their statistics, so it is refused.
#include <fmt/format.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "core/methods/entries.h"
#include "core/nn/grid_context.h"
#include "core/nn/info_nce.h"

namespace selfsight {

namespace {

struct CpcOptions {
    int patch = 8;
    int stride = 4;
    ContextKind context = ContextKind::MaskedConvolution;
    int contextSize = 256;
    int horizon = 3;
    int skip = 1;
};

const SchemaFor<CpcOptions>& cpcSchema()
{
    static const auto table = [] {
        SchemaFor<CpcOptions> s;
        s.add("patch", &CpcOptions::patch, "Side of a patch in pixels.").range(2, 256).from("CPC, arXiv 1807.03748, 3.2: 64 of 256");
        s.add("stride", &CpcOptions::stride, "Pixels from one patch to the next; below the patch size they overlap.")
            .range(1, 256)
            .from("CPC, 3.2: half a patch");
        s.addChoice("context", &CpcOptions::context, {{"masked_conv", ContextKind::MaskedConvolution}, {"gru", ContextKind::Gru}},
                    "What sums up the rows above: convolutions that see no row below, or a recurrent network down each column.")
            .from("CPC, 3.2: PixelCNN; a row-wise GRU does as well");
        s.add("context_size", &CpcOptions::contextSize, "Size of the summary.").range(1, 4096).log();
        s.add("horizon", &CpcOptions::horizon, "How many rows further down are predicted, each with a matrix of its own.")
            .range(1, 20)
            .from("CPC, 3.2: up to 5");
        s.add("skip", &CpcOptions::skip, "First row predicted: 1 is the next one, which overlaps; 2 leaves it out and the shortcut with it.")
            .range(1, 20)
            .from("CPC v2, arXiv 1905.09272, A");
        return s;
    }();
    return table;
}

std::int64_t gridSide(std::int64_t image, const CpcOptions& options)
{
    return image < options.patch ? 0 : (image - options.patch) / options.stride + 1;
}

class Cpc : public Method {
public:
    Cpc(const CpcOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        const std::int64_t size = m_backbone->featureSize();
        m_context = register_module("context", makeGridContext(options.context, size, options.contextSize));
        for (int k = 0; k < options.horizon; ++k)
            m_predictors.push_back(register_module(fmt::format("predict{}", options.skip + k),
                                                   torch::nn::Linear(torch::nn::LinearOptions(options.contextSize, size).bias(false))));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor z = grid(views.global[0]);             // (B, H, W, D)
        const torch::Tensor context = m_context->forward(z);       // (B, H, W, C): rows at and above
        const double scale = 1 / std::sqrt(static_cast<double>(z.size(3)));
        const auto candidates = static_cast<double>(z.numel() / z.size(3));
        StepOutput output;
        output.terms = {{"total", {}}};
        torch::Tensor total;
        for (std::size_t k = 0; k < m_predictors.size(); ++k) {
            const std::int64_t offset = m_options.skip + static_cast<std::int64_t>(k);
            const torch::Tensor predicted = m_predictors[k]->forward(context.narrow(1, 0, z.size(1) - offset));
            const InfoNce result = gridInfoNce(predicted, z, offset, scale);
            const torch::Tensor losses = result.perSample.view({z.size(0), -1}).mean(1);  // (B)
            total = total.defined() ? total + losses : losses;
            output.terms.emplace_back(fmt::format("accuracy_{}", offset), result.accuracy);
            output.terms.emplace_back(fmt::format("information_{}", offset), std::log(candidates) - result.loss.detach());
        }
        total = total / static_cast<double>(m_predictors.size());
        output.terms.front().second = total.mean();
        output.perSample = total.detach();
        output.embedding = z.detach().mean({1, 2});
        return output;
    }

    /// Mean over the grid.
    torch::Tensor features(const torch::Tensor& images) override { return grid(images).mean({1, 2}); }

private:
    torch::Tensor grid(const torch::Tensor& images)
    {
        const std::int64_t p = m_options.patch, s = m_options.stride;
        const torch::Tensor cut = images.unfold(2, p, s).unfold(3, p, s).permute({0, 2, 3, 1, 4, 5});  // (B, H, W, C, p, p)
        const torch::Tensor patches = cut.reshape({-1, images.size(1), p, p}).contiguous(images.suggest_memory_format());
        return m_backbone->forward(patches).view({-1, cut.size(1), cut.size(2), m_backbone->featureSize()});
    }

    CpcOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    std::shared_ptr<GridContext> m_context;
    std::vector<torch::nn::Linear> m_predictors;
};

std::vector<Conflict> cpcConflicts(const OptionSet& set, const MethodSetup& setup)
{
    const CpcOptions options = cpcSchema().read(set);
    std::vector<Conflict> conflicts;
    const std::int64_t rows = gridSide(setup.sampleShape[1], options);
    const std::int64_t last = options.skip + options.horizon - 1;
    if (rows <= last) {
        const std::int64_t fits = std::max<std::int64_t>(1, rows - options.skip);
        conflicts.push_back({"method.horizon", "views.global.size",
                             fmt::format("images of {} pixels have {} rows of patches, too few to predict {} rows further down",
                                         setup.sampleShape[1], rows, last),
                             rows > options.skip ? std::to_string(fits) : "smaller patches"});
    }
    const auto norm = setup.backbone.values.find("norm");
    if (setup.backbone.type == "resnet" && (norm == setup.backbone.values.end() || norm->second != Value(std::string("group_ws"))))
        conflicts.push_back({"backbone.norm", "method.type", "batch norm lets patches of one image recognise each other", "group_ws"});
    return conflicts;
}

std::vector<ReferenceLine> cpcReferences(const OptionSet& set, const MethodSetup& setup)
{
    const std::int64_t side = gridSide(setup.sampleShape[1], cpcSchema().read(set));
    const double candidates = static_cast<double>(setup.batchSize * side * side);
    return {{"total", std::log(candidates), "chance ln N"}};
}

}  // namespace

MethodInfo cpcInfo()
{
    MethodInfo info;
    info.key = "cpc";
    info.title = "CPC";
    info.year = 2018;
    info.reference = "van den Oord et al. 2018, arXiv 1807.03748";
    info.doc = "Reads an image row by row and recognises what comes further down among all patches of the batch.";
    info.schema = &cpcSchema();
    info.globalViews = 1;
    info.failures = {{"stride", "1", "Patches overlap almost wholly: the next row is a copy, the loss falls at once and nothing is learnt."}};
    info.curves = {
        {"accuracy_*", CurveScale::Share, "Share of the patches so many rows further down that are picked out of the whole batch."},
        {"information_*", CurveScale::Loss, "Information between what was read and that row, in nats at least: ln N less its loss, never above ln N."},
    };
    info.embedding = "latents, averaged over the patches of an image";
    info.references = cpcReferences;
    info.conflicts = cpcConflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Cpc>(cpcSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
