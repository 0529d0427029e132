// VICReg: two views shall have equal outputs (invariance), every dimension shall vary over the batch (variance) and no two shall
// vary together (covariance). Each term is explicit, so each can be taken away.
// Paper: Bardes, Ponce, LeCun 2021, arXiv 2105.04906.
#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/projection_head.h"
#include "core/nn/redundancy.h"

namespace selfsight {

namespace {

struct VicregOptions {
    double invarianceWeight = 25;
    double varianceWeight = 25;
    double covarianceWeight = 1;
    bool summedVariance = false;
    int layers = 3;
    int hidden = 1024;
    int output = 1024;
};

const SchemaFor<VicregOptions>& vicregSchema()
{
    static const auto table = [] {
        SchemaFor<VicregOptions> s;
        s.add("invariance_weight", &VicregOptions::invarianceWeight, "Weight of the squared distance of the two views' outputs.")
            .range(0, 1000)
            .live();
        s.add("variance_weight", &VicregOptions::varianceWeight,
              "Weight of the hinge that keeps every dimension's deviation above 1; at 0 all outputs become one.")
            .range(0, 1000)
            .live()
            .from("VICReg, arXiv 2105.04906, table 7: collapse without");
        s.add("covariance_weight", &VicregOptions::covarianceWeight,
              "Weight of the term that decorrelates dimensions; at 0 the effective rank stays low.")
            .range(0, 1000)
            .live();
        s.add("summed_variance", &VicregOptions::summedVariance,
              "Adds the hinges of both views as the paper writes it, instead of their mean as the authors' code does.")
            .advanced();
        s.add("layers", &VicregOptions::layers, "Linear layers of the expander.").range(1, 4);
        addHeadSizes(s);
        return s;
    }();
    return table;
}

class Vicreg : public Method {
public:
    Vicreg(const VicregOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.layers = options.layers, .in = m_backbone->featureSize(), .hidden = options.hidden,
                                                  .out = options.output, .hiddenBias = true}));
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
        const VicregLoss result = vicregLoss(z[0], z[1], {m_options.invarianceWeight, m_options.varianceWeight, m_options.covarianceWeight},
                                             1e-4, m_options.summedVariance);
        output.terms = {{"total", result.loss},
                        {"invariance", result.invariance.detach()},
                        {"variance_hinge", (result.variance[0] + result.variance[1]).detach() / 2},
                        {"covariance", (result.covariance[0] + result.covariance[1]).detach()}};
        output.embedding = z[0].detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "invariance_weight") m_options.invarianceWeight = std::get<double>(value);
        if (key == "variance_weight") m_options.varianceWeight = std::get<double>(value);
        if (key == "covariance_weight") m_options.covarianceWeight = std::get<double>(value);
    }

private:
    VicregOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
};

}  // namespace

MethodInfo vicregInfo()
{
    MethodInfo info;
    info.key = "vicreg";
    info.title = "VICReg";
    info.year = 2021;
    info.reference = "Bardes et al. 2021, arXiv 2105.04906";
    info.doc = "Invariance, variance and covariance, each a term of its own.";
    info.schema = &vicregSchema();
    info.failures = {
        {"variance_weight", "0", "Nothing keeps outputs apart: the hinge rises to 0.99 and the outputs' standard deviation falls to 0."},
        {"covariance_weight", "0", "Dimensions repeat each other: the effective rank stays low."},
    };
    info.curves = {
        {"invariance", CurveScale::Own, "Mean squared difference of the two views' outputs, before its weight."},
        {"variance_hinge", CurveScale::Own, "How far the deviations of the dimensions fall short of 1, before its weight."},
        {"covariance", CurveScale::Own, "Squared covariances of different dimensions, before their weight."},
    };
    info.embedding = "expanded outputs of the first view, as they are: their standard deviation, which shall be 1";
    info.lengthMatters = true;
    info.references = [](const OptionSet&, const MethodSetup&) -> std::vector<ReferenceLine> {
        return {{"variance_hinge", 0.99, "collapse"}};
    };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Vicreg>(vicregSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
