// MoCo v2: MoCo with SimCLR's projection head, stronger augmentation and a cosine schedule.
// Paper: Chen, Fan, Girshick, He 2020, arXiv 2003.04297.
//
// Differs from the paper as MoCo v1 does here.
#include "core/methods/entries.h"
#include "core/methods/moco.h"

namespace selfsight {

namespace {

struct MocoV2Options : MocoOptions {
    MocoV2Options()
    {
        temperature = 0.2;
        layers = 2;
    }
};

}  // namespace

MethodInfo mocoV2Info()
{
    static const auto schema = mocoTable<MocoV2Options>();
    MethodInfo info = mocoBase(schema, [](const OptionSet& set) -> MocoOptions { return schema.read(set); });
    info.key = "moco_v2";
    info.title = "MoCo v2";
    info.year = 2020;
    info.reference = "Chen et al. 2020, arXiv 2003.04297";
    info.doc = "MoCo with a projection head of two layers and stronger views.";
    return info;
}

}  // namespace selfsight
