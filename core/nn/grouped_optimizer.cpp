#include "core/nn/grouped_optimizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace selfsight {

GroupedOptimizer::GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> stateNames)
    : m_stateNames(std::move(stateNames))
{
    std::int64_t count = 0;
    for (const ParameterGroup& group : groups) {
        Group kept{.slots = {},
                   .decay = group.decay,
                   .rateFactor = group.learningRateFactor,
                   .constantRate = group.constantLearningRate};
        for (const auto& [name, parameter] : group.parameters) {
            Slot slot{.name = name, .parameter = parameter, .state = {}, .index = static_cast<std::size_t>(count++)};
            for (std::size_t i = 0; i < m_stateNames.size(); ++i) slot.state.push_back(torch::zeros_like(parameter.detach()));
            kept.slots.push_back(std::move(slot));
        }
        m_groups.push_back(std::move(kept));
    }
    m_steps = torch::zeros({count}, torch::kLong);
}

void GroupedOptimizer::step(double scheduledRate, double baseRate, double progress)
{
    const torch::NoGradGuard noGrad;
    auto* steps = m_steps.data_ptr<std::int64_t>();
    for (const Group& group : m_groups) {
        Update active;
        active.state.resize(m_stateNames.size());
        active.rate = (group.constantRate ? baseRate : scheduledRate) * group.rateFactor;
        active.progress = progress;
        active.decay = group.decay;
        for (const Slot& slot : group.slots) {
            if (!slot.parameter.grad().defined()) continue;
            active.parameters.push_back(slot.parameter);
            active.gradients.push_back(slot.parameter.grad());
            for (std::size_t i = 0; i < slot.state.size(); ++i) active.state[i].push_back(slot.state[i]);
            active.steps.push_back(++steps[slot.index]);
        }
        if (!active.parameters.empty()) update(active);
    }
}

void GroupedOptimizer::zeroGrad()
{
    // Dropped rather than set to zero: the next backward then stores its result instead of adding to it.
    for (Group& group : m_groups)
        for (Slot& slot : group.slots) slot.parameter.mutable_grad().reset();
}

std::vector<std::pair<std::string, torch::Tensor>> GroupedOptimizer::state()
{
    std::vector<std::pair<std::string, torch::Tensor>> result{{"steps", m_steps}};
    for (const Group& group : m_groups)
        for (const Slot& slot : group.slots)
            for (std::size_t i = 0; i < m_stateNames.size(); ++i)
                result.emplace_back(m_stateNames[i] + '.' + slot.name, slot.state[i]);
    return result;
}

void GroupedOptimizer::loadState(const std::vector<std::pair<std::string, torch::Tensor>>& saved)
{
    const std::map<std::string, torch::Tensor> byName(saved.begin(), saved.end());
    const auto mine = state();
    // Checked as a whole first: a state that doesn't fit changes nothing.
    for (const auto& [name, tensor] : mine) {
        const auto found = byName.find(name);
        if (found == byName.end())
            throw Error("optimizer state", "there is no '" + name + "'", "It was saved by another optimizer or model.");
        if (found->second.sizes() != tensor.sizes())
            throw Error("optimizer state",
                        fmt::format("'{}' has shape ({}), expected is ({})", name, fmt::join(found->second.sizes(), ", "),
                                    fmt::join(tensor.sizes(), ", ")),
                        "It was saved with another model.");
    }
    const torch::NoGradGuard noGrad;
    for (const auto& [name, tensor] : mine) torch::Tensor(tensor).copy_(byName.at(name));
}

}  // namespace selfsight
