// BYOL without batch statistics: group norm and weight standardisation everywhere. That it works shows that batch norm's hidden
// comparison between images is not what keeps BYOL from collapse.
// Paper: Richemond et al. 2020, arXiv 2010.10241.
//
// Differs from the paper: linear layers of the heads are group-normalised but not weight-standardised, and the heads' last layers
// begin centred on the first batch (`centred_start`), without which short runs with SGD do not leave their nearly equal outputs.
#include "core/methods/byol.h"
#include "core/methods/entries.h"

namespace selfsight {

namespace {

struct ByolGnWsOptions : ByolOptions {
    ByolGnWsOptions()
    {
        headNorm = HeadNorm::Group;
        centredStart = true;
    }
};

bool usesBatchNorm(const OptionSet& backbone)
{
    const auto norm = backbone.values.find("norm");
    return backbone.type == "resnet" && (norm == backbone.values.end() || norm->second != Value(std::string("group_ws")));
}

}  // namespace

MethodInfo byolGnWsInfo()
{
    static const auto schema = byolTable<ByolGnWsOptions>();
    MethodInfo info = byolBase(schema, [](const OptionSet& set) -> ByolOptions { return schema.read(set); });
    info.key = "byol_gn_ws";
    info.title = "BYOL without batch statistics";
    info.year = 2020;
    info.reference = "Richemond et al. 2020, arXiv 2010.10241";
    info.doc = "BYOL with group norm and weight standardisation in place of every batch norm.";
    info.conflicts = [](const OptionSet&, const MethodSetup& setup) -> std::vector<Conflict> {
        if (!usesBatchNorm(setup.backbone)) return {};
        return {{"backbone.norm", "method.type", "this method is about a network without batch norm", "group_ws"}};
    };
    return info;
}

}  // namespace selfsight
