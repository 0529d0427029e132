// SwAV: views of an image shall agree on which prototypes they are near. Each view predicts the other's soft assignment, which
// Sinkhorn's algorithm spreads evenly over all prototypes so that they cannot become one.
// Paper: Caron, Misra, Mairal, Goyal, Bojanowski, Joulin 2020, arXiv 2006.09882.
#include <fmt/format.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/multi_crop.h"
#include "core/nn/projection_head.h"
#include "core/nn/queue.h"
#include "core/nn/sinkhorn.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct SwavOptions {
    double temperature = 0.1;
    int prototypes = 512;
    double epsilon = 0.05;
    int iterations = 3;
    int queueLength = 0;
    double queueStartEpoch = 0;
    double freezePrototypesEpochs = 1;
    int hidden = 512;
    int output = 128;
};

const SchemaFor<SwavOptions>& swavSchema()
{
    static const auto table = [] {
        SchemaFor<SwavOptions> s;
        addTemperature(s).from("SwAV, arXiv 2006.09882: 0.1");
        s.add("prototypes", &SwavOptions::prototypes, "Number of cluster centres; has little influence above a thousand.")
            .range(2, 1 << 17)
            .log()
            .from("SwAV, 5.1: 3000 for ImageNet");
        s.add("epsilon", &SwavOptions::epsilon,
              "Softness of the assignments: above 0.1 all images tend to the same even assignment and the loss stays at ln K.")
            .range(0.001, 10)
            .log()
            .from("SwAV, 5.1: 0.05; users lower it to 0.03 when the loss stays at ln K");
        s.add("iterations", &SwavOptions::iterations, "Sinkhorn iterations, which make the use of prototypes even.")
            .range(1, 100)
            .from("SwAV, 5.1: 3");
        s.add("queue_length", &SwavOptions::queueLength,
              "Past embeddings of each global view that share the assignment; helps where the batch is smaller than the prototypes.")
            .range(0, 1 << 20)
            .from("SwAV, 5.1: 3840 for batches of 256");
        s.add("queue_start_epoch", &SwavOptions::queueStartEpoch, "When the queue begins to fill; too early makes the loss rise.")
            .range(0, 10000)
            .from("SwAV, code: 15");
        s.add("freeze_prototypes_epochs", &SwavOptions::freezePrototypesEpochs, "Epochs for which prototypes keep their random start.")
            .range(0, 10000)
            .from("SwAV, code: 1 epoch");
        addHeadSizes(s);
        return s;
    }();
    return table;
}

