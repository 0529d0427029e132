// Contrastive multiview coding: different sights of one image, such as its lightness and its colours, each with a network of its
// own, shall be told to belong together among thousands that don't.
// Paper: Tian, Krishnan, Isola 2019, arXiv 1906.05849.
//
// Differs from the paper: a network sees the image with the channels of the other sights set to 0 instead of fewer channels,
// which is the same function. The chain must convert to the colour space (`color_space`, then `normalize`).
#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/info_nce.h"
#include "core/nn/memory_bank.h"
#include "core/nn/projection_head.h"
#include "core/nn/random_tensors.h"
#include "core/nn/sights.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct CmcOptions {
    double temperature = 0.07;
    SightSplit split = SightSplit::LightnessColour;
    bool fullGraph = true;
    int negatives = 4096;
    bool softmax = false;
    int output = 128;
    double bankMomentum = 0.5;
};

const SchemaFor<CmcOptions>& cmcSchema()
{
    static const auto table = [] {
        SchemaFor<CmcOptions> s;
        addTemperature(s).from("CMC, arXiv 1906.05849: 0.07");
        s.addChoice("split", &CmcOptions::split,
                    {{"l_ab", SightSplit::LightnessColour}, {"l_a_b", SightSplit::Channels}, {"rgb_edges", SightSplit::ImageEdges}},
                    "The sights: first channel and the other two; three channels; the image and its edges. Each has a network.")
            .from("CMC, 4.1 and 4.4");
        s.add("full_graph", &CmcOptions::fullGraph, "All pairs of sights are compared; off: only the first with each other one.")
            .from("CMC, 3.5: the full graph is better");
        s.add("negatives", &CmcOptions::negatives, "Bank entries an image is told apart from.")
            .range(1, 1e6)
            .log()
            .from("CMC, 4.5 and code: 4096 to 16384");
        s.add("softmax", &CmcOptions::softmax, "Cross entropy over the drawn entries instead of noise contrast.").from("CMC, code");
        s.add("output", &CmcOptions::output, "Size of the remembered embeddings.").range(1, 16384).log();
        s.add("bank_momentum", &CmcOptions::bankMomentum, "Share of its old value a bank entry keeps.").range(0, 0.999).from("CMC, code: 0.5");
        return s;
    }();
    return table;
}

class Cmc : public Method {
public:
    Cmc(const CmcOptions& options, const MethodSetup& setup) : m_options(options), m_count(setup.datasetSize)
    {
        for (const std::string& name : sightNames(options.split)) {
            Sight sight;
            sight.name = name;
            sight.backbone = register_module("backbone_" + name, setup.makeBackbone());
            sight.head = register_module("head_" + name, makeMlp({.layers = 1, .in = sight.backbone->featureSize(), .out = options.output, .lastBias = true}));
            sight.bank = register_buffer("bank_" + name, freshBank(m_count, options.output));
            m_sights.push_back(sight);
        }
        for (const auto& [i, j] : pairs()) {
            const std::string name = "normalizer_" + m_sights[i].name + '_' + m_sights[j].name;
            m_normalizers.push_back(register_buffer(name, torch::zeros({1})));
        }
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        const std::vector<torch::Tensor> images = sights(views.global[0], m_options.split);
        std::vector<torch::Tensor> embeddings, features;
        for (std::size_t i = 0; i < m_sights.size(); ++i) {
            const torch::Tensor h = m_sights[i].backbone->forward(images[i]);
            embeddings.push_back(unitRows(m_sights[i].head->forward(h)));
            features.push_back(unitRows(h.detach()));
        }

        Rng rng = context.rng;
        const torch::Tensor negatives = randomIndices(rng, m_count, {views.indices.size(0), m_options.negatives}, views.indices.device());
        const torch::Tensor chosen = withOwnFirst(views.indices, negatives);
        StepOutput output;
        output.terms = {{"total", {}}};
        output.carried = {views.indices};
        for (const torch::Tensor& x : embeddings) output.carried.push_back(x.detach());
        torch::Tensor total;
        std::vector<torch::Tensor> accuracy;
        const auto all = pairs();
        for (std::size_t p = 0; p < all.size(); ++p) {
            const auto& [i, j] = all[p];
            const torch::Tensor scores = bankScores(embeddings[i], m_sights[j].bank, m_options.temperature, chosen);
            torch::Tensor losses, normalizer = m_normalizers[p];
            accuracy.push_back((scores.detach().argmax(1) == 0).to(torch::kFloat).mean());
            if (m_options.softmax) {
                losses = infoNce(scores, torch::zeros_like(views.indices)).perSample;
            } else {
                const NoiseContrast result = noiseContrast(scores, normalizer, m_count);
                losses = result.perSample;
                normalizer = result.normalizer.view(1);
            }
            total = total.defined() ? total + losses : losses;
            output.terms.emplace_back(m_sights[i].name + "_to_" + m_sights[j].name, losses.detach().mean());
            output.carried.push_back(normalizer);
        }
        output.terms.front().second = total.mean();
        output.perSample = total.detach();
        output.terms.emplace_back("accuracy", torch::stack(accuracy).mean());
        output.embedding = output.carried[1];
        output.features = torch::cat(features, 1);
        return output;
    }

