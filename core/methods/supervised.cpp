// Plain supervised classification: the line that every self-supervised method is compared with, and, begun with a trained
// network's weights, fine-tuning and the linear probe with augmentation. Papers: SimCLR v2, arXiv 2006.10029, 2 (fine-tuning from
// a layer of the projection head, with few labels).
#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/classifier.h"
#include "core/nn/info_nce.h"
#include "core/nn/precision.h"
#include "core/nn/projection_head.h"

namespace selfsight
{

namespace
{

struct SupervisedOptions {
    double labelSmoothing = 0;
    double labelShare = 1;
    std::int64_t labelSeed = 1;
    std::int64_t headLayers = 0;
    std::int64_t headHidden = 512;
    bool headBatchNorm = true;
    bool headBias = false;
    bool zeroClassifier = false;
    bool freezeEncoder = false;
};

const SchemaFor<SupervisedOptions>& supervisedSchema()
{
    static const auto table = [] {
        SchemaFor<SupervisedOptions> s;
        s.add("label_smoothing", &SupervisedOptions::labelSmoothing, "Share of the target that is spread over all classes.")
            .range(0, 0.99)
            .from("Szegedy et al. 2015, arXiv 1512.00567, 7");
        addLabelBudget(s, "Share of the labels that it is told, as many of each class; it trains on these images alone.");
        s.add("head_layers", &SupervisedOptions::headLayers,
              "Layers of the projection head that stay between backbone and classifier, with the weights of train.init_weights.")
            .range(0, 5)
            .from("SimCLR v2, 2: 1 for few labels")
            .advanced();
        s.add("head_hidden", &SupervisedOptions::headHidden, "Width of these layers.").range(1, 16384).advanced();
        s.add("head_batch_norm", &SupervisedOptions::headBatchNorm, "Whether batch norm follows each of these layers.")
            .advanced();
        s.add("head_bias", &SupervisedOptions::headBias, "Whether these layers have a bias.").advanced();
        s.add("zero_classifier", &SupervisedOptions::zeroClassifier,
              "The classifier begins at 0, so that a trained network is not shaken at first.")
            .from("SimCLR v2, code")
            .advanced();
        s.add("freeze_encoder", &SupervisedOptions::freezeEncoder,
              "Only the classifier learns: a linear probe with augmentation.")
            .advanced();
        return s;
    }();
    return table;
}

class Supervised : public Method
{
public:
    Supervised(const SupervisedOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        const std::int64_t in = options.headLayers > 0 ? options.headHidden : m_backbone->featureSize();
        m_head = register_module("head", makeKeptHead({.layers = options.headLayers,
                                                       .hidden = options.headHidden,
                                                       .batchNorm = options.headBatchNorm,
                                                       .bias = options.headBias},
                                                      m_backbone->featureSize()));
        m_classifier = register_module(
            "classifier", makeMlp({.layers = 1, .in = in, .out = std::max<std::int64_t>(1, setup.classes), .lastBias = true}));
        const torch::NoGradGuard noGradients;
        if (options.zeroClassifier)
            for (torch::Tensor& parameter : m_classifier->parameters()) parameter.zero_();
        if (options.freezeEncoder)
            for (auto& module : {m_backbone->parameters(), m_head->parameters()})
                for (torch::Tensor parameter : module) parameter.set_requires_grad(false);
    }

    void train(bool on = true) override
    {
        Method::train(on);
        if (!m_options.freezeEncoder) return;
        m_backbone->eval();
        m_head->eval();
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor h = features(views.global[0]);
        const torch::Tensor logits = atLeastFloat(m_classifier->forward(h));  // (B, classes)
        const InfoNce result = infoNce(logits, views.labels);
        const torch::Tensor even = -torch::log_softmax(logits, 1).mean(1);
        const torch::Tensor losses = result.perSample * (1 - m_options.labelSmoothing) + even * m_options.labelSmoothing;  // (B)
        StepOutput output;
        output.terms = {{"total", losses.mean()},
                        {"accuracy", result.accuracy}};
        output.embedding = h.detach();
        output.perSample = losses.detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_head->forward(m_backbone->forward(images)); }
    torch::Tensor logits(const torch::Tensor& images) override { return atLeastFloat(m_classifier->forward(features(images))); }

private:
    SupervisedOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_classifier{nullptr};
};

}  // namespace

MethodInfo supervisedInfo()
{
    MethodInfo info;
    info.key = "supervised";
    info.title = "Supervised";
    info.year = 2012;
    info.reference = "Krizhevsky et al. 2012";
    info.doc =
        "Learns the labels: the reference that methods without labels are measured by, and how a trained network is fine-tuned.";
    info.schema = &supervisedSchema();
    info.globalViews = 1;
    info.usesLabels = true;
    info.curves = {{"accuracy", CurveScale::Share, "Share of the images of the batch that are given their class."}};
    info.embedding = "encoder's features";
    info.encoder = {"backbone", "head"};
    info.beginsWithHead = true;
    info.labelBudget = [](const OptionSet& set) {
        const SupervisedOptions options = supervisedSchema().read(set);
        return LabelBudget{options.labelShare, options.labelSeed};
    };
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