class Swav : public Method {
public:
    Swav(const SwavOptions& options, const MethodSetup& setup) : m_options(options), m_batchSize(setup.batchSize)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeMlp({.in = m_backbone->featureSize(), .hidden = options.hidden, .out = options.output,
                                                  .hiddenBias = true, .lastBias = true}));
        m_prototypes = register_module("prototypes", torch::nn::Linear(torch::nn::LinearOptions(options.output, options.prototypes).bias(false)));
        for (int view = 0; view < 2 && options.queueLength > 0; ++view)
            m_queues.push_back(register_buffer(fmt::format("queue{}", view), torch::zeros({options.queueLength, options.output})));
    }

    void beforeStep(const StepContext&) override
    {
        const torch::NoGradGuard noGrad;
        m_prototypes->weight.copy_(unitRows(m_prototypes->weight));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        std::vector<torch::Tensor> crops = views.global;
        crops.insert(crops.end(), views.local.begin(), views.local.end());
        const torch::Tensor h = multiCrop([this](const torch::Tensor& images) { return m_backbone->forward(images); }, crops);
        const torch::Tensor z = unitRows(m_head->forward(h));

        const FullPrecision guard;
        const torch::Tensor weights = m_prototypes->weight.t();
        std::vector<torch::Tensor> queued;
        if (queueIsFull(context))
            for (const torch::Tensor& queue : m_queues) queued.push_back(queue.mm(weights.detach()));
        const SwavLoss result = swavLoss(z.mm(weights).split(m_batchSize), queued, m_options.temperature, m_options.epsilon, m_options.iterations);

        StepOutput output;
        const torch::Tensor codes = torch::cat(result.codes), use = codes.mean(0);  // (2B, K) and (K), which sums to 1
        output.terms = {{"total", result.loss},
                        {"prototype_entropy", at::special_entr(use).sum()},
                        {"code_entropy", at::special_entr(result.codes[0]).sum(1).mean()},
                        {"prototypes_used", usedShare(codes)}};
        const std::vector<torch::Tensor> embeddings = z.detach().split(m_batchSize);
        output.embedding = embeddings[0];
        output.features = h.detach().narrow(0, 0, m_batchSize);
        output.perSample = result.perSample.detach();
        output.carried = {embeddings[0], embeddings[1]};
        return output;
    }

    void afterBackward(const StepContext& context) override
    {
        if (static_cast<double>(context.step) < m_options.freezePrototypesEpochs * static_cast<double>(context.stepsPerEpoch))
            m_prototypes->weight.mutable_grad().reset();
    }

    void afterStep(const StepOutput& output, const StepContext& context) override
    {
        const std::int64_t since = context.step - queueStart(context);
        if (since < 0) return;
        for (std::size_t view = 0; view < m_queues.size(); ++view)
            enqueue(m_queues[view], output.carried[view], since * m_batchSize % m_options.queueLength);
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    std::int64_t queueStart(const StepContext& context) const
    {
        return static_cast<std::int64_t>(m_options.queueStartEpoch * static_cast<double>(context.stepsPerEpoch));
    }

    bool queueIsFull(const StepContext& context) const
    {
        return (context.step - queueStart(context)) * m_batchSize >= m_options.queueLength;
    }

    SwavOptions m_options;
    std::int64_t m_batchSize;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
    torch::nn::Linear m_prototypes{nullptr};
    std::vector<torch::Tensor> m_queues;
};

std::vector<ReferenceLine> swavReferences(const OptionSet& set, const MethodSetup&)
{
    const double uniform = std::log(static_cast<double>(swavSchema().read(set).prototypes));
    return {{"total", uniform, "collapse ln K"}, {"prototype_entropy", uniform, "even use ln K"}};
}

std::vector<Conflict> swavConflicts(const OptionSet& set, const MethodSetup& setup)
{
    const SwavOptions options = swavSchema().read(set);
    if (options.queueLength == 0 || options.queueLength % setup.batchSize == 0) return {};
    return {{"method.queue_length", "train.batch_size",
             fmt::format("{} embeddings are not a multiple of the batch size {}", options.queueLength, setup.batchSize),
             std::to_string(std::max(setup.batchSize, options.queueLength / setup.batchSize * setup.batchSize))}};
}

}  // namespace

MethodInfo swavInfo()
{
    MethodInfo info;
    info.key = "swav";
    info.title = "SwAV";
    info.year = 2020;
    info.reference = "Caron et al. 2020, arXiv 2006.09882";
    info.doc = "Lets each view predict which prototypes the other view belongs to.";
    info.schema = &swavSchema();
    info.localViews = true;
    info.failures = {{"epsilon", "1", "Assignments become even for every image: the loss stays at ln K and says nothing."}};
    info.curves = {
        {"prototype_entropy", CurveScale::Loss, "Entropy of the mean assignment, in nats: ln K when all prototypes are used alike."},
        {"code_entropy", CurveScale::Loss, "Entropy of an image's own assignment, in nats: how undecided it is."},
        {"prototypes_used", CurveScale::Share, "Share of the prototypes that are some image's nearest in this batch; at most 2B of K can be."},
    };
    info.embedding = "unit embeddings of the first view, which the prototypes are compared with";
    info.references = swavReferences;
    info.conflicts = swavConflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Swav>(swavSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
