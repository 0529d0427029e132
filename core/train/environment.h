// What a run's numbers depend on besides its experiment: a resumed run equals one that was never interrupted, bit for bit, only
// where all of it is the same. Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/train/machine.h"

namespace selfsight {

using Environment = std::map<std::string, std::string>;  // what -> value

Environment environmentOf(const MachineReport& machine, int threads, const std::string& device, const std::string& dataFingerprint);

/// The compute threads it names; 0: none.
int threadsOf(const Environment& environment);

/// "threads: 4 then, 2 now", one for each difference.
std::vector<std::string> differences(const Environment& then, const Environment& now);

}  // namespace selfsight
