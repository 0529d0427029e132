// MoCo: a query shall find its key, the other view seen by a slow copy of the encoder, among a queue of past keys.
// Paper: He, Fan, Wu, Xie, Girshick 2019, arXiv 1911.05722.
//
// Differs from the paper: one device. Groups of the batch play the part of the devices that batch norm sees apart; the queue is
// shorter and the momentum lower, as in the authors' CIFAR-10 notebook.
#include "core/methods/entries.h"
#include "core/methods/moco.h"

namespace selfsight {

MethodInfo mocoV1Info()
{
    static const auto schema = mocoTable<MocoOptions>();
    MethodInfo info = mocoBase(schema, [](const OptionSet& set) { return schema.read(set); });
    info.key = "moco_v1";
    info.title = "MoCo v1";
    info.year = 2019;
    info.reference = "He et al. 2019, arXiv 1911.05722";
    info.doc = "Looks a view up among a long queue of keys that a slowly moving encoder made.";
    return info;
}

}  // namespace selfsight
