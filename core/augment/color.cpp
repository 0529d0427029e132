// Brightness, contrast, saturation, grey: torchvision's float32 blends.
#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"
#include "core/base/vectorize.h"

namespace selfsight {

namespace {

SELFSIGHT_INLINED std::uint8_t blended(float level, float factor, float offset)
{
    return static_cast<std::uint8_t>(static_cast<int>(clampToByte(factor * level + offset)));
}

SELFSIGHT_VECTORIZED void blendLevels(std::uint8_t* levels, std::size_t count, float factor, float offset)
{
    for (std::size_t i = 0; i < count; ++i) levels[i] = blended(levels[i], factor, offset);
}

SELFSIGHT_VECTORIZED std::int64_t sumOfGrey(const std::uint8_t* pixels, std::size_t pixelCount)
{
    PixelBlock block;
    std::int64_t sum = 0;
    for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
        const int count = block.load(pixels, start, pixelCount);
        int part = 0;
        for (int i = 0; i < count; ++i) part += greyLevel(block.red[i], block.green[i], block.blue[i]);
        sum += part;
    }
    return sum;
}

SELFSIGHT_VECTORIZED void blendWithGrey(std::uint8_t* pixels, std::size_t pixelCount, float factor, float rest)
{
    PixelBlock block;
    for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
        const int count = block.load(pixels, start, pixelCount);
        for (int i = 0; i < count; ++i) {
            const float offset = rest * static_cast<float>(greyLevel(block.red[i], block.green[i], block.blue[i]));
            block.red[i] = blended(block.red[i], factor, offset);
            block.green[i] = blended(block.green[i], factor, offset);
            block.blue[i] = blended(block.blue[i], factor, offset);
        }
        block.store(pixels, start, count);
    }
}

SELFSIGHT_VECTORIZED void replaceByGrey(std::uint8_t* pixels, std::size_t pixelCount)
{
    PixelBlock block;
    for (std::size_t start = 0; start < pixelCount; start += PixelBlock::kSize) {
        const int count = block.load(pixels, start, pixelCount);
        for (int i = 0; i < count; ++i)
            block.red[i] = block.green[i] = block.blue[i] =
                static_cast<std::uint8_t>(greyLevel(block.red[i], block.green[i], block.blue[i]));
        block.store(pixels, start, count);
    }
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
