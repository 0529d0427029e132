// LARS: SGD whose step is scaled tensor by tensor to a share of the weights' own length, for large batches. Norms are Euclidean
// over a tensor, q is the trust ratio; tensors without decay (biases, norms) get q = 1.
//     moco_v3:  g <- g + decay w;  q = trust |w| / |g|;  v <- momentum v + q g;     w <- w - lr v
//     simclr:   the same q, but    v <- momentum v + lr q g;  w <- w - v            differs as soon as lr changes
//     solo:     q = trust |w| / (|g| + decay |w| + eps) with the raw g;  g <- q (g + decay w);  then as SGD
// q is 1 where a norm is 0 (solo: and no decay). With nesterov the step is g + momentum v instead of v.
// Paper: You et al. 2017, arXiv 1708.03888. Variants: the code of MoCo v3 (also Barlow Twins), SimCLR and solo-learn.
#include "core/nn/grouped_optimizer.h"
#include "core/nn/optimizer_entries.h"

namespace selfsight {

namespace {

enum class LarsVariant { MocoV3, SimClr, Solo };

struct LarsOptions : RateOptions {
    LarsOptions() { lr = 0.3; }
    double momentum = 0.9;
    double weightDecay = 1e-6;
    double trustCoefficient = 0.001;
    LarsVariant variant = LarsVariant::MocoV3;
    bool nesterov = false;
    bool clipLr = false;
    double eps = 1e-8;
};

const SchemaFor<LarsOptions>& larsSchema()
{
    static const auto table = [] {
        SchemaFor<LarsOptions> s;
        addRateOptions(s);
        s.add("momentum", &LarsOptions::momentum, "Share of the last update that is kept.").range(0, 1);
        s.add("weight_decay", &LarsOptions::weightDecay, "Pulls every weight (not biases and norms) towards zero.")
            .range(0, 1)
            .log()
            .from("SimCLR, arXiv 2002.05709, 2.2");
        s.add("trust_coefficient", &LarsOptions::trustCoefficient,
              "Length of a tensor's step as a share of its own length, at lr 1.")
            .range(0, 10)
            .log()
            .from("LARS, arXiv 1708.03888");
        s.addChoice("variant", &LarsOptions::variant,
                    {{"moco_v3", LarsVariant::MocoV3}, {"simclr", LarsVariant::SimClr}, {"solo", LarsVariant::Solo}},
                    "Whose code it follows; they differ in where the rate and the decay enter, so rates do not carry over.")
            .advanced();
        s.add("nesterov", &LarsOptions::nesterov, "Looks one step of momentum ahead.").advanced();
        s.add("clip_lr", &LarsOptions::clipLr, "Variant solo: never steps further than plain SGD would.").advanced();
        s.add("eps", &LarsOptions::eps, "Variant solo: added below the trust ratio.").range(0, 1).log().advanced();
        return s;
    }();
    return table;
}

class Lars : public GroupedOptimizer {
public:
    Lars(const LarsOptions& options, std::vector<ParameterGroup> groups)
        : GroupedOptimizer(std::move(groups), {"momentum"}), m_options(options)
    {
    }

private:
    void update(const Update& active) override
    {
        if (active.decay) {
            if (m_options.variant == LarsVariant::Solo) adaptRaw(active);
            else adaptDecayed(active);
        }
        const std::vector<torch::Tensor>& velocities = active.state[0];
        const bool rateInMomentum = m_options.variant == LarsVariant::SimClr;
        if (rateInMomentum) at::_foreach_mul_(active.gradients, active.rate);
        at::_foreach_mul_(velocities, m_options.momentum);
        at::_foreach_add_(velocities, active.gradients);
        if (m_options.nesterov) at::_foreach_add_(active.gradients, velocities, m_options.momentum);
        at::_foreach_add_(active.parameters, m_options.nesterov ? active.gradients : velocities,
                          rateInMomentum ? -1.0 : -active.rate);
    }

    /// Norms of all tensors as one vector that stays on the device: a trust ratio is never read by the host.
    static torch::Tensor norms(const std::vector<torch::Tensor>& tensors) { return torch::stack(at::_foreach_norm(tensors)); }

    void adaptDecayed(const Update& active) const
    {
        at::_foreach_add_(active.gradients, active.parameters, m_options.weightDecay);
        const torch::Tensor weights = norms(active.parameters), gradients = norms(active.gradients);  // (tensors)
        const torch::Tensor ratio = m_options.trustCoefficient * weights / gradients;
        at::_foreach_mul_(active.gradients, torch::where((weights > 0) & (gradients > 0), ratio, torch::ones_like(ratio)).unbind());
    }

    void adaptRaw(const Update& active) const
    {
        const torch::Tensor weights = norms(active.parameters), gradients = norms(active.gradients);  // (tensors)
        torch::Tensor ratio = m_options.trustCoefficient * weights / (gradients + m_options.weightDecay * weights + m_options.eps);
        if (m_options.clipLr) ratio = (ratio / active.rate).clamp_max(1);
        const torch::Tensor adapted = (weights > 0) & (gradients > 0);
        const torch::Tensor decay = torch::where(adapted, ratio * m_options.weightDecay, torch::zeros_like(ratio));
        at::_foreach_mul_(active.gradients, torch::where(adapted, ratio, torch::ones_like(ratio)).unbind());
        const std::vector<torch::Tensor> decays = decay.unbind();
        for (std::size_t i = 0; i < decays.size(); ++i) active.gradients[i].addcmul_(active.parameters[i], decays[i]);
    }

    LarsOptions m_options;
};

}  // namespace

OptimizerInfo larsInfo()
{
    return optimizerInfo<Lars>("lars", "LARS", "You et al. 2017, arXiv 1708.03888",
                               "SGD for batches of a thousand images and more.", larsSchema());
}

}  // namespace selfsight
