#include "core/methods/entries.h"

namespace selfsight {

const Registry<MethodInfo>& methods()
{
    static const Registry<MethodInfo> list("methods", {
        simclrInfo(),
    });
    return list;
}

}  // namespace selfsight
