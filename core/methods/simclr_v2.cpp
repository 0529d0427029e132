// SimCLR v2: SimCLR with a deeper head that is kept in part, larger networks and an optional memory of a slow encoder's
// projections as further negatives.
// Paper: Chen, Kornblith, Swersky, Norouzi, Hinton 2020, arXiv 2006.10029.
//
// Differs from the paper: one process's batch. With the memory, a view is compared with the slow encoder's projections of the
// other views of the batch and of past batches, as the paper takes from MoCo.
#include <fmt/format.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/info_nce.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/nt_xent.h"
#include "core/nn/projection_head.h"
#include "core/nn/queue.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

namespace {

struct SimClrV2Options {
    double temperature = 0.2;
    int layers = 3;
    int hidden = 512;
    int output = 128;
    int featureLayer = 0;
    int memoryLength = 0;
    double momentum = 0.99;
};

const SchemaFor<SimClrV2Options>& simClrV2Schema()
{
    static const auto table = [] {
        SchemaFor<SimClrV2Options> s;
        addTemperature(s).from("SimCLR v2, arXiv 2006.10029, B: 0.1");
        s.add("layers", &SimClrV2Options::layers, "Linear layers of the projection head.")
            .range(1, 6)
            .from("SimCLR v2, figure 4: 3 is better than 2 where labels are few");
        addHeadSizes(s);
        s.add("feature_layer", &SimClrV2Options::featureLayer,
              "Head layers that features pass; 0: the backbone's output, 1: the paper's choice for fine-tuning with few labels.")
            .range(0, 5)
            .from("SimCLR v2, 2 and figure 5");
        s.add("memory_length", &SimClrV2Options::memoryLength, "Past projections of a slow encoder as further negatives; 0: none.")
            .range(0, 1 << 20)
            .from("SimCLR v2, 2: 64K entries, about 1 point");
        s.add("momentum", &SimClrV2Options::momentum, "Share of its own weights the slow encoder of the memory keeps each step.")
            .range(0, 1)
            .from("SimCLR v2, 2: 0.999");
        return s;
    }();
    return table;
}

class SimClrV2 : public Method {
public:
    SimClrV2(const SimClrV2Options& options, const MethodSetup& setup) : m_options(options), m_batchSize(setup.batchSize)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", head());
        if (options.memoryLength == 0) return;
        m_slow = register_module("slow", std::make_shared<MomentumEncoder>(setup.makeBackbone(), head(), m_backbone, m_head));
        m_memory = register_buffer("memory", randomUnitRows(options.memoryLength, options.output));
    }

    void beforeStep(const StepContext&) override
    {
        if (m_slow) m_slow->follow(m_options.momentum);
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor both = torch::cat({views.global[0], views.global[1]});
        const torch::Tensor h = m_backbone->forward(both);
        const std::vector<torch::Tensor> z = m_head->forward(h).chunk(2);
        StepOutput output;
        output.features = h.detach().chunk(2)[0];
        output.embedding = z[0].detach();
        if (!m_slow) {
            const NtXent result = ntXent(z[0], z[1], m_options.temperature);
            output.terms = {{"total", result.loss}, {"accuracy", result.accuracy}};
            output.perSample = result.perSample;
            output.similarity = result.similarity;
            return output;
        }
        const std::vector<torch::Tensor> keys = m_slow->forward(both).chunk(2);
        const InfoNce first = amongMemory(z[0], keys[1]), second = amongMemory(z[1], keys[0]);
        output.terms = {{"total", (first.loss + second.loss) / 2}, {"accuracy", (first.accuracy + second.accuracy) / 2}};
        output.carried = {unitRows(keys[0])};
        output.perSample = (first.perSample + second.perSample).detach() / 2;
        return output;
    }

    void afterStep(const StepOutput& output, const StepContext& context) override
    {
        if (m_slow) enqueue(m_memory, output.carried[0], context.step * m_batchSize % m_options.memoryLength);
    }

    torch::Tensor features(const torch::Tensor& images) override
    {
        torch::Tensor x = m_backbone->forward(images);
        int linears = 0;
        for (auto& layer : *m_head) {
            if (layer.ptr()->as<torch::nn::Linear>() && ++linears > m_options.featureLayer) break;
            x = layer.forward(x);
        }
        return x;
    }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    torch::nn::Sequential head() const
    {
        return makeMlp({.layers = m_options.layers, .in = m_backbone->featureSize(), .hidden = m_options.hidden,
                        .out = m_options.output, .lastNorm = HeadNorm::BatchNoShift});
    }

    InfoNce amongMemory(const torch::Tensor& z, const torch::Tensor& keys) const
    {
        const FullPrecision guard;
        const torch::Tensor candidates = torch::cat({unitRows(keys), m_memory});
        return diagonalInfoNce(unitRows(z).mm(candidates.t()) / m_options.temperature);
    }

    SimClrV2Options m_options;
    std::int64_t m_batchSize;
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr};
    std::shared_ptr<MomentumEncoder> m_slow;
    torch::Tensor m_memory;
};

std::vector<ReferenceLine> simClrV2References(const OptionSet& set, const MethodSetup& setup)
{
    const int memory = simClrV2Schema().read(set).memoryLength;
    const auto batch = static_cast<double>(setup.batchSize);
    const double candidates = memory == 0 ? 2 * batch - 1 : batch + memory;
    return {{"total", std::log(candidates), memory == 0 ? "chance ln(2B-1)" : "chance ln(B+K)"}, {"accuracy", 1 / candidates, "chance"}};
}

std::vector<Conflict> simClrV2Conflicts(const OptionSet& set, const MethodSetup& setup)
{
    const SimClrV2Options options = simClrV2Schema().read(set);
    std::vector<Conflict> conflicts;
    if (options.memoryLength > 0 && options.memoryLength % setup.batchSize != 0)
        conflicts.push_back({"method.memory_length", "train.batch_size",
                             fmt::format("{} entries are not a multiple of the batch size {}", options.memoryLength, setup.batchSize),
                             std::to_string(std::max(setup.batchSize, options.memoryLength / setup.batchSize * setup.batchSize))});
    if (options.featureLayer >= options.layers)
        conflicts.push_back({"method.feature_layer", "method.layers",
                             fmt::format("the head has {} layers and its last is for the loss alone", options.layers),
                             std::to_string(options.layers - 1)});
    return conflicts;
}

}  // namespace

MethodInfo simclrV2Info()
{
    MethodInfo info;
    info.key = "simclr_v2";
    info.title = "SimCLR v2";
    info.year = 2020;
    info.reference = "Chen et al. 2020, arXiv 2006.10029";
    info.doc = "SimCLR with a deeper head, of which a part is kept, and an optional memory.";
    info.schema = &simClrV2Schema();
    info.failures = {{"temperature", "10", "All similarities count alike: the loss stays near chance."}};
    info.curves = {accuracyCurve("own other view, among the batch and the memory,")};
    info.embedding = "projections of the first view";
    info.encoder = {"backbone", "head"};
    info.references = simClrV2References;
    info.conflicts = simClrV2Conflicts;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<SimClrV2>(simClrV2Schema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
