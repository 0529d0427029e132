#include "core/methods/vit_only.h"

#include "core/base/error.h"

namespace selfsight {

std::shared_ptr<Vit> makeVit(const MethodSetup& setup)
{
    auto vit = std::dynamic_pointer_cast<Vit>(setup.makeBackbone());
    if (!vit) throw Error("backbone.type", "this method hides patches, which needs a vision transformer", "Choose vit.");
    return vit;
}

std::vector<Conflict> vitOnly(const OptionSet&, const MethodSetup& setup)
{
    if (setup.backbone.type == "vit") return {};
    return {{"backbone.type", "method.type", "this method hides patches, which needs a vision transformer", "vit"}};
}

}  // namespace selfsight
