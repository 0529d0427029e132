// The hue shift of torchvision: RGB -> HSV in float32, h + turn, and back, step for step, without a branch.
#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"
#include "core/base/vectorize.h"

namespace selfsight {

namespace {

/// level / 255, correctly rounded, without a division: the first product is exact (16 by 8 bits), the second is its tail.
constexpr float toUnit(float level)
{
    constexpr float kHead = 65793.0f / 16777216.0f;
    constexpr float kTail = static_cast<float>(1.0 / 255.0 - static_cast<double>(kHead));
    return level * kHead + level * kTail;
}

constexpr bool toUnitIsExact()
{
    for (int level = 0; level < 256; ++level)
        if (toUnit(static_cast<float>(level)) != static_cast<float>(level) / 255.0f) return false;
    return true;
}
static_assert(toUnitIsExact());

/// value - floor(value); |value| < 2^23.
SELFSIGHT_INLINED float fraction(float value)
{
    const float whole = static_cast<float>(static_cast<int>(value));
    return value - (whole > value ? whole - 1.0f : whole);
}

/// Truncated as torchvision's convert_image_dtype does it: an unchanged level comes back. (Up to 0.14 it multiplied by 255.)
SELFSIGHT_INLINED std::uint8_t toLevel(float unit)
{
    return static_cast<std::uint8_t>(static_cast<int>(unit * 255.999f));
}

SELFSIGHT_VECTORIZED void turnHue(std::uint8_t* pixels, std::size_t pixelCount, float turn)
{
    PixelBlock block;
    for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
        const int count = block.load(pixels, start, pixelCount);
        for (int i = 0; i < count; ++i) {
            const float r = toUnit(block.red[i]), g = toUnit(block.green[i]), b = toUnit(block.blue[i]);
            const float higher = r > g ? r : g, lower = r > g ? g : r;
            const float most = higher > b ? higher : b;
            const float least = lower < b ? lower : b;
            const float lowerTop = higher < b ? higher : b;
            const float middle = lower > lowerTop ? lower : lowerTop;
            const float range = most - least;
            const float saturation = range / (range == 0.0f ? 1.0f : most);

            // The reference divides (most - channel) by range for each channel: 0 for the largest, 1 for the smallest.
            const float part = (most - middle) / (range == 0.0f ? 1.0f : range);
            const bool redMost = most == r, greenMost = most == g;
            const float base = redMost ? 0.0f : greenMost ? 2.0f : 4.0f;
            const float added = redMost ? b : greenMost ? r : g;
            const float taken = redMost ? g : greenMost ? b : r;
            const float sixths = (base + (added == least ? 1.0f : part)) - (taken == least ? 1.0f : part);

            const float hue = fraction(fraction(sixths / 6.0f + 1.0f) + turn) * 6.0f;
            const float sector = static_cast<float>(static_cast<int>(hue));
            const float within = hue - sector;
            const float p = most * (1.0f - saturation);
            const float q = most * (1.0f - saturation * within);
            const float t = most * (1.0f - saturation * (1.0f - within));

            // Sector 6, from a hue rounded up to a full turn, is sector 0.
            const float v = most;
            const bool in1 = sector == 1.0f, in2 = sector == 2.0f, in3 = sector == 3.0f, in4 = sector == 4.0f;
            const bool in5 = sector == 5.0f;
            block.red[i] = toLevel(in1 ? q : in2 ? p : in3 ? p : in4 ? t : v);
            block.green[i] = toLevel(in1 ? v : in2 ? v : in3 ? q : in4 ? p : in5 ? p : t);
            block.blue[i] = toLevel(in2 ? t : in3 ? v : in4 ? v : in5 ? q : p);
        }
        block.store(pixels, start, count);
    }
}

}  // namespace

void adjustHue(RgbImage& image, double turn)
{
    turnHue(image.pixels.data(), image.pixels.size() / 3, static_cast<float>(turn));
}

}  // namespace selfsight
