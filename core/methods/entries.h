// The entries of methods(): one file each.
#pragma once

#include "core/methods/method.h"

namespace selfsight {

MethodInfo simclrInfo();

}  // namespace selfsight
