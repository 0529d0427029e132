// SimCLR: two random views of an image shall be more similar to each other than to every other image of the batch.
// Backbone, then a small projection head whose output is compared; the head is thrown away afterwards.
// Paper: Chen, Kornblith, Norouzi, Hinton 2020, arXiv 2002.05709.
//
// Differs from the paper: batch norm sees one process's 2B views, not those of all devices; the loss is the paper's mean over
// 2B anchors, half of what the authors' code reports.
#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/nt_xent.h"
#include "core/nn/projection_head.h"

namespace selfsight {

namespace {

struct SimClrOptions {
    double temperature = 0.2;
    int layers = 2;
    int hidden = 512;
    int output = 128;
    HeadNorm headNorm = HeadNorm::Batch;
};

const SchemaFor<SimClrOptions>& simClrSchema()
{
    static const auto table = [] {
        SchemaFor<SimClrOptions> s;
        addTemperature(s).from("SimCLR, arXiv 2002.05709, table 5: 0.1 to 0.5 is best");
        s.add("layers", &SimClrOptions::layers,
              "Linear layers of the projection head; 0 compares the backbone's features themselves.")
            .range(0, 4)
            .from("SimCLR, 4.2: 2 is 3 points better than 1 and more than 10 better than 0");
        addHeadSizes(s);
        s.addChoice("head_norm", &SimClrOptions::headNorm, {{"none", HeadNorm::None}, {"batch", HeadNorm::Batch}},
                    "Batch norm after every linear layer of the head, as in the authors' code, or none, as in the paper.")
            .advanced();
        return s;
    }();
    return table;
}

torch::nn::Sequential simClrHead(const SimClrOptions& options, std::int64_t features)
{
    const bool norm = options.headNorm != HeadNorm::None;
    return makeMlp({.layers = options.layers,
                    .in = features,
                    .hidden = options.hidden,
                    .out = options.output,
                    .hiddenNorm = norm ? HeadNorm::Batch : HeadNorm::None,
                    .lastNorm = norm ? HeadNorm::BatchNoShift : HeadNorm::None,
                    .hiddenBias = !norm,
                    .lastBias = !norm});
}

class SimClr : public Method {
public:
    SimClr(const SimClrOptions& options, const MethodSetup& setup) : m_temperature(options.temperature)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", simClrHead(options, m_backbone->featureSize()));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        // One forward of both views: batch norm sees 2B images, as in the authors' code.
        const torch::Tensor h = m_backbone->forward(torch::cat({views.global[0], views.global[1]}));
        const std::vector<torch::Tensor> z = m_head->forward(h).chunk(2);  // two of (B, D)
        NtXent result = ntXent(z[0], z[1], m_temperature);

        StepOutput output;
        output.terms = {{"total", result.loss}, {"accuracy", result.accuracy}};
        output.embedding = z[0].detach();
        output.features = h.detach().chunk(2)[0];
        output.perSample = result.perSample;
        output.similarity = result.similarity;
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_temperature = std::get<double>(value);
    }

private:
    double m_temperature;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
};

std::vector<ReferenceLine> simClrReferences(const OptionSet&, const MethodSetup& setup)
{
    const double candidates = 2.0 * static_cast<double>(setup.batchSize) - 1;
    return {{"total", std::log(candidates), "chance ln(2B-1)"}, {"accuracy", 1 / candidates, "chance 1/(2B-1)"}};
}

}  // namespace

MethodInfo simclrInfo()
{
    MethodInfo info;
    info.key = "simclr";
    info.title = "SimCLR";
    info.year = 2020;
    info.reference = "Chen et al. 2020, arXiv 2002.05709";
    info.doc = "Pulls two views of an image together and pushes all other images of the batch away.";
    info.schema = &simClrSchema();
    info.failures = {
        {"temperature", "10", "All similarities count alike: the loss stays near chance and neighbours stop sharing a class."},
        {"layers", "0",
         "Without a projection head the features themselves lose what the views don't share: kNN falls by several points."},
    };
    info.curves = {accuracyCurve("own other view, among all of the batch,")};
    info.embedding = "projections of the first view";
    info.references = simClrReferences;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<SimClr>(simClrSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
