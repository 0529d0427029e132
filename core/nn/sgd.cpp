// Stochastic gradient descent with momentum.
//     g <- g + weight_decay w;   v <- momentum v + g;   w <- w - lr v   (nesterov: w - lr (g + momentum v))
#include "core/nn/grouped_optimizer.h"
#include "core/nn/optimizer_entries.h"

namespace selfsight {

namespace {

struct SgdOptions : RateOptions {
    double momentum = 0.9;
    double weightDecay = 5e-4;
    bool nesterov = false;
    bool decayAll = false;
};

const SchemaFor<SgdOptions>& sgdSchema()
{
    static const auto table = [] {
        SchemaFor<SgdOptions> s;
        addRateOptions(s);
        s.add("momentum", &SgdOptions::momentum, "Share of the last update that is kept.").range(0, 1);
        s.add("weight_decay", &SgdOptions::weightDecay, "Pulls every weight (not biases and norms) towards zero.")
            .range(0, 1)
            .log();
        s.add("nesterov", &SgdOptions::nesterov, "Looks one step of momentum ahead.").advanced();
        s.add("decay_all", &SgdOptions::decayAll, "Weight decay on biases and norms too, as torch does by default.").advanced();
        return s;
    }();
    return table;
}

class Sgd : public GroupedOptimizer {
public:
    Sgd(const SgdOptions& options, std::vector<ParameterGroup> groups)
        : GroupedOptimizer(std::move(groups), stateNames(options)), m_options(options)
    {
    }

private:
    static std::vector<std::string> stateNames(const SgdOptions& options)
    {
        if (options.momentum == 0) return {};
        return {"momentum"};
    }

    void update(const Update& active) override
    {
        if ((active.decay || m_options.decayAll) && m_options.weightDecay != 0)
            at::_foreach_add_(active.gradients, active.parameters, m_options.weightDecay);
        if (m_options.momentum == 0) return at::_foreach_add_(active.parameters, active.gradients, -active.rate);
        const std::vector<torch::Tensor>& velocities = active.state[0];
        at::_foreach_mul_(velocities, m_options.momentum);
        at::_foreach_add_(velocities, active.gradients);
        if (!m_options.nesterov) return at::_foreach_add_(active.parameters, velocities, -active.rate);
        at::_foreach_add_(active.gradients, velocities, m_options.momentum);
        at::_foreach_add_(active.parameters, active.gradients, -active.rate);
    }

    SgdOptions m_options;
};

}  // namespace

OptimizerInfo sgdInfo()
{
    return optimizerInfo<Sgd>("sgd", "SGD with momentum", "", "The usual choice for residual networks and batches up to 512.",
                              sgdSchema());
}

}  // namespace selfsight
