// The entries of methods(): one file each.
#pragma once

#include "core/methods/method.h"

namespace selfsight {

MethodInfo instDiscInfo();
MethodInfo cpcInfo();
MethodInfo cpcSequenceInfo();
MethodInfo invaSpreadInfo();
MethodInfo cmcInfo();
MethodInfo mocoV1Info();
MethodInfo simclrInfo();
MethodInfo mocoV2Info();
MethodInfo supConInfo();
MethodInfo simclrV2Info();
MethodInfo byolInfo();
MethodInfo swavInfo();
MethodInfo byolGnWsInfo();
MethodInfo simSiamInfo();
MethodInfo barlowTwinsInfo();
MethodInfo mocoV3Info();
MethodInfo dinoInfo();
MethodInfo nnclrInfo();
MethodInfo vicregInfo();
MethodInfo maeInfo();
MethodInfo ibotInfo();
MethodInfo supervisedInfo();
MethodInfo distillationInfo();

}  // namespace selfsight
