// MoCo v3: MoCo without a queue, for large batches and vision transformers. Each view's prediction shall match the slow
// encoder's projection of the other view, among those of the whole batch.
// Paper: Chen, Xie, He 2021, arXiv 2104.02057.
#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/info_nce.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/projection_head.h"

namespace selfsight {

namespace {

struct MocoV3Options {
    double temperature = 0.2;
    double momentum = 0.99;
    double finalMomentum = 1;
    int layers = 2;
    int hidden = 1024;
    int output = 256;
    bool predictor = true;
    bool predictorNorm = false;
};

const SchemaFor<MocoV3Options>& mocoV3Schema()
{
    static const auto table = [] {
        SchemaFor<MocoV3Options> s;
        addTemperature(s).from("MoCo v3, arXiv 2104.02057, code: 1.0 for ResNet-50, 0.2 for ViT");
        addMomentum(s, "MoCo v3, table 9: 0 costs 2 points, 0.99 is best");
        s.add("layers", &MocoV3Options::layers, "Linear layers of the projector: 2 on a ResNet, 3 on a ViT.").range(1, 4);
        addHeadSizes(s);
        s.add("predictor", &MocoV3Options::predictor, "The small network on the queries; without it a point is lost, nothing collapses.")
            .from("MoCo v3, table 8");
        s.add("predictor_norm", &MocoV3Options::predictorNorm, "Batch norm on the predictor's output: on for a ViT, off for a ResNet.")
            .from("MoCo v3, code");
        return s;
    }();
    return table;
}

class MocoV3 : public Method {
public:
    MocoV3(const MocoV3Options& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", projector());
        m_predictor = register_module(
            "predictor", makeMlp({.layers = options.predictor ? 2 : 0, .in = options.output, .hidden = options.hidden, .out = options.output,
                                  .lastNorm = options.predictorNorm ? HeadNorm::BatchNoAffine : HeadNorm::None}));
        m_keys = register_module("keys", std::make_shared<MomentumEncoder>(setup.makeBackbone(), projector(), m_backbone, m_head));
    }

    /// The slow encoder moves before it computes keys, as in the authors' code.
    void beforeStep(const StepContext& context) override
    {
        m_keys->follow(momentumAt(m_options.momentum, m_options.finalMomentum, context.step, context.totalSteps));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        torch::Tensor h[2], q[2], k[2];
        for (std::size_t v = 0; v < 2; ++v) {
            h[v] = m_backbone->forward(views.global[v]);
            q[v] = m_predictor->forward(m_head->forward(h[v]));
            k[v] = m_keys->forward(views.global[v]);
        }
        const InfoNce first = batchInfoNce(q[0], k[1], m_options.temperature), second = batchInfoNce(q[1], k[0], m_options.temperature);
        StepOutput output;
        output.terms = {{"total", first.loss + second.loss},
                        {"accuracy", (first.accuracy + second.accuracy) / 2},
                        {"encoder_distance", m_keys->distance()}};
        output.embedding = q[0].detach();
        output.features = h[0].detach();
        output.perSample = (first.perSample + second.perSample).detach() * (2 * m_options.temperature);
        output.similarity = first.logits.detach() * m_options.temperature;
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    torch::nn::Sequential projector() const
    {
        return makeMlp({.layers = m_options.layers, .in = m_backbone->featureSize(), .hidden = m_options.hidden,
                        .out = m_options.output, .lastNorm = HeadNorm::BatchNoAffine});
    }

    MocoV3Options m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_predictor{nullptr};
    std::shared_ptr<MomentumEncoder> m_keys;
};

std::vector<ReferenceLine> mocoV3References(const OptionSet& set, const MethodSetup& setup)
{
    const auto batch = static_cast<double>(setup.batchSize);
    return {{"total", 4 * mocoV3Schema().read(set).temperature * std::log(batch), "chance 4T ln B"}, {"accuracy", 1 / batch, "chance 1/B"}};
}

}  // namespace

MethodInfo mocoV3Info()
{
    MethodInfo info;
    info.key = "moco_v3";
    info.title = "MoCo v3";
    info.year = 2021;
    info.reference = "Chen, Xie and He 2021, arXiv 2104.02057";
    info.doc = "Matches predictions with a slow encoder's projections over the batch; made for vision transformers.";
    info.schema = &mocoV3Schema();
    info.failures = {
        {"temperature", "10", "All similarities count alike: the accuracy of picking the key stays low."},
        {"momentum", "0", "Keys move as fast as queries: two points are lost in the paper, more in short runs."},
    };
    info.curves = {accuracyCurve("own key, among the batch's,"), encoderDistanceCurve()};
    info.embedding = "predictions of the first view";
    info.references = mocoV3References;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<MocoV3>(mocoV3Schema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
