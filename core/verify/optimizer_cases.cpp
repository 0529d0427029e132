#include <functional>
#include <map>

#include "core/nn/ema.h"
#include "core/nn/optimizer.h"
#include "core/nn/schedule.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

/// The given gradients through the optimiser that training makes, with the case's rate at every step. Parameters of one
/// dimension are left out of decay (and trust ratio) where `exclude` says so.
CaseResult verifyOptimizer(const Case& reference, const std::string& type, const std::map<std::string, Value>& values, bool exclude)
{
    std::vector<std::pair<std::string, torch::Tensor>> parameters;
    ParameterGroup weights, excluded;
    excluded.decay = false;
    for (const std::string& name : reference.inputs("param.")) {
        parameters.emplace_back(name, toTensor(reference.in("param." + name)));
        (exclude && parameters.back().second.dim() <= 1 ? excluded : weights).parameters.push_back(parameters.back());
    }
    const auto optimizer = optimizers().at(type).make({type, values}, {weights, excluded});

    Comparison comparison(reference);
    const std::vector<double> rates = reference.numbers("lr");
    const std::int64_t steps = reference.whole("steps", static_cast<std::int64_t>(rates.size()));
    for (std::int64_t step = 0; step < steps; ++step) {
        const double rate = rates.size() == 1 ? rates[0] : rates.at(static_cast<std::size_t>(step));
        const std::string number = std::to_string(step) + '.';
        for (auto& [name, parameter] : parameters) parameter.mutable_grad() = toTensor(reference.in("grad." + number + name));
        optimizer->step(rate, rate);
        optimizer->zeroGrad();
        for (const auto& [name, parameter] : parameters) compare(comparison, "param." + number + name, parameter);
    }
    return comparison.result();
}

/// The hyper-parameters that the case has, under the names of our options.
std::map<std::string, Value> realOptions(const Case& reference, const std::vector<std::string>& keys)
{
    std::map<std::string, Value> values;
    for (const std::string& key : keys)
        if (reference.has(key)) values[key] = reference.number(key);
    return values;
}

/// The value of `variant` at time t: steps, or epochs where the variant counts them.
double scheduled(const Case& c, const std::string& variant, double t)
{
    const auto iterations = [&c] { return c.number("iters_per_epoch"); };
    if (variant == "dino_lr" || variant == "dino_weight_decay" || variant == "dino_momentum")
        return linspaceCosine(t, c.number("epochs") * iterations(), c.number("warmup_epochs", 0) * iterations(), c.number("base"),
                              c.number("final"), c.number("start_warmup", 0));
    if (variant == "dino_teacher_temp")
        return linearRamp(t, c.number("warmup_epochs"), c.number("warmup_teacher_temp"), c.number("teacher_temp"));
    if (variant == "moco_v3_lr")
        return warmupCosine(t / iterations(), c.number("epochs"), c.number("warmup_epochs"), c.number("base"));
    if (variant == "moco_v3_momentum") return halfCosine(c.number("base"), 1, t / iterations() / c.number("epochs"));
    if (variant == "cosine_per_epoch") return warmupCosine(t, c.number("epochs"), 0, c.number("base"));
    if (variant == "step_per_epoch") return stepDecay(t, c.number("base"), c.numbers("milestones"), {c.number("factor", 0.1)});
    if (variant == "byol_lr")
        return warmupCosine(t, c.number("total_steps"), c.number("warmup_steps"),
                            linearlyScaledRate(c.number("base"), c.number("batch_size")));
    if (variant == "byol_tau") return halfCosine(c.number("base"), 1, t / c.number("max_steps"));
    if (variant == "solo_tau") return halfCosine(c.number("base"), c.number("final", 1), t / c.number("max_steps"));
    if (variant == "simclr_lr") {
        const auto scale = c.has("scaling") && c.text("scaling") != "linear" ? rootScaledRate : linearlyScaledRate;
        return warmupCosine(t, c.number("total_steps"), c.number("warmup_steps"), scale(c.number("base"), c.number("batch_size")));
    }
    if (variant == "solo_warmup_cosine")
        return linspaceCosine(t, c.number("total_steps"), c.number("warmup_steps"), c.number("base"), c.number("min", 0),
                              c.number("warmup_start", 0));
    if (variant == "lightly_warmup_cosine")
        return inclusiveWarmupCosine(t, c.number("total_steps"), c.number("warmup_steps"), c.number("start"), c.number("end"),
                                     c.number("warmup_start", 0));
    if (variant == "lightly_momentum")
        return inclusiveWarmupCosine(t, c.number("max_steps"), 0, c.number("start"), c.number("end"), 0);
    throw Error(c.name(), "the schedule variant '" + variant + "' is not known");
}

}  // namespace

CaseResult verifyLars(const Case& reference)
{
    auto values = realOptions(reference, {"momentum", "weight_decay", "trust_coefficient", "eps"});
    values["variant"] = reference.text("variant");
    values["nesterov"] = reference.flag("nesterov", false);
    values["clip_lr"] = reference.flag("clip_lr", false);
    return verifyOptimizer(reference, "lars", values, true);
}

CaseResult verifySgd(const Case& reference)
{
    auto values = realOptions(reference, {"momentum", "weight_decay"});
    values["nesterov"] = reference.flag("nesterov", false);
    return verifyOptimizer(reference, "sgd", values, false);
}

CaseResult verifyAdam(const Case& reference)
{
    return verifyOptimizer(reference, "adam", realOptions(reference, {"beta1", "beta2", "eps", "weight_decay"}), false);
}

CaseResult verifyAdamW(const Case& reference)
{
    return verifyOptimizer(reference, "adamw", realOptions(reference, {"beta1", "beta2", "eps", "weight_decay"}), false);
}

CaseResult verifySchedule(const Case& reference)
{
    std::vector<double> values;
    for (std::int64_t t = 0; t < reference.out("values").count(); ++t)
        values.push_back(scheduled(reference, reference.text("variant"), static_cast<double>(t)));
    Comparison comparison(reference);
    comparison.compare("values", values);
    return comparison.result();
}

CaseResult verifyEmaUpdate(const Case& reference)
{
    const std::vector<std::string> names = reference.inputs("target.");
    std::vector<torch::Tensor> target, online;
    for (const std::string& name : names) {
        target.push_back(toTensor(reference.in("target." + name)));
        online.push_back(toTensor(reference.in("online." + name)));
    }
    emaUpdate(target, online, reference.number("tau"));
    Comparison comparison(reference);
    for (std::size_t i = 0; i < names.size(); ++i) compare(comparison, "target_after." + names[i], target[i]);
    return comparison.result();
}

}  // namespace selfsight
