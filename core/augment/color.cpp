// Brightness, contrast, saturation, grey: torchvision's float32 blends.
#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"
#include "core/augment/vectorize.h"

namespace selfsight {

namespace {

/// factor * level + offset, level by level.
SELFSIGHT_VECTORIZED void blendLevels(std::uint8_t* levels, std::size_t count, float factor, float offset)
{
    for (std::size_t i = 0; i < count; ++i)
        levels[i] = static_cast<std::uint8_t>(static_cast<int>(clampToByte(factor * static_cast<float>(levels[i]) + offset)));
}

SELFSIGHT_VECTORIZED std::int64_t sumOfGrey(const std::uint8_t* pixels, std::size_t pixelCount)
{
    PixelBlock block;
    std::int64_t sum = 0;
    for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
        const int count = static_cast<int>(pixelCount - start < PixelBlock::kSize ? pixelCount - start : PixelBlock::kSize);
        block.load(pixels + 3 * start, count);
        int part = 0;
        for (int i = 0; i < count; ++i) part += greyLevel(block.red[i], block.green[i], block.blue[i]);
        sum += part;
    }
    return sum;
}

SELFSIGHT_VECTORIZED void blendWithGrey(std::uint8_t* pixels, std::size_t pixelCount, float factor, float rest)
{
    forEachBlock(pixels, pixelCount, [factor, rest](PixelBlock& block, int count) {
        const auto blend = [factor](float level, float offset) {
            return static_cast<std::uint8_t>(static_cast<int>(clampToByte(factor * level + offset)));
        };
        for (int i = 0; i < count; ++i) {
            const float offset = rest * static_cast<float>(greyLevel(block.red[i], block.green[i], block.blue[i]));
            block.red[i] = blend(block.red[i], offset);
            block.green[i] = blend(block.green[i], offset);
            block.blue[i] = blend(block.blue[i], offset);
        }
    });
}

SELFSIGHT_VECTORIZED void replaceByGrey(std::uint8_t* pixels, std::size_t pixelCount)
{
    forEachBlock(pixels, pixelCount, [](PixelBlock& block, int count) {
        for (int i = 0; i < count; ++i) {
            const auto grey = static_cast<std::uint8_t>(greyLevel(block.red[i], block.green[i], block.blue[i]));
            block.red[i] = block.green[i] = block.blue[i] = grey;
        }
    });
}

}  // namespace

void adjustBrightness(RgbImage& image, double factor)
{
    blendLevels(image.pixels.data(), image.pixels.size(), static_cast<float>(factor), 0.0f);
}

void adjustContrast(RgbImage& image, double factor)
{
    if (image.empty()) return;
    const std::size_t pixelCount = image.pixels.size() / 3;
    const float mean = static_cast<float>(sumOfGrey(image.pixels.data(), pixelCount)) / static_cast<float>(pixelCount);
    blendLevels(image.pixels.data(), image.pixels.size(), static_cast<float>(factor), static_cast<float>(1.0 - factor) * mean);
}

void adjustSaturation(RgbImage& image, double factor)
{
    blendWithGrey(image.pixels.data(), image.pixels.size() / 3, static_cast<float>(factor), static_cast<float>(1.0 - factor));
}

void toGrey(RgbImage& image)
{
    replaceByGrey(image.pixels.data(), image.pixels.size() / 3);
}

}  // namespace selfsight
