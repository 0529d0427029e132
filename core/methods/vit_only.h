// For methods that hide patches, which only a vision transformer can.
#pragma once

#include "core/methods/method.h"
#include "core/nn/vit.h"

namespace selfsight {

/// Throws Error when the experiment's backbone is another.
std::shared_ptr<Vit> makeVit(const MethodSetup& setup);

/// MethodInfo::conflicts of such a method.
std::vector<Conflict> vitOnly(const OptionSet& method, const MethodSetup& setup);

}  // namespace selfsight
