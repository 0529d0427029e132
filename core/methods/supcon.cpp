// Supervised contrastive learning: SimCLR that is told the labels. Every image of the class is a positive.
// Paper: Khosla et al. 2020, arXiv 2004.11362.
#include "core/nn/sup_con.h"

#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/projection_head.h"

namespace selfsight {

namespace {

struct SupConOptions {
    double temperature = 0.1;
    bool sumInside = false;
    int hidden = 512;
    int output = 128;
};

const SchemaFor<SupConOptions>& supConSchema()
{
    static const auto table = [] {
        SchemaFor<SupConOptions> s;
        addTemperature(s).from("SupCon, arXiv 2004.11362: 0.1");
        s.add("sum_inside", &SupConOptions::sumInside, "The logarithm of the sum over positives instead of the mean of logarithms.")
            .from("SupCon, table 1: 11 points less")
            .advanced();
        addHeadSizes(s);
        return s;
    }();
    return table;
}

class SupCon : public Method {
public:
    SupCon(const SupConOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.in = m_backbone->featureSize(), .hidden = options.hidden, .out = options.output,
                                                  .hiddenNorm = HeadNorm::None, .hiddenBias = true, .lastBias = true}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor h = m_backbone->forward(torch::cat({views.global[0], views.global[1]}));
        const torch::Tensor z = m_head->forward(h);
        StepOutput output;
        const torch::Tensor losses = supConLosses(z, torch::cat({views.labels, views.labels}), m_options.temperature, m_options.sumInside);
        output.terms = {{"total", losses.mean()}};
        output.perSample = losses.detach().view({2, -1}).mean(0);
        output.embedding = z.detach().chunk(2)[0];
        output.features = h.detach().chunk(2)[0];
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    SupConOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
};

}  // namespace

MethodInfo supConInfo()
{
    MethodInfo info;
    info.key = "supcon";
    info.title = "SupCon";
    info.year = 2020;
    info.reference = "Khosla et al. 2020, arXiv 2004.11362";
    info.doc = "SimCLR that knows the labels: all images of a class attract.";
    info.schema = &supConSchema();
    info.usesLabels = true;
    info.failures = {{"temperature", "10", "All similarities count alike: the loss stays near chance."}};
    info.embedding = "projections of the first view";
    info.references = [](const OptionSet&, const MethodSetup& setup) -> std::vector<ReferenceLine> {
        return {{"total", std::log(2.0 * static_cast<double>(setup.batchSize) - 1), "chance ln(2B-1)"}};
    };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<SupCon>(supConSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
