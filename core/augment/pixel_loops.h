// What the operators' inner loops share. Everything here is inlined into the loops that vectorize.h compiles.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/vectorize.h"

namespace selfsight {

/// 0..255 without a branch; a later conversion to int truncates.
SELFSIGHT_INLINED float clampToByte(float value)
{
    value = value < 0.0f ? 0.0f : value;
    return value > 255.0f ? 255.0f : value;
}

/// To the nearest whole number, halves to even. Adding 1.5 * 2^23 leaves no room for a fraction; |value| < 2^22.
SELFSIGHT_INLINED float roundToEven(float value)
{
    constexpr float kNoFraction = 12582912.0f;
    return (value + kNoFraction) - kNoFraction;
}

/// torchvision's grey: the weights of ITU-R 601 in float32, truncated.
SELFSIGHT_INLINED int greyLevel(float red, float green, float blue)
{
    return static_cast<int>(0.2989f * red + 0.587f * green + 0.114f * blue);
}

/// The pixel that a mirrored border (edge pixel not repeated) shows at `index`, at any distance from the border.
inline int mirrored(int index, int length)
{
    if (length == 1) return 0;
    const int period = 2 * (length - 1);
    index = ((index % period) + period) % period;
    return index < length ? index : period - index;
}

/// A run of pixels with its channels apart, so that one instruction works on many pixels:
///     PixelBlock block;
///     for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
///         const int count = block.load(pixels, start, pixelCount);
///         ...
///         block.store(pixels, start, count);
///     }
struct PixelBlock {
    static constexpr std::size_t kSize = 256;
    alignas(64) std::uint8_t red[kSize];
    alignas(64) std::uint8_t green[kSize];
    alignas(64) std::uint8_t blue[kSize];

    /// Returns how many pixels it took.
    SELFSIGHT_INLINED int load(const std::uint8_t* pixels, std::size_t start, std::size_t pixelCount)
    {
        const int count = static_cast<int>(pixelCount - start < kSize ? pixelCount - start : kSize);
        pixels += 3 * start;
        for (int i = 0; i < count; ++i) {
            red[i] = pixels[3 * i];
            green[i] = pixels[3 * i + 1];
            blue[i] = pixels[3 * i + 2];
        }
        return count;
    }

    SELFSIGHT_INLINED void store(std::uint8_t* pixels, std::size_t start, int count) const
    {
        pixels += 3 * start;
        for (int i = 0; i < count; ++i) {
            pixels[3 * i] = red[i];
            pixels[3 * i + 1] = green[i];
            pixels[3 * i + 2] = blue[i];
        }
    }
};

}  // namespace selfsight
