// What SGD, Adam and LARS have in common: gathering the parameters that have a gradient, and their state.
#pragma once

#include "core/nn/optimizer.h"

namespace selfsight {

class GroupedOptimizer : public Optimizer {
public:
    void step(double scheduledRate, double baseRate, double progress) final;
    void zeroGrad() final;
    std::vector<std::pair<std::string, torch::Tensor>> state() final;
    void loadState(const std::vector<std::pair<std::string, torch::Tensor>>& state) final;

protected:
    /// The parameters of one group that have a gradient, as lists for at::_foreach functions: on a GPU one launch serves many.
    struct Update {
        std::vector<torch::Tensor> parameters;
        std::vector<torch::Tensor> gradients;            // may be overwritten: nobody reads them after the step
        std::vector<std::vector<torch::Tensor>> state;   // state[kind][i], in the order of the names given at construction
        std::vector<std::int64_t> steps;                 // updates of each parameter, this one included
        double rate = 0;
        double progress = 0;                             // share of the run that is done
        bool decay = true;
    };

    /// `stateNames` are tensors of a parameter's shape kept for each parameter, zero at first.
    GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> stateNames);

    /// One step of one group, without gradient recording.
    virtual void update(const Update& active) = 0;

private:
    struct Slot {
        std::string name;
        torch::Tensor parameter;
        std::vector<torch::Tensor> state;
        std::size_t index;  // in m_steps
    };
    struct Group {
        std::vector<Slot> slots;
        bool decay;
        double rateFactor;
        bool constantRate;
    };

    std::vector<Group> m_groups;
    std::vector<std::string> m_stateNames;
    torch::Tensor m_steps;  // (number of parameters) int64, on the CPU
};

}  // namespace selfsight
