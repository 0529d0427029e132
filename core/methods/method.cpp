#include "core/methods/method.h"

namespace selfsight {

std::vector<ParameterGroup> Method::parameterGroups() const
{
    ParameterGroup weights, rest;
    rest.decay = false;
    for (const auto& parameter : named_parameters())
        if (parameter->requires_grad())
            (parameter->dim() > 1 ? weights : rest).parameters.emplace_back(parameter.key(), parameter.value());
    return {weights, rest};
}

void Method::setOption(const std::string&, const Value&) {}

}  // namespace selfsight
