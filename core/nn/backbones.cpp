#include "core/nn/backbone.h"
#include "core/nn/resnet.h"
#include "core/nn/signal_encoder.h"
#include "core/nn/vit.h"

namespace selfsight {

namespace {

/// The entry of a backbone B built from options T.
template <class B, class T>
BackboneInfo backboneInfo(const std::string& key, const std::string& title, const std::string& reference, const std::string& doc,
                          const SchemaFor<T>& schema, std::vector<Conflict> (*conflicts)(const OptionSet&, const ViewPlan&) = nullptr,
                          SampleKind samples = SampleKind::Image)
{
    return {key, title, reference, doc, &schema,
            [&schema](const OptionSet& set) -> std::shared_ptr<Backbone> { return std::make_shared<B>(schema.read(set)); }, conflicts, samples};
}

}  // namespace

const Registry<BackboneInfo>& backbones()
{
    static const Registry<BackboneInfo> list(
        "backbones", {
                         backboneInfo<ResNet>("resnet", "ResNet", "He et al. 2016, arXiv 1512.03385",
                                              "Residual network of 10 to 152 layers, torchvision's weights fit.", resNetSchema()),
                         backboneInfo<Vit>("vit", "Vision transformer", "Dosovitskiy et al. 2021, arXiv 2010.11929",
                                           "Attention between the patches of an image; DINO's weights fit.", vitSchema(), vitConflicts),
                         backboneInfo<SignalEncoder>("conv1d", "Convolutions along a signal", "van den Oord et al. 2018, arXiv 1807.03748, 3.1",
                                                     "Strided convolutions from samples to latents, without a norm.",
                                                     signalEncoderSchema(), signalEncoderConflicts, SampleKind::Signal),
                     });
    return list;
}

}  // namespace selfsight
