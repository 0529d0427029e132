#include "core/methods/moco.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/nn/info_nce.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/projection_head.h"
#include "core/nn/queue.h"
#include "core/nn/random_tensors.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

class Moco : public Method {
public:
    Moco(const MocoOptions& options, const MethodSetup& setup) : m_options(options), m_batchSize(setup.batchSize)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", head());
        m_keys = register_module("keys", std::make_shared<MomentumEncoder>(setup.makeBackbone(), head(), m_backbone, m_head));
        m_queues.push_back(register_buffer("queue", randomUnitRows(options.queueLength, options.output)));
        if (options.twoQueues) m_queues.push_back(register_buffer("queue2", randomUnitRows(options.queueLength, options.output)));
    }

    /// The key encoder moves before it computes keys, as in the authors' code.
    void beforeStep(const StepContext& context) override
    {
        const double final = m_options.finalMomentum == 0 ? m_options.momentum : m_options.finalMomentum;
        m_keys->follow(momentumAt(m_options.momentum, final, context.step, context.totalSteps));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        Rng rng = context.rng;
        StepOutput output;
        InfoNce result = contrast(views.global[0], views.global[1], m_queues.front(), rng, output);
        if (m_options.symmetric) {
            const InfoNce other = contrast(views.global[1], views.global[0], m_queues.back(), rng, output);
            result.loss = (result.loss + other.loss) / 2;
            result.perSample = (result.perSample + other.perSample) / 2;
            result.accuracy = (result.accuracy + other.accuracy) / 2;
        }
        output.terms = {{"total", result.loss},
                        {"accuracy", result.accuracy},
                        {"encoder_distance", m_keys->distance()},
                        {"queue_age", torch::full({}, queueAge(context.step), result.accuracy.options())}};
        output.perSample = result.perSample.detach();
        return output;
    }

    void afterStep(const StepOutput& output, const StepContext& context) override
    {
        std::int64_t position = context.step * keysAStep() % m_options.queueLength;
        for (std::size_t i = 0; i < output.carried.size(); ++i) {
            const std::int64_t next = enqueue(m_queues[std::min(i, m_queues.size() - 1)], output.carried[i], position);
            if (m_queues.size() == 1) position = next;
        }
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    torch::nn::Sequential head() const
    {
        return makeMlp({.layers = m_options.layers, .in = m_backbone->featureSize(), .hidden = m_options.hidden,
                        .out = m_options.output, .hiddenNorm = HeadNorm::None, .hiddenBias = true, .lastBias = true});
    }

    /// That each queue takes.
    std::int64_t keysAStep() const { return m_options.symmetric && !m_options.twoQueues ? 2 * m_batchSize : m_batchSize; }

    /// Mean over the keys written so far, in steps.
    double queueAge(std::int64_t step) const
    {
        const std::int64_t steps = std::min(step, m_options.queueLength / keysAStep());
        return steps == 0 ? 0 : static_cast<double>(steps + 1) / 2;
    }

    /// Batch norm sees one group at a time.
    template <class Network>
    torch::Tensor byGroups(const Network& network, const torch::Tensor& images) const
    {
        std::vector<torch::Tensor> results;
        for (const torch::Tensor& group : images.chunk(m_options.batchNormGroups)) results.push_back(network(group));
        return torch::cat(results);
    }

    torch::Tensor keys(const torch::Tensor& images, Rng& rng)
    {
        const torch::NoGradGuard noGrad;
        const auto network = [this](const torch::Tensor& group) { return m_keys->forward(group); };
        if (!m_options.shuffle) return byGroups(network, images);
        const torch::Tensor order = randomOrder(rng, images.size(0), images.device());
        const torch::Tensor shuffled = byGroups(network, images.index_select(0, order).contiguous(images.suggest_memory_format()));
        return torch::empty_like(shuffled).index_copy_(0, order, shuffled);
    }

    InfoNce contrast(const torch::Tensor& queryView, const torch::Tensor& keyView, const torch::Tensor& queue, Rng& rng, StepOutput& output)
    {
        const torch::Tensor h = byGroups([this](const torch::Tensor& group) { return m_backbone->forward(group); }, queryView);
        const torch::Tensor q = byGroups([this](const torch::Tensor& group) { return m_head->forward(group); }, h), k = unitRows(keys(keyView, rng));
        output.carried.push_back(k);
        output.embedding = q.detach();
        if (!output.features.defined()) output.features = h.detach();
        return queueInfoNce(q, k, queue, m_options.temperature);
    }

    MocoOptions m_options;
    std::int64_t m_batchSize;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
    std::shared_ptr<MomentumEncoder> m_keys;
    std::vector<torch::Tensor> m_queues;  // one, or one for the keys of each view
};

std::vector<Conflict> mocoConflicts(const MocoOptions& options, const MethodSetup& setup)
{
    std::vector<Conflict> conflicts;
    const std::int64_t batch = setup.batchSize, written = options.symmetric && !options.twoQueues ? 2 * batch : batch;
    if (options.queueLength % batch != 0 || options.queueLength < written)
        conflicts.push_back({"method.queue_length", "train.batch_size",
                             fmt::format("{} keys are not a multiple of the {} that a step writes", options.queueLength, batch),
                             fmt::format("{}", std::max(written, options.queueLength / batch * batch))});
    if (options.twoQueues && !options.symmetric)
        conflicts.push_back({"method.two_queues", "method.symmetric", "only one view has keys", "false"});
    if (const std::int64_t groups = options.batchNormGroups; groups * 2 > batch || batch % groups != 0)
        conflicts.push_back({"method.batch_norm_groups", "train.batch_size",
                             groups * 2 > batch ? fmt::format("a batch of {} in {} groups leaves batch norm fewer than 2 images", batch, groups)
                                                : fmt::format("{} groups do not divide a batch of {}", groups, batch),
                             fmt::format("{}", std::gcd(groups, batch) * 2 <= batch ? std::gcd(groups, batch) : 1)});
    return conflicts;
}

}  // namespace

MethodInfo mocoBase(const Schema& schema, std::function<MocoOptions(const OptionSet&)> read)
{
    MethodInfo info;
    info.schema = &schema;
    info.failures = {
        {"shuffle", "false", "Batch statistics give the key away: the accuracy of picking it rises fast while kNN stays behind."},
        {"momentum", "0", "The keys of the queue disagree with each other: the loss does not fall."},
    };
    info.curves = {
        accuracyCurve("own key, among the queue's,"),
        encoderDistanceCurve(),
        {"queue_age", CurveScale::Own, "Steps since the keys of the queue were made, on average: older ones come from an older encoder."},
    };
    info.embedding = "queries of one view";
    info.references = [read](const OptionSet& set, const MethodSetup&) -> std::vector<ReferenceLine> {
        const double candidates = 1.0 + read(set).queueLength;
        return {{"total", std::log(candidates), "chance ln(1+K)"}, {"accuracy", 1 / candidates, "chance 1/(1+K)"}};
    };
    info.conflicts = [read](const OptionSet& set, const MethodSetup& setup) { return mocoConflicts(read(set), setup); };
    info.make = [read](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Moco>(read(set), setup);
    };
    return info;
}

}  // namespace selfsight
