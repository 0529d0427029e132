// Sixteen floats at once, whatever the instruction set: one register, or two, or four.
#pragma once

#include <cstring>

#include "core/base/vectorize.h"

namespace selfsight {

constexpr int kLaneCount = 16;
using Lanes = float __attribute__((vector_size(4 * kLaneCount)));

/// Memory for Lanes in vectors.
struct alignas(4 * kLaneCount) LaneMemory {
    float values[kLaneCount];
};

SELFSIGHT_INLINED void load(Lanes& lanes, const float* values)
{
    std::memcpy(&lanes, values, sizeof lanes);
}

SELFSIGHT_INLINED void store(float* values, const Lanes& lanes)
{
    std::memcpy(values, &lanes, sizeof lanes);
}

}  // namespace selfsight
