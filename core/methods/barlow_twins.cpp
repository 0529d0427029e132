// Barlow Twins: over a batch, each output dimension shall agree with itself across the two views and with no other dimension.
// Paper: Zbontar, Jing, Misra, LeCun, Deny 2021, arXiv 2103.03230.
#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/projection_head.h"
#include "core/nn/redundancy.h"

namespace selfsight {

namespace {

struct BarlowTwinsOptions {
    double offDiagonalWeight = 0.0051;
    double scale = 0.025;
    int layers = 3;
    int hidden = 1024;
    int output = 1024;
    double biasRateFactor = 1;
};

const SchemaFor<BarlowTwinsOptions>& barlowTwinsSchema()
{
    static const auto table = [] {
        SchemaFor<BarlowTwinsOptions> s;
        s.add("off_diagonal_weight", &BarlowTwinsOptions::offDiagonalWeight,
              "Weight of the term that decorrelates dimensions; at 0 all of them may say the same.")
            .range(0, 10)
            .log()
            .live()
            .from("Barlow Twins, arXiv 2103.03230, figure 5: 0.0051");
        s.add("scale", &BarlowTwinsOptions::scale, "Multiplies the loss, and with it the step of optimisers that don't normalise gradients.")
            .range(1e-6, 1000)
            .log()
            .advanced()
            .from("Barlow Twins, code: 0.024; solo-learn: 0.1");
        s.add("layers", &BarlowTwinsOptions::layers, "Linear layers of the projector.").range(1, 4);
        addHeadSizes(s);
        s.add("bias_rate_factor", &BarlowTwinsOptions::biasRateFactor, "Learning rate of biases and norms as a share of the weights'.")
            .range(0, 1)
            .advanced()
            .from("Barlow Twins, 2.2: 0.0048 against 0.2");
        return s;
    }();
    return table;
}

class BarlowTwins : public Method {
public:
    BarlowTwins(const BarlowTwinsOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.layers = options.layers, .in = m_backbone->featureSize(), .hidden = options.hidden, .out = options.output}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        StepOutput output;
        torch::Tensor z[2];
        for (std::size_t v = 0; v < 2; ++v) {
            const torch::Tensor h = m_backbone->forward(views.global[v]);
            z[v] = m_head->forward(h);
            if (v == 0) output.features = h.detach();
        }
        const BarlowLoss result = barlowLoss(z[0], z[1], m_options.offDiagonalWeight);
        output.terms = {{"total", result.loss * m_options.scale}, {"on_diagonal", result.onDiagonal.detach()}, {"off_diagonal", result.offDiagonal.detach()}};
        output.embedding = z[0].detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    std::vector<ParameterGroup> parameterGroups() const override
    {
        std::vector<ParameterGroup> groups = Method::parameterGroups();
        groups[1].learningRateFactor = m_options.biasRateFactor;
        return groups;
    }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "off_diagonal_weight") m_options.offDiagonalWeight = std::get<double>(value);
    }

private:
    BarlowTwinsOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
};

std::vector<ReferenceLine> barlowTwinsReferences(const OptionSet& set, const MethodSetup&)
{
    const BarlowTwinsOptions options = barlowTwinsSchema().read(set);
    return {{"total", options.scale * options.output, "unrelated views"}, {"on_diagonal", static_cast<double>(options.output), "unrelated views: D"}};
}

}  // namespace

MethodInfo barlowTwinsInfo()
{
    MethodInfo info;
    info.key = "barlow_twins";
    info.title = "Barlow Twins";
    info.year = 2021;
    info.reference = "Zbontar et al. 2021, arXiv 2103.03230";
    info.doc = "Makes the correlation matrix of two views' outputs the identity.";
    info.schema = &barlowTwinsSchema();
    info.failures = {{"off_diagonal_weight", "0", "Dimensions repeat each other: the effective rank falls while the loss looks fine."}};
    info.curves = {
        {"on_diagonal", CurveScale::Own, "How far the diagonal of the correlation matrix is from 1, squared and summed."},
        {"off_diagonal", CurveScale::Own, "The squares beside the diagonal, summed: what the dimensions have in common."},
    };
    info.embedding = "projections of the first view";
    info.references = barlowTwinsReferences;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<BarlowTwins>(barlowTwinsSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
