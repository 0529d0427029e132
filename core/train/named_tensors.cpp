#include "core/train/named_tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "core/base/error.h"

namespace selfsight {

NamedTensors withoutPrefix(const NamedTensors& tensors, const std::string& prefix)
{
    NamedTensors chosen;
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with(prefix)) chosen.emplace_back(name.substr(prefix.size()), tensor);
    return chosen;
}

void copyInto(const NamedTensors& tensors, const NamedTensors& saved, const std::string& what)
{
    const std::map<std::string, torch::Tensor> byName(saved.begin(), saved.end());
    constexpr const char* kRemedy = "It was saved with another experiment or another program.";
    for (const auto& [name, tensor] : tensors) {
        const auto found = byName.find(name);
        if (found == byName.end()) throw Error(what, fmt::format("there is no '{}'", name), kRemedy);
        if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != tensor.scalar_type())
            throw Error(what, fmt::format("'{}' is ({}) of {}, expected is ({}) of {}", name, fmt::join(found->second.sizes(), ", "),
                                          torch::toString(found->second.scalar_type()), fmt::join(tensor.sizes(), ", "),
                                          torch::toString(tensor.scalar_type())), kRemedy);
    }
    if (saved.size() > tensors.size()) {
        const std::map<std::string, torch::Tensor> known(tensors.begin(), tensors.end());
        for (const auto& entry : saved)
            if (!known.contains(entry.first)) throw Error(what, fmt::format("'{}' belongs to nothing here", entry.first), kRemedy);
    }
    const torch::NoGradGuard noGradients;
    for (const auto& [name, tensor] : tensors) torch::Tensor(tensor).copy_(byName.at(name));
}

}  // namespace selfsight
