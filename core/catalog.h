// Everything that can be chosen in this build. Torch-free.
#pragma once

#include "core/config/catalog.h"

namespace selfsight {

/// Built once, on first use; lives as long as the program. Thread: any.
const Catalog& catalog();

}  // namespace selfsight
