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

const CurveInfo* curveOf(const MethodInfo& info, const std::string& term)
{
    for (const CurveInfo& curve : info.curves) {
        const bool family = curve.name.ends_with('*');
        if (family ? term.starts_with(curve.name.substr(0, curve.name.size() - 1)) : term == curve.name) return &curve;
    }
    return nullptr;
}

void Method::setOption(const std::string&, const Value&) {}

}  // namespace selfsight
