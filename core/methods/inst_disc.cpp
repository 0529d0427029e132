// Instance discrimination: every image is a class of its own. A memory bank remembers one embedding an image; a new view shall
// be closer to its own entry than to those of other images.
// Paper: Wu, Xiong, Yu, Lin 2018, arXiv 1805.01978.
//
// Differs from the paper: the proximal term is a switch, off as in the authors' code, where the bank's momentum replaces it.
#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/info_nce.h"
#include "core/nn/memory_bank.h"
#include "core/nn/projection_head.h"
#include "core/nn/random_tensors.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct InstDiscOptions {
    double temperature = 0.1;
    int negatives = 4096;
    int output = 128;
    double bankMomentum = 0.5;
    double proximalWeight = 0;
};

const SchemaFor<InstDiscOptions>& instDiscSchema()
{
    static const auto table = [] {
        SchemaFor<InstDiscOptions> s;
        addTemperature(s).from("InstDisc, arXiv 1805.01978: 0.07 for ImageNet; code: 0.1 for CIFAR-10");
        s.add("negatives", &InstDiscOptions::negatives,
              "Bank entries an image is told apart from (noise contrast); 0: from all of them (softmax over the data set).")
            .range(0, 1e6)
            .log()
            .from("InstDisc, table 1: with 1 negative kNN is 43 %, with 4096 it is 80 %, with all 81 %");
        s.add("output", &InstDiscOptions::output, "Size of the remembered embeddings.").range(1, 16384).log();
        s.add("bank_momentum", &InstDiscOptions::bankMomentum,
              "Share of its old value a bank entry keeps; 0 without the proximal term lets entries jump from epoch to epoch.")
            .range(0, 0.999)
            .from("InstDisc, code: 0.5");
        s.add("proximal_weight", &InstDiscOptions::proximalWeight,
              "Weight of the squared distance to the image's entry of the last epoch; 0 leaves it out.")
            .range(0, 1000)
            .from("InstDisc, 3.3, equation 9");
        return s;
    }();
    return table;
}

class InstDisc : public Method {
public:
    InstDisc(const InstDiscOptions& options, const MethodSetup& setup) : m_options(options), m_count(setup.datasetSize)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.layers = 1, .in = m_backbone->featureSize(), .out = options.output, .lastBias = true}));
        m_bank = register_buffer("bank", freshBank(m_count, options.output));
        m_normalizer = register_buffer("normalizer", torch::zeros({1}));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        const torch::Tensor h = m_backbone->forward(views.global[0]), f = unitRows(m_head->forward(h));
        StepOutput output;
        torch::Tensor total, normalizer = m_normalizer;
        if (m_options.negatives == 0) {
            const InfoNce result = infoNce(bankScores(f, m_bank, m_options.temperature), views.indices);
            total = result.loss;
            output.perSample = result.perSample.detach();
            output.terms = {{"total", total}, {"accuracy", result.accuracy}};
        } else {
            Rng rng = context.rng;
            const torch::Tensor negatives = randomIndices(rng, m_count, {f.size(0), m_options.negatives}, f.device());
            const torch::Tensor scores = bankScores(f, m_bank, m_options.temperature, withOwnFirst(views.indices, negatives));
            const NoiseContrast result = noiseContrast(scores, m_normalizer, m_count);
            total = result.loss;
            normalizer = result.normalizer;
            output.perSample = result.perSample.detach();
            const torch::Tensor estimate = scores.detach().exp().mean() * static_cast<double>(m_count);
            output.terms = {{"total", total},
                            {"accuracy", (scores.detach().argmax(1) == 0).to(torch::kFloat).mean()},
                            {"normalizer_drift", (estimate / normalizer).squeeze()}};
        }
        if (m_options.proximalWeight > 0) {
            const torch::Tensor proximal = proximalTerm(f, m_bank, views.indices);
            output.terms.front().second = total + proximal * m_options.proximalWeight;
            output.terms.emplace_back("proximal", proximal.detach());
        }
        output.embedding = f.detach();
        output.features = h.detach();
        output.carried = {views.indices, output.embedding, normalizer};
        return output;
    }

    void afterStep(const StepOutput& output, const StepContext&) override
    {
        updateBank(m_bank, output.carried[0], output.carried[1], m_options.bankMomentum);
        m_normalizer.copy_(output.carried[2].view(1));  // estimated once, from then on the same
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    InstDiscOptions m_options;
    std::int64_t m_count;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
    torch::Tensor m_bank, m_normalizer;
};

std::vector<ReferenceLine> instDiscReferences(const OptionSet& set, const MethodSetup& setup)
{
    const InstDiscOptions options = instDiscSchema().read(set);
    if (options.negatives > 0) return {{"normalizer_drift", 1, "Z as estimated in step 1"}};
    return {{"total", std::log(static_cast<double>(setup.datasetSize)), "chance ln N"}};
}

}  // namespace

MethodInfo instDiscInfo()
{
    MethodInfo info;
    info.key = "inst_disc";
    info.title = "InstDisc";
    info.year = 2018;
    info.reference = "Wu et al. 2018, arXiv 1805.01978";
    info.doc = "Tells every image from all others by a memory bank of one embedding an image.";
    info.schema = &instDiscSchema();
    info.globalViews = 1;
    info.failures = {
        {"negatives", "1", "One negative tells too little: neighbours stay near those of the untrained network."},
        {"bank_momentum", "0", "Entries jump from epoch to epoch: the loss is noisy and falls more slowly."},
    };
    info.curves = {
        accuracyCurve("own bank entry"),
        {"normalizer_drift", CurveScale::Own, "Z estimated anew from this batch, divided by the one that step 1 fixed."},
        {"proximal", CurveScale::Own, "Squared distance of an embedding to its bank entry of the last epoch."},
    };
    info.embedding = "unit embeddings that the bank remembers";
    info.references = instDiscReferences;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<InstDisc>(instDiscSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
