// Plain supervised classification: the line that every self-supervised method is compared with.
#include <cmath>

#include "core/methods/entries.h"
#include "core/nn/info_nce.h"
#include "core/nn/precision.h"
#include "core/nn/projection_head.h"

namespace selfsight {

namespace {

struct SupervisedOptions {
    double labelSmoothing = 0;
};

const SchemaFor<SupervisedOptions>& supervisedSchema()
{
    static const auto table = [] {
        SchemaFor<SupervisedOptions> s;
        s.add("label_smoothing", &SupervisedOptions::labelSmoothing, "Share of the target that is spread over all classes.")
            .range(0, 0.99)
            .from("Szegedy et al. 2015, arXiv 1512.00567, 7");
        return s;
    }();
    return table;
}

class Supervised : public Method {
public:
    Supervised(const SupervisedOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_classifier = register_module(
            "classifier", makeMlp({.layers = 1, .in = m_backbone->featureSize(), .out = std::max<std::int64_t>(1, setup.classes), .lastBias = true}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor h = m_backbone->forward(views.global[0]);
        const torch::Tensor logits = atLeastFloat(m_classifier->forward(h));  // (B, classes)
        const InfoNce result = infoNce(logits, views.labels);
        const torch::Tensor even = -torch::log_softmax(logits, 1).mean();
        StepOutput output;
        output.terms = {{"total", result.loss * (1 - m_options.labelSmoothing) + even * m_options.labelSmoothing}, {"accuracy", result.accuracy}};
        output.embedding = h.detach();
        output.perSample = result.perSample.detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

private:
    SupervisedOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_classifier{nullptr};
};

}  // namespace

MethodInfo supervisedInfo()
{
    MethodInfo info;
    info.key = "supervised";
    info.title = "Supervised";
    info.year = 2012;
    info.reference = "Krizhevsky et al. 2012";
    info.doc = "Learns the labels: the reference that methods without labels are measured by.";
    info.schema = &supervisedSchema();
    info.globalViews = 1;
    info.usesLabels = true;
    info.curves = {{"accuracy", CurveScale::Share, "Share of the images of the batch that are given their class."}};
    info.embedding = "backbone's features";
    info.references = [](const OptionSet&, const MethodSetup& setup) -> std::vector<ReferenceLine> {
        if (setup.classes < 2) return {};
        const auto classes = static_cast<double>(setup.classes);
        return {{"total", std::log(classes), "chance ln C"}, {"accuracy", 1 / classes, "chance 1/C"}};
    };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Supervised>(supervisedSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
