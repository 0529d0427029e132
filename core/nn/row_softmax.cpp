#include "core/nn/row_softmax.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/vectorize.h"

namespace selfsight {

namespace {

constexpr std::int64_t kLanes = 16;

SELFSIGHT_INLINED float fromBits(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// To the nearest, ties to even.
SELFSIGHT_INLINED std::uint16_t toBits(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

/// Of x <= 0: 2^n times a polynomial over the half unit about 0.
SELFSIGHT_INLINED float exponential(float x)
{
    constexpr float kShift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number
    const float t = std::max(x * 1.44269504F, -126.0F), shifted = t + kShift, f = t - (shifted - kShift);
    const float p = 1.0F + f * (0.69314718F + f * (0.24022651F + f * (0.05550411F + f * (0.00961813F + f * 0.00133336F))));
    const std::int32_t n = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kShift);
    return std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + (n << 23));
}

/// `powers` holds `count` numbers.
SELFSIGHT_VECTORIZED void softmaxRow(std::uint16_t* row, std::int64_t count, float* powers)
{
    std::array<float, kLanes> best;
    best.fill(-std::numeric_limits<float>::infinity());
    const std::int64_t whole = count / kLanes * kLanes;
    for (std::int64_t i = 0; i < whole; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            const float x = fromBits(row[i + lane]);
            best[static_cast<std::size_t>(lane)] = x > best[static_cast<std::size_t>(lane)] ? x : best[static_cast<std::size_t>(lane)];
        }
    float largest = *std::max_element(best.begin(), best.end());
    for (std::int64_t i = whole; i < count; ++i) largest = std::max(largest, fromBits(row[i]));

    std::array<float, kLanes> sums{};
    for (std::int64_t i = 0; i < whole; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            powers[i + lane] = exponential(fromBits(row[i + lane]) - largest);
            sums[static_cast<std::size_t>(lane)] += powers[i + lane];
        }
    float sum = 0;
    for (std::int64_t i = whole; i < count; ++i) sum += powers[i] = exponential(fromBits(row[i]) - largest);
    for (const float lane : sums) sum += lane;
    const float share = 1 / sum;
    for (std::int64_t i = 0; i < count; ++i) row[i] = toBits(powers[i] * share);
}

}  // namespace

torch::Tensor rowSoftmaxInPlace(torch::Tensor scores)
{
    const std::int64_t columns = scores.size(1);
    auto* rows = reinterpret_cast<std::uint16_t*>(scores.data_ptr<at::BFloat16>());
    at::parallel_for(0, scores.size(0), 4, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> powers(static_cast<std::size_t>(columns));
        for (std::int64_t i = begin; i < end; ++i) softmaxRow(rows + i * columns, columns, powers.data());
    });
    return scores;
}

}  // namespace selfsight
