// Adam and AdamW.
//     m <- beta1 m + (1 - beta1) g;   v <- beta2 v + (1 - beta2) g^2
//     w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
// Weight decay: Adam adds weight_decay w to g; AdamW first shrinks w by 1 - lr weight_decay.
// Papers: Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101.
#include <cmath>
#include <type_traits>

#include "core/nn/grouped_optimizer.h"
#include "core/nn/optimizer_entries.h"
#include "core/nn/schedule.h"

namespace selfsight {

namespace {

struct AdamOptions : RateOptions {
    AdamOptions() { lr = 0.001; }
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weightDecay = 0;
    bool decayAll = false;
};

struct AdamWOptions : AdamOptions {
    AdamWOptions() { weightDecay = 0.05; }
    double finalWeightDecay = 0;
};

double decayAt(const AdamOptions& options, double)
{
    return options.weightDecay;
}

double decayAt(const AdamWOptions& options, double progress)
{
    return options.finalWeightDecay == 0 ? options.weightDecay : halfCosine(options.weightDecay, options.finalWeightDecay, progress);
}

template <class T>
SchemaFor<T> adamTable()
{
    SchemaFor<T> s;
    addRateOptions(s);
    s.add("weight_decay", &T::weightDecay, "Pulls every weight (not biases and norms) towards zero.").range(0, 10).log();
    s.add("decay_all", &T::decayAll, "Weight decay on biases and norms too.").advanced().from("MoCo v3, code: on");
    s.add("beta1", &T::beta1, "Share of the running mean of the gradient that is kept.").range(0, 0.999999).advanced();
    s.add("beta2", &T::beta2, "Share of the running mean of its square that is kept.").range(0, 0.999999).advanced();
    s.add("eps", &T::eps, "Added to the root: bounds the step where gradients are tiny.").range(0, 1).log().advanced();
    return s;
}

const SchemaFor<AdamOptions>& adamSchema()
{
    static const auto table = adamTable<AdamOptions>();
    return table;
}

const SchemaFor<AdamWOptions>& adamWSchema()
{
    static const auto table = [] {
        SchemaFor<AdamWOptions> s = adamTable<AdamWOptions>();
        s.add("final_weight_decay", &AdamWOptions::finalWeightDecay, "What weight decay grows to over the run, by half a cosine; 0: it stays.")
            .range(0, 10)
            .advanced()
            .from("DINO, arXiv 2104.14294, D: from 0.04 to 0.4");
        return s;
    }();
    return table;
}

template <class Options>
class AdamFamily : public GroupedOptimizer {
public:
    AdamFamily(const Options& options, std::vector<ParameterGroup> groups)
        : GroupedOptimizer(std::move(groups), {"mean", "square"}), m_options(options)
    {
    }

private:
    void update(const Update& active) override
    {
        if (const double decay = decayAt(m_options, active.progress); (active.decay || m_options.decayAll) && decay != 0) {
            if (std::is_same_v<Options, AdamWOptions>) at::_foreach_mul_(active.parameters, 1 - active.rate * decay);
            else at::_foreach_add_(active.gradients, active.parameters, decay);
        }
        const auto& [means, squares] = std::tie(active.state[0], active.state[1]);
        at::_foreach_mul_(means, m_options.beta1);
        at::_foreach_add_(means, active.gradients, 1 - m_options.beta1);
        at::_foreach_mul_(squares, m_options.beta2);
        at::_foreach_addcmul_(squares, active.gradients, active.gradients, 1 - m_options.beta2);

        // Bias corrections, which differ between parameters that were frozen for a while.
        std::vector<at::Scalar> stepSizes, rootCorrections;
        for (const std::int64_t t : active.steps) {
            stepSizes.emplace_back(-active.rate / (1 - std::pow(m_options.beta1, static_cast<double>(t))));
            rootCorrections.emplace_back(std::sqrt(1 - std::pow(m_options.beta2, static_cast<double>(t))));
        }
        std::vector<torch::Tensor> roots = at::_foreach_sqrt(squares);
        at::_foreach_div_(roots, rootCorrections);
        at::_foreach_add_(roots, m_options.eps);
        at::_foreach_addcdiv_(active.parameters, means, roots, stepSizes);
    }

    Options m_options;
};

}  // namespace

OptimizerInfo adamInfo()
{
    return optimizerInfo<AdamFamily<AdamOptions>>("adam", "Adam", "Kingma and Ba 2015, arXiv 1412.6980",
                                            "Adapts the step of every weight; weight decay is part of the gradient.", adamSchema());
}

OptimizerInfo adamWInfo()
{
    return optimizerInfo<AdamFamily<AdamWOptions>>("adamw", "AdamW", "Loshchilov and Hutter 2019, arXiv 1711.05101",
                                           "Adam with a weight decay of its own: the usual choice for vision transformers.",
                                           adamWSchema());
}

}  // namespace selfsight
