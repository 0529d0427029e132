#include "core/nn/optimizer_entries.h"

namespace selfsight {

const Registry<OptimizerInfo>& optimizers()
{
    static const Registry<OptimizerInfo> list("optimizers", {sgdInfo(), adamWInfo(), larsInfo(), adamInfo()});
    return list;
}

}  // namespace selfsight
