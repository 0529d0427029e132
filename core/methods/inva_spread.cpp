// Invariant and spreading features: the batch itself holds the instances. Two copies of an image attract each other and each
// repels every other image, without a memory bank.
// Paper: Ye, Zhang, Yuen, Chang 2019, arXiv 1904.03436.
#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/inva_spread_loss.h"
#include "core/nn/projection_head.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct InvaSpreadOptions {
    double temperature = 0.1;
    double spread = 1;
    int output = 128;
    bool detachSecond = true;
};

const SchemaFor<InvaSpreadOptions>& invaSpreadSchema()
{
    static const auto table = [] {
        SchemaFor<InvaSpreadOptions> s;
        addTemperature(s).from("InvaSpread, arXiv 1904.03436: 0.05 to 0.1");
        s.add("spread", &InvaSpreadOptions::spread, "Weight of the term that repels other images; 0 leaves only the softmax to do it.")
            .range(0, 100)
            .live()
            .from("InvaSpread, equation 6");
        s.add("output", &InvaSpreadOptions::output, "Size of the embeddings that are compared.").range(1, 16384).log();
        s.add("detach_second", &InvaSpreadOptions::detachSecond,
              "Treats the second factor of every similarity as a constant, as the authors' code does; the paper doesn't say so.")
            .advanced();
        return s;
    }();
    return table;
}

class InvaSpread : public Method {
public:
    InvaSpread(const InvaSpreadOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.layers = 1, .in = m_backbone->featureSize(), .out = options.output, .lastBias = true}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor h = m_backbone->forward(torch::cat({views.global[0], views.global[1]}));
        const torch::Tensor x = unitRows(m_head->forward(h));  // (2B, D)
        StepOutput output;
        const torch::Tensor losses = invaSpreadLosses(x, m_options.temperature, m_options.spread, !m_options.detachSecond);
        output.terms = {{"total", losses.mean()}};
        output.perSample = losses.detach().view({2, -1}).mean(0);
        output.features = h.detach().chunk(2)[0];

        const FullPrecision guard;
        const std::vector<torch::Tensor> copies = x.detach().chunk(2);
        output.embedding = copies[0];
        output.similarity = copies[0].mm(copies[1].t());
        const torch::Tensor own = output.similarity.diagonal();
        output.terms.emplace_back("own_cosine", own.mean());
        output.terms.emplace_back("hardest_cosine", (output.similarity - torch::diag(own + 2)).amax(1).mean());
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
        if (key == "spread") m_options.spread = std::get<double>(value);
    }

private:
    InvaSpreadOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
};

}  // namespace

MethodInfo invaSpreadInfo()
{
    MethodInfo info;
    info.key = "inva_spread";
    info.title = "InvaSpread";
    info.year = 2019;
    info.reference = "Ye et al. 2019, arXiv 1904.03436";
    info.doc = "Pulls two copies of an image together and pushes the other images of the batch away, without a memory bank.";
    info.schema = &invaSpreadSchema();
    info.failures = {{"temperature", "10", "All similarities count alike: the two cosines stay close to each other."}};
    info.curves = {
        {"own_cosine", CurveScale::Share, "Mean cosine of an image's two copies: invariance."},
        {"hardest_cosine", CurveScale::Share, "Mean cosine of an image with the most similar other one: the smaller, the better they spread."},
    };
    info.embedding = "unit embeddings of the first copies";
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<InvaSpread>(invaSpreadSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