    void afterStep(const StepOutput& output, const StepContext&) override
    {
        for (std::size_t i = 0; i < m_sights.size(); ++i)
            updateBank(m_sights[i].bank, output.carried[0], output.carried[1 + i], m_options.bankMomentum);
        for (std::size_t p = 0; p < m_normalizers.size(); ++p) m_normalizers[p].copy_(output.carried[1 + m_sights.size() + p]);
    }

    /// The features of all sights, side by side.
    torch::Tensor features(const torch::Tensor& images) override
    {
        const std::vector<torch::Tensor> seen = sights(images, m_options.split);
        std::vector<torch::Tensor> parts;
        for (std::size_t i = 0; i < m_sights.size(); ++i) parts.push_back(unitRows(m_sights[i].backbone->forward(seen[i])));
        return torch::cat(parts, 1);
    }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    struct Sight {
        std::string name;
        std::shared_ptr<Backbone> backbone;
        torch::nn::Sequential head{nullptr};
        torch::Tensor bank;
    };

    /// (i, j): embeddings of sight i against the bank of sight j.
    std::vector<std::pair<std::size_t, std::size_t>> pairs() const
    {
        std::vector<std::pair<std::size_t, std::size_t>> all;
        for (std::size_t i = 0; i < m_sights.size(); ++i)
            for (std::size_t j = 0; j < m_sights.size(); ++j)
                if (i != j && (m_options.fullGraph || i == 0 || j == 0)) all.emplace_back(i, j);
        return all;
    }

    CmcOptions m_options;
    std::int64_t m_count;
    std::vector<Sight> m_sights;
    std::vector<torch::Tensor> m_normalizers;
};

std::vector<ReferenceLine> cmcReferences(const OptionSet& set, const MethodSetup&)
{
    const CmcOptions options = cmcSchema().read(set);
    const double candidates = 1.0 + options.negatives;
    std::vector<ReferenceLine> lines = {{"accuracy", 1 / candidates, "chance 1/(1+K)"}};
    if (!options.softmax) return lines;
    const std::size_t sights = sightNames(options.split).size(), pairs = options.fullGraph ? sights * (sights - 1) : 2 * (sights - 1);
    lines.push_back({"total", static_cast<double>(pairs) * std::log(candidates), "chance"});
    return lines;
}

std::vector<CurveInfo> cmcCurves()
{
    std::vector<CurveInfo> curves = {accuracyCurve("own bank entry, over all pairs of sights,")};
    for (const SightSplit split : {SightSplit::LightnessColour, SightSplit::Channels, SightSplit::ImageEdges})
        for (const std::string& name : sightNames(split))
            curves.push_back({name + "_to_*", CurveScale::Loss, "Loss of the sight " + name + " against the bank of the other."});
    return curves;
}

}  // namespace

MethodInfo cmcInfo()
{
    MethodInfo info;
    info.key = "cmc";
    info.title = "CMC";
    info.year = 2019;
    info.reference = "Tian et al. 2019, arXiv 1906.05849";
    info.doc = "Contrasts sights of one image, such as lightness and colour, each with its own network and memory bank.";
    info.schema = &cmcSchema();
    info.globalViews = 1;
    info.failures = {{"negatives", "1", "One negative tells too little: neighbours stay near those of the untrained network."}};
    info.curves = cmcCurves();
    info.embedding = "unit embeddings of the first sight";
    info.encoder = {"backbone_*"};
    info.references = cmcReferences;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Cmc>(cmcSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
