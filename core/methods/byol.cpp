// BYOL: a network predicts what its own slow copy says of another view. No negatives: the predictor and the slow copy together
// keep the outputs apart.
// Paper: Grill et al. 2020, arXiv 2006.07733.
//
// Differs from the authors' code: the target starts equal to the online network, as in the paper, not from another seed.
#include "core/methods/byol.h"

#include "core/methods/entries.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/negative_cosine.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

class Byol : public Method {
public:
    Byol(const ByolOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", mlp(m_backbone->featureSize(), options.hidden));
        m_predictor = register_module("predictor", options.predictor ? mlp(options.output, options.predictorHidden) : makeMlp({.layers = 0}));
        m_target = register_module("target", std::make_shared<MomentumEncoder>(
                                                 setup.makeBackbone(), mlp(m_backbone->featureSize(), options.hidden), m_backbone, m_head));
    }

    void begin(const Views& views) override
    {
        if (!m_options.centredStart) return;
        const torch::NoGradGuard noGrad;
        torch::Tensor x = centreLastLayer(*m_head, m_backbone->forward(views.global[0]));
        if (m_options.predictor) centreLastLayer(*m_predictor, x);
        m_target->follow(0);
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        StepOutput output;
        torch::Tensor z[2], p[2], target[2];
        for (std::size_t v = 0; v < 2; ++v) {  // each view alone: batch norm sees one view at a time
            const torch::Tensor h = m_backbone->forward(views.global[v]);
            z[v] = m_head->forward(h);
            if (v == 0) output.features = h.detach();
            p[v] = m_predictor->forward(z[v]);
            target[v] = m_target->forward(views.global[v]);
        }
        output.terms = {{"total", byolLoss(p[0], p[1], target[0], target[1])}, {"encoder_distance", m_target->distance()}};
        output.embedding = z[0].detach();
        output.perSample = 4 - 2 * (rowCosines(p[0].detach(), target[1]) + rowCosines(p[1].detach(), target[0]));
        return output;
    }

    /// After the optimiser: the target follows the new weights.
    void afterStep(const StepOutput&, const StepContext& context) override
    {
        m_target->follow(momentumAt(m_options.momentum, m_options.finalMomentum, context.step, context.totalSteps));
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

private:
    torch::nn::Sequential mlp(std::int64_t in, std::int64_t hidden) const
    {
        return makeMlp({.in = in, .hidden = hidden, .out = m_options.output, .hiddenNorm = m_options.headNorm, .hiddenBias = true});
    }

    ByolOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_predictor{nullptr};
    std::shared_ptr<MomentumEncoder> m_target;
};

}  // namespace

MethodInfo byolBase(const Schema& schema, std::function<ByolOptions(const OptionSet&)> read)
{
    MethodInfo info;
    info.schema = &schema;
    info.failures = {
        {"predictor", "false", "All images get one output: the loss goes to 0 and std * sqrt(d) with it."},
        {"momentum", "0", "The target is the network itself: training becomes unstable."},
    };
    info.curves = {encoderDistanceCurve()};
    info.embedding = "online projections of the first view";
    info.references = [](const OptionSet&, const MethodSetup&) -> std::vector<ReferenceLine> {
        return {{"total", 0, "agreement or collapse"}, {"total", 4, "unrelated views"}};
    };
    info.make = [read](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Byol>(read(set), setup);
    };
    return info;
}

MethodInfo byolInfo()
{
    static const auto schema = byolTable<ByolOptions>();
    MethodInfo info = byolBase(schema, [](const OptionSet& set) { return schema.read(set); });
    info.key = "byol";
    info.title = "BYOL";
    info.year = 2020;
    info.reference = "Grill et al. 2020, arXiv 2006.07733";
    info.doc = "Predicts what a slow copy of the network says of another view; without negatives.";
    return info;
}

}  // namespace selfsight
