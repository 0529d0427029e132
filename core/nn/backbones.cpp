#include "core/nn/backbone.h"
#include "core/nn/resnet.h"

namespace selfsight {

const Registry<BackboneInfo>& backbones()
{
    static const Registry<BackboneInfo> list(
        "backbones", {
                         {"resnet", "ResNet", "He et al. 2016, arXiv 1512.03385",
                          "Residual network of 10 to 152 layers, torchvision's weights fit.", &resNetSchema(),
                          [](const OptionSet& set) -> std::shared_ptr<Backbone> {
                              return std::make_shared<ResNet>(resNetSchema().read(set));
                          }},
                     });
    return list;
}

}  // namespace selfsight
