// Counts the multiply-adds of convolutions and matrix products while something runs.
#pragma once

#include <cstdint>
#include <functional>

namespace selfsight {

/// Of everything `work` computes on the calling thread.
std::int64_t countMultiplyAdds(const std::function<void()>& work);

}  // namespace selfsight
