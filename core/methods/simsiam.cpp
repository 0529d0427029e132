// SimSiam: two views through one network, one of them through a predictor, and no gradient through the other. Nothing else is
// needed to avoid collapse: no negatives, no slow copy.
// Paper: Chen, He 2020, arXiv 2011.10566.
#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/negative_cosine.h"
#include "core/nn/projection_head.h"
#include "core/nn/simsiam_heads.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct SimSiamOptions {
    int layers = 3;
    int hidden = 512;
    int output = 512;
    int predictorHidden = 128;
    bool stopGradient = true;
    bool predictor = true;
    bool constantPredictorRate = true;
};

const SchemaFor<SimSiamOptions>& simSiamSchema()
{
    static const auto table = [] {
        SchemaFor<SimSiamOptions> s;
        s.add("stop_gradient", &SimSiamOptions::stopGradient,
              "Treats the other view's projection as a constant. Without it the loss goes to -1 and all outputs become one or its opposite.")
            .from("SimSiam, arXiv 2011.10566, 4.1: accuracy 0.1 % without");
        s.add("predictor", &SimSiamOptions::predictor, "The small network on one of the two views; without it nothing is learnt.")
            .from("SimSiam, 4.2: 0.1 % without");
        s.add("constant_predictor_rate", &SimSiamOptions::constantPredictorRate,
              "Keeps the predictor's learning rate at lr while the rest follows the schedule.")
            .from("SimSiam, 4.2: 68.1 against 67.7 %");
        s.add("layers", &SimSiamOptions::layers, "Linear layers of the projector.").range(1, 4).from("SimSiam: 3; 2 for CIFAR-10");
        addHeadSizes(s);
        s.add("predictor_hidden", &SimSiamOptions::predictorHidden, "Width of the predictor's bottleneck: a quarter of the output.")
            .range(1, 16384)
            .log()
            .from("SimSiam, 3");
        return s;
    }();
    return table;
}

class SimSiam : public Method {
public:
    SimSiam(const SimSiamOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", simSiamProjector(m_backbone->featureSize(), options.hidden, options.output, options.layers));
        m_predictor = register_module("predictor", options.predictor ? simSiamPredictor(options.output, options.predictorHidden)
                                                                     : makeMlp({.layers = 0}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        StepOutput output;
        torch::Tensor z[2], p[2];
        for (std::size_t v = 0; v < 2; ++v) {
            const torch::Tensor h = m_backbone->forward(views.global[v]);
            z[v] = m_head->forward(h);
            if (v == 0) output.features = h.detach();
            p[v] = m_predictor->forward(z[v]);
        }
        output.terms = {{"total", negativeCosine(p[0], p[1], z[0], z[1], m_options.stopGradient)}};
        output.embedding = z[0].detach();
        output.perSample = -(rowCosines(p[0].detach(), z[1].detach()) + rowCosines(p[1].detach(), z[0].detach())) / 2;
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    /// Weight decay on everything, biases and norms too, as in the paper.
    std::vector<ParameterGroup> parameterGroups() const override
    {
        ParameterGroup rest, predictor;
        predictor.constantLearningRate = m_options.constantPredictorRate;
        for (const auto& parameter : named_parameters())
            if (parameter->requires_grad())
                (parameter.key().starts_with("predictor.") ? predictor : rest).parameters.emplace_back(parameter.key(), parameter.value());
        return {rest, predictor};
    }

private:
    SimSiamOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_predictor{nullptr};
};

}  // namespace

MethodInfo simSiamInfo()
{
    MethodInfo info;
    info.key = "simsiam";
    info.title = "SimSiam";
    info.year = 2020;
    info.reference = "Chen and He 2020, arXiv 2011.10566";
    info.doc = "Two views, one predictor, one stop-gradient: the least that learns without collapse.";
    info.schema = &simSiamSchema();
    info.failures = {
        {"stop_gradient", "false", "The loss goes to -1 and the effective rank to 1: every image gets one output or, a few of a hundred, its opposite."},
        {"predictor", "false", "Nothing is learnt: the gradient of the symmetrised loss only pulls views together."},
    };
    // The projections' batch norm has no shift, so their mean over a batch is 0 and they can never all be alike.
    info.embedding = "predictions of the first view, which are compared with the other view's projection";
    info.references = [](const OptionSet&, const MethodSetup&) -> std::vector<ReferenceLine> {
        return {{"total", -1, "agreement or collapse"}};
    };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<SimSiam>(simSiamSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
