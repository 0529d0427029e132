#include "core/methods/entries.h"

namespace selfsight {

const Registry<MethodInfo>& methods()
{
    static const Registry<MethodInfo> list("methods", {
        instDiscInfo(),
        cpcInfo(),
        cpcSequenceInfo(),
        invaSpreadInfo(),
        cmcInfo(),
        mocoV1Info(),
        simclrInfo(),
        mocoV2Info(),
        supConInfo(),
        simclrV2Info(),
        byolInfo(),
        swavInfo(),
        byolGnWsInfo(),
        simSiamInfo(),
        barlowTwinsInfo(),
        mocoV3Info(),
        dinoInfo(),
        nnclrInfo(),
        vicregInfo(),
        maeInfo(),
        ibotInfo(),
        supervisedInfo(),
        distillationInfo(),
    });
    return list;
}

}  // namespace selfsight
