#include <algorithm>
#include <cmath>

#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"
#include "core/base/vectorize.h"
#include "core/augment/weighted_rows.h"

namespace selfsight {

namespace {

/// The kernel from its middle outwards: weights[0] once, every other one on both sides.
///
/// Outer taps of weight below 2^-35 are left out. Both sides of one add at most 2 * 255 * 2^-35 < 2^-26 levels, less than half a
/// unit in the last place of any float sum of 1/4 or more: adding it there would change nothing at all. A sum that stays
/// below 1/4 is off by fewer than `radius` * 2^-26 levels: it rounds to 0 as before, and as an intermediate of the second pass it
/// moves a result by less than that, well below the rounding of the float sum itself.
std::vector<float> halfKernel(int kernel, double sigma)
{
    const int radius = kernel / 2;
    std::vector<double> exact(static_cast<std::size_t>(radius) + 1);
    double total = 0;
    for (int x = 0; x <= radius; ++x) {
        exact[static_cast<std::size_t>(x)] = std::exp(-0.5 * (x / sigma) * (x / sigma));
        total += (x == 0 ? 1 : 2) * exact[static_cast<std::size_t>(x)];
    }
    std::vector<float> weights;
    for (const double weight : exact) {
        if (weight / total < 0x1p-35) break;
        weights.push_back(static_cast<float>(weight / total));
    }
    return weights;
}

/// out += w[0] * (before[0] + after[0]) + ... : the two sides of N distances of the kernel.
template <int N, class Level>
SELFSIGHT_INLINED void addMirroredRows(const Level* const* before, const Level* const* after, const float* weights,
                                       std::size_t count, float* __restrict out)
{
    for (std::size_t i = 0; i < count; ++i) {
        float sum = out[i];
        for (int n = 0; n < N; ++n) sum += weights[n] * static_cast<float>(before[n][i] + after[n][i]);
        out[i] = sum;
    }
}

/// Four distances a pass, so that `out` is seldom read and written.
template <class Level>
SELFSIGHT_INLINED void blurRow(const Level* middle, const Level* const* before, const Level* const* after, const float* weights,
                               int reach, std::size_t count, float* __restrict out)
{
    for (std::size_t i = 0; i < count; ++i) out[i] = weights[0] * static_cast<float>(middle[i]);
    ++weights;
    int done = 0;
    for (; done + 4 <= reach; done += 4) addMirroredRows<4>(before + done, after + done, weights + done, count, out);
    for (; done < reach; ++done) addMirroredRows<1>(before + done, after + done, weights + done, count, out);
}

/// `row` holds a row with `reach` mirrored pixels on either side.
SELFSIGHT_VECTORIZED void blurRows(const RgbImage& source, const float* weights, int reach, float* row, float* blurred,
                                   RgbImage& result)
{
    const std::size_t levels = std::size_t{3} * static_cast<std::size_t>(source.width);
    std::vector<const std::uint8_t*> above(static_cast<std::size_t>(reach)), below(static_cast<std::size_t>(reach));
    std::vector<const float*> left(static_cast<std::size_t>(reach)), right(static_cast<std::size_t>(reach));
    float* const middle = row + 3 * reach;
    for (int n = 1; n <= reach; ++n) {
        left[static_cast<std::size_t>(n - 1)] = middle - 3 * n;
        right[static_cast<std::size_t>(n - 1)] = middle + 3 * n;
    }

    for (int y = 0; y < source.height; ++y) {
        for (int n = 1; n <= reach; ++n) {
            above[static_cast<std::size_t>(n - 1)] = source.row(mirrored(y - n, source.height));
            below[static_cast<std::size_t>(n - 1)] = source.row(mirrored(y + n, source.height));
        }
        blurRow(source.row(y), above.data(), below.data(), weights, reach, levels, middle);
        for (int n = 1; n <= reach; ++n) {
            std::copy_n(middle + 3 * mirrored(-n, source.width), 3, middle - 3 * n);
            std::copy_n(middle + 3 * mirrored(source.width - 1 + n, source.width), 3, middle + 3 * (source.width - 1 + n));
        }
        blurRow(static_cast<const float*>(middle), left.data(), right.data(), weights, reach, levels, blurred);
        std::uint8_t* out = result.row(y);
        for (std::size_t i = 0; i < levels; ++i)
            out[i] = static_cast<std::uint8_t>(static_cast<int>(clampToByte(roundToEven(blurred[i]))));
    }
}

}  // namespace

void gaussianBlur(const RgbImage& source, int kernel, double sigma, RgbImage& result)
{
    const std::vector<float> weights = halfKernel(kernel, sigma);
    const int reach = static_cast<int>(weights.size()) - 1;
    std::vector<float> row(std::size_t{3} * static_cast<std::size_t>(source.width + 2 * reach));
    std::vector<float> blurred(std::size_t{3} * static_cast<std::size_t>(source.width));
    result.resize(source.width, source.height);
    blurRows(source, weights.data(), reach, row.data(), blurred.data(), result);
}

}  // namespace selfsight
