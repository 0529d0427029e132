// Contrastive predictive coding on signals: a recurrent network sums up what has been heard, and what comes next shall be
// recognised among other stretches of sound.
// Paper: van den Oord, Li, Vinyals 2018, arXiv 1807.03748.
//
// Differs from the paper: every latent of the batch is a candidate, none is drawn; similarities are divided by the square root of
// a latent's size; the network starts with weights that keep a signal's size through its layers.
#include <fmt/format.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/methods/entries.h"
#include "core/nn/grid_context.h"
#include "core/nn/sequence_nce.h"
#include "core/nn/signal_encoder.h"

namespace selfsight {

namespace {

enum class ContextPool { Mean, Last };

struct CpcSequenceOptions {
    int contextSize = 256;
    int horizon = 12;
    SequenceNegatives negatives = SequenceNegatives::Batch;
    ContextPool pool = ContextPool::Mean;
};

const SchemaFor<CpcSequenceOptions>& cpcSequenceSchema()
{
    static const auto table = [] {
        SchemaFor<CpcSequenceOptions> s;
        s.add("context_size", &CpcSequenceOptions::contextSize, "Size of the summary of what has been heard.")
            .range(1, 4096)
            .log()
            .from("CPC, arXiv 1807.03748, 3.1: 256");
        s.add("horizon", &CpcSequenceOptions::horizon, "How many latents ahead are predicted, each with a matrix of its own.")
            .range(1, 64)
            .from("CPC, table 2: 12; 2 is far worse");
        s.addChoice("negatives", &CpcSequenceOptions::negatives,
                    {{"batch", SequenceNegatives::Batch}, {"own_sequence", SequenceNegatives::Own}, {"other_sequences", SequenceNegatives::Others}},
                    "Among what the right latent is recognised: all latents of the batch, those of its own window, or it and those of other "
                    "windows.")
            .from("CPC, table 2: phones 64.6, 65.2 and 57.3 %");
        s.addChoice("pool", &CpcSequenceOptions::pool, {{"mean", ContextPool::Mean}, {"last", ContextPool::Last}},
                    "Features of a window: the mean of its summaries, or the last one, which has heard all of it.")
            .advanced();
        return s;
    }();
    return table;
}

std::shared_ptr<SignalEncoder> makeSignalEncoder(const MethodSetup& setup)
{
    auto encoder = std::dynamic_pointer_cast<SignalEncoder>(setup.makeBackbone());
    if (!encoder) throw Error("backbone.type", "this method learns from signals", "Choose conv1d.");
    return encoder;
}

std::int64_t latentsOf(const MethodSetup& setup)
{
    return latentCount(signalEncoderSchema().read(setup.backbone), setup.sampleShape.back());
}

std::int64_t candidatesOf(const OptionSet& set, const MethodSetup& setup)
{
    return sequenceCandidates(cpcSequenceSchema().read(set).negatives, setup.batchSize, latentsOf(setup));
}

class CpcSequence : public Method {
public:
    CpcSequence(const CpcSequenceOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", makeSignalEncoder(setup));
        const std::int64_t size = m_backbone->featureSize();
        m_context = register_module("context", makeGridContext(ContextKind::Gru, size, options.contextSize));
        for (int k = 1; k <= options.horizon; ++k)
            m_predictors.push_back(register_module(fmt::format("predict{}", k),
                                                   torch::nn::Linear(torch::nn::LinearOptions(options.contextSize, size).bias(false))));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor z = m_backbone->latents(views.global[0]);  // (B, L, D)
        const torch::Tensor c = summaries(z);                          // (B, L, C): up to each place
        const double scale = 1 / std::sqrt(static_cast<double>(z.size(2)));
        StepOutput output;
        output.terms = {{"total", {}}, {"information", {}}};
        torch::Tensor total;
        for (std::int64_t k = 1; k <= m_options.horizon; ++k) {
            const torch::Tensor predicted = m_predictors[static_cast<std::size_t>(k - 1)]->forward(c.narrow(1, 0, z.size(1) - k));
            const InfoNce result = sequenceInfoNce(predicted, z, k, m_options.negatives, scale);
            const torch::Tensor losses = result.perSample.view({z.size(0), -1}).mean(1);  // (B)
            total = total.defined() ? total + losses : losses;
            output.terms.emplace_back(fmt::format("accuracy_{}", k), result.accuracy);
        }
        total = total / static_cast<double>(m_options.horizon);
        const auto candidates = static_cast<double>(sequenceCandidates(m_options.negatives, z.size(0), z.size(1)));
        output.terms[0].second = total.mean();
        output.terms[1].second = std::log(candidates) - total.detach().mean();
        output.perSample = total.detach();
        output.embedding = pooled(c).detach();
        return output;
    }

    /// What the paper probes: the summary.
    torch::Tensor features(const torch::Tensor& signals) override { return pooled(summaries(m_backbone->latents(signals))); }

private:
    torch::Tensor summaries(const torch::Tensor& latents) { return m_context->forward(latents.unsqueeze(2)).squeeze(2); }  // a grid of one column
    torch::Tensor pooled(const torch::Tensor& c) const { return m_options.pool == ContextPool::Mean ? c.mean(1) : c.select(1, -1); }

    CpcSequenceOptions m_options;
    std::shared_ptr<SignalEncoder> m_backbone;
    std::shared_ptr<GridContext> m_context;
    std::vector<torch::nn::Linear> m_predictors;
};

std::vector<Conflict> cpcSequenceConflicts(const OptionSet& set, const MethodSetup& setup)
{
    const std::int64_t latents = latentsOf(setup), horizon = cpcSequenceSchema().read(set).horizon;
    if (latents == 0 || latents > horizon) return {};  // with no latent at all, the backbone says what is wrong
    return {{"method.horizon", "views.global.size",
             fmt::format("a window of {} samples gives {} latents, too few to predict {} further on", setup.sampleShape.back(), latents, horizon),
             latents > 1 ? std::to_string(std::max<std::int64_t>(1, latents / 2)) : "a longer window"}};
}

}  // namespace

MethodInfo cpcSequenceInfo()
{
    MethodInfo info;
    info.key = "cpc_sequence";
    info.title = "CPC on signals";
    info.year = 2018;
    info.reference = "van den Oord et al. 2018, arXiv 1807.03748";
    info.doc = "Listens to a signal and recognises what comes next among other stretches of sound.";
    info.schema = &cpcSequenceSchema();
    info.globalViews = 1;
    info.samples = SampleKind::Signal;
    info.failures = {
        {"horizon", "1", "The next latent hears partly the same samples: it is recognised at once, and neighbours share nothing else."},
        {"negatives", "own_sequence", "Every candidate has the same speaker: nothing rewards hearing who it is, and the speakers' kNN falls."},
    };
    info.curves = {
        {"information", CurveScale::Loss, "Information between what was heard and what comes, in nats at least: ln N less the loss, never above ln N."},
        {"accuracy_*", CurveScale::Share, "Share of the latents so many places ahead that are picked out of all candidates."},
    };
    info.embedding = "summaries, pooled over the window";
    info.encoder = {"backbone", "context"};
    info.references = [](const OptionSet& set, const MethodSetup& setup) -> std::vector<ReferenceLine> {
        return {{"total", std::log(static_cast<double>(candidatesOf(set, setup))), "chance ln N"}};
    };
    info.conflicts = cpcSequenceConflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<CpcSequence>(cpcSequenceSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
