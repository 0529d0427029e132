#include "core/train/environment.h"

#include <fmt/format.h>

#include <cstdlib>

namespace selfsight {

namespace {

constexpr const char* kThreads = "threads";
constexpr const char* kUnknown = "unknown";

std::string valueIn(const Environment& environment, const std::string& what)
{
    const auto found = environment.find(what);
    return found == environment.end() ? kUnknown : found->second;
}

}  // namespace

Environment environmentOf(const MachineReport& machine, int threads, const std::string& device, const std::string& dataFingerprint)
{
    return {{"program", "Selfsight " SELFSIGHT_VERSION},
            {"compiler", __VERSION__},
            {"libtorch", machine.torchVersion},
            {"BLAS", machine.blas + (machine.blasKernel.empty() ? "" : ", " + machine.blasKernel)},
            {"processor", machine.processor},
            {kThreads, std::to_string(threads)},
            {"device", device},
            {"data", dataFingerprint}};
}

int threadsOf(const Environment& environment)
{
    return std::atoi(valueIn(environment, kThreads).c_str());
}

std::vector<std::string> differences(const Environment& then, const Environment& now)
{
    std::vector<std::string> found;
    for (const auto& [what, value] : now)
        if (const std::string before = valueIn(then, what); before != value) found.push_back(fmt::format("{}: {} then, {} now", what, before, value));
    return found;
}

}  // namespace selfsight
