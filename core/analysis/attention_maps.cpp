#include "core/analysis/attention_maps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace selfsight {

namespace {

/// Four neighbours of a place and their weights, for one axis.
struct CubicTaps {
    std::array<int, 4> at;
    std::array<double, 4> weight;
};

std::vector<CubicTaps> cubicTaps(int from, int to)
{
    constexpr double a = -0.75;
    std::vector<CubicTaps> taps(static_cast<std::size_t>(to));
    for (int i = 0; i < to; ++i) {
        const double place = (i + 0.5) * from / to - 0.5;
        const double whole = std::floor(place), t = place - whole;
        const auto near = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
        const auto far = [](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
        CubicTaps& tap = taps[static_cast<std::size_t>(i)];
        for (int k = 0; k < 4; ++k) tap.at[static_cast<std::size_t>(k)] = std::clamp(static_cast<int>(whole) - 1 + k, 0, from - 1);
        tap.weight = {far(t + 1), near(t), near(1 - t), far(2 - t)};
    }
    return taps;
}

float& at(FloatMap& map, int x, int y)
{
    return map.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(map.width) + static_cast<std::size_t>(x)];
}

float at(const FloatMap& map, int x, int y)
{
    return map.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(map.width) + static_cast<std::size_t>(x)];
}

FloatMap emptyMap(int width, int height)
{
    return {width, height, std::vector<float>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
}

FloatMap bicubic(const FloatMap& map, int width, int height)
{
    const auto across = cubicTaps(map.width, width), down = cubicTaps(map.height, height);
    FloatMap wide = emptyMap(width, map.height), result = emptyMap(width, height);
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < width; ++x) {
            const CubicTaps& taps = across[static_cast<std::size_t>(x)];
            double sum = 0;
            for (std::size_t k = 0; k < 4; ++k) sum += taps.weight[k] * static_cast<double>(at(map, taps.at[k], y));
            at(wide, x, y) = static_cast<float>(sum);
        }
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const CubicTaps& taps = down[static_cast<std::size_t>(y)];
            double sum = 0;
            for (std::size_t k = 0; k < 4; ++k) sum += taps.weight[k] * static_cast<double>(at(wide, x, taps.at[k]));
            at(result, x, y) = static_cast<float>(sum);
        }
    return result;
}

double sumOf(const FloatMap& map)
{
    return std::accumulate(map.values.begin(), map.values.end(), 0.0);
}

// Ten colours of viridis, evenly spaced.
constexpr std::array<std::array<int, 3>, 10> kViridis = {{{68, 1, 84}, {72, 40, 120}, {62, 74, 137}, {49, 104, 142}, {38, 130, 142},
                                                         {31, 158, 137}, {53, 183, 121}, {109, 205, 89}, {180, 222, 44}, {253, 231, 37}}};

std::uint8_t blended(int below, int above, double opacity)
{
    return static_cast<std::uint8_t>(std::lround((1 - opacity) * below + opacity * above));
}

}  // namespace

FloatMap meanMap(std::span<const FloatMap> maps)
{
    FloatMap mean = emptyMap(maps.front().width, maps.front().height);
    for (const FloatMap& map : maps)
        for (std::size_t i = 0; i < mean.values.size(); ++i) mean.values[i] += map.values[i] / static_cast<float>(maps.size());
    return mean;
}

FloatMap massMask(const FloatMap& map, double mass)
{
    FloatMap mask = emptyMap(map.width, map.height);
    const double whole = sumOf(map);
    if (!(whole > 0)) return mask;
    std::vector<std::size_t> order(map.values.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return map.values[i]; });
    double sum = 0;
    for (const std::size_t i : order) {
        sum += static_cast<double>(map.values[i]) / whole;
        mask.values[i] = sum > 1 - mass ? 1.0f : 0.0f;
    }
    return mask;
}

FloatMap upsampled(const FloatMap& map, int width, int height, Upsampling how)
{
    if (how == Upsampling::Bicubic) return bicubic(map, width, height);
    FloatMap result = emptyMap(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) at(result, x, y) = at(map, x * map.width / width, y * map.height / height);
    return result;
}

double attentionEntropy(const FloatMap& map)
{
    const double whole = sumOf(map);
    if (!(whole > 0)) return 0;
    double sum = 0;
    for (const float value : map.values)
        if (value > 0) sum -= static_cast<double>(value) / whole * std::log(static_cast<double>(value) / whole);
    return sum;
}

double intersectionOverUnion(const FloatMap& a, const FloatMap& b)
{
    std::int64_t both = 0, either = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        const bool inA = a.values[i] > 0.5f, inB = b.values[i] > 0.5f;
        both += inA && inB;
        either += inA || inB;
    }
    return either > 0 ? static_cast<double>(both) / static_cast<double>(either) : 0;
}

RgbImage colored(const FloatMap& map)
{
    RgbImage picture(map.width, map.height);
    const auto [low, high] = std::ranges::minmax(map.values);
    for (std::size_t i = 0; i < map.values.size(); ++i) {
        const double share = high > low ? static_cast<double>(map.values[i] - low) / static_cast<double>(high - low) : 0;
        const double place = std::clamp(share, 0.0, 1.0) * (kViridis.size() - 1);
        const auto below = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
        for (std::size_t c = 0; c < 3; ++c)
            picture.pixels[3 * i + c] = blended(kViridis[below][c], kViridis[below + 1][c], place - static_cast<double>(below));
    }
    return picture;
}

RgbImage overlaid(const RgbImage& image, const RgbImage& picture, double opacity)
{
    RgbImage result = image;
    for (std::size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = blended(image.pixels[i], picture.pixels[i], opacity);
    return result;
}

RgbImage cutOut(const RgbImage& image, const FloatMap& mask, double opacity)
{
    RgbImage result = image;
    for (std::size_t i = 0; i < result.pixels.size(); ++i)
        if (!(mask.values[i / 3] > 0.5f)) result.pixels[i] = blended(image.pixels[i], 0, opacity);
    return result;
}

}  // namespace selfsight
