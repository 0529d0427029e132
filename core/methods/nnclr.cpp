// NNCLR: SimCLR in which an image's first view is replaced by its nearest neighbour among past embeddings: positives that no
// augmentation could make.
// Paper: Dwibedi, Aytar, Tompson, Sermanet, Zisserman 2021, arXiv 2104.14548.
#include <fmt/format.h>

#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/nearest_neighbour.h"
#include "core/nn/projection_head.h"
#include "core/nn/queue.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct NnclrOptions {
    double temperature = 0.1;
    int queueLength = 4096;
    bool neighbours = true;
    bool bothWays = false;
    int layers = 3;
    int hidden = 512;
    int output = 256;
    int predictorHidden = 1024;
};

const SchemaFor<NnclrOptions>& nnclrSchema()
{
    static const auto table = [] {
        SchemaFor<NnclrOptions> s;
        addTemperature(s).from("NNCLR, arXiv 2104.14548: 0.1");
        s.add("queue_length", &NnclrOptions::queueLength, "Past embeddings in which neighbours are sought; a multiple of the batch size.")
            .range(1, 1 << 20)
            .log()
            .from("NNCLR, table 9: 98304 is best");
        s.add("neighbours", &NnclrOptions::neighbours, "Off: the image's own embedding is the positive, as in SimCLR.")
            .from("NNCLR, table 1: 3.9 points less");
        s.add("both_ways", &NnclrOptions::bothWays, "Adds the loss with neighbours and predictions exchanged.").advanced();
        s.add("layers", &NnclrOptions::layers, "Linear layers of the projector.").range(1, 4);
        addHeadSizes(s);
        s.add("predictor_hidden", &NnclrOptions::predictorHidden, "Width of the predictor's hidden layer.").range(1, 16384).log();
        return s;
    }();
    return table;
}

class Nnclr : public Method {
public:
    Nnclr(const NnclrOptions& options, const MethodSetup& setup) : m_options(options), m_batchSize(setup.batchSize)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.layers = options.layers, .in = m_backbone->featureSize(), .hidden = options.hidden,
                                                  .out = options.output, .lastNorm = HeadNorm::Batch}));
        m_predictor = register_module("predictor", makeMlp({.in = options.output, .hidden = options.predictorHidden, .out = options.output, .lastBias = true}));
        m_queue = register_buffer("queue", randomUnitRows(options.queueLength, options.output));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        StepOutput output;
        torch::Tensor z[2], p[2], positive[2];
        for (std::size_t v = 0; v < 2; ++v) {
            const torch::Tensor h = m_backbone->forward(views.global[v]);
            z[v] = m_head->forward(h);
            if (v == 0) output.features = h.detach();
            p[v] = m_predictor->forward(z[v]);
            positive[v] = m_options.neighbours ? m_queue.index_select(0, nearestRows(z[v].detach(), m_queue)) : z[v].detach();
        }
        const torch::Tensor losses = (neighbourLosses(positive[0], p[1], m_options.temperature, m_options.bothWays) +
                                      neighbourLosses(positive[1], p[0], m_options.temperature, m_options.bothWays)) / 2;
        output.terms = {{"total", losses.mean()},
                        {"neighbour_cosine", rowCosines(z[0].detach(), positive[0]).mean()},
                        {"own_cosine", rowCosines(z[0].detach(), z[1].detach()).mean()}};
        output.embedding = z[0].detach();
        output.perSample = losses.detach();
        output.carried = {unitRows(output.embedding)};
        return output;
    }

    void afterStep(const StepOutput& output, const StepContext& context) override
    {
        enqueue(m_queue, output.carried[0], context.step * m_batchSize % m_options.queueLength);
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    NnclrOptions m_options;
    std::int64_t m_batchSize;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_predictor{nullptr};
    torch::Tensor m_queue;
};

std::vector<Conflict> nnclrConflicts(const OptionSet& set, const MethodSetup& setup)
{
    const int length = nnclrSchema().read(set).queueLength;
    if (length % setup.batchSize == 0) return {};
    return {{"method.queue_length", "train.batch_size", fmt::format("{} embeddings are not a multiple of the batch size {}", length, setup.batchSize),
             std::to_string(std::max(setup.batchSize, length / setup.batchSize * setup.batchSize))}};
}

}  // namespace

MethodInfo nnclrInfo()
{
    MethodInfo info;
    info.key = "nnclr";
    info.title = "NNCLR";
    info.year = 2021;
    info.reference = "Dwibedi et al. 2021, arXiv 2104.14548";
    info.doc = "SimCLR whose positive is the nearest neighbour among past embeddings.";
    info.schema = &nnclrSchema();
    info.failures = {{"temperature", "10", "All similarities count alike: the loss stays near chance."}};
    info.curves = {
        {"neighbour_cosine", CurveScale::Share, "Mean cosine of an image and its nearest neighbour in the queue."},
        {"own_cosine", CurveScale::Share, "Mean cosine of an image's two views."},
    };
    info.embedding = "projections of the first view";
    info.references = [](const OptionSet&, const MethodSetup& setup) -> std::vector<ReferenceLine> {
        return {{"total", std::log(static_cast<double>(setup.batchSize)), "chance ln B"}};
    };
    info.conflicts = nnclrConflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Nnclr>(nnclrSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
