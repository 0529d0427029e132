// Pictures that tests make, and how they differ.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "core/base/image.h"
#include "core/base/rng.h"

namespace selfsight::test {

inline RgbImage noisy(int width, int height, std::uint64_t seed)
{
    RgbImage image(width, height);
    Rng rng{seed};
    for (std::uint8_t& level : image.pixels) level = static_cast<std::uint8_t>(rng.below(256));
    return image;
}

/// Slopes with noise: neighbours resemble each other, as in photographs.
inline RgbImage sloped(int width, int height, std::uint64_t seed)
{
    RgbImage image(width, height);
    Rng rng{seed};
    for (int y = 0; y < height; ++y)
        for (int i = 0; i < 3 * width; ++i)
            image.row(y)[i] =
                static_cast<std::uint8_t>(std::min<std::int64_t>(255, 3 * (i / 3) + 2 * y + 20 * (i % 3) + rng.below(30)));
    return image;
}

struct Difference {
    int most = 0;
    std::size_t count = 0;
};

inline Difference difference(const RgbImage& a, const RgbImage& b)
{
    Difference result{.most = a.width == b.width && a.height == b.height ? 0 : 256};
    for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i) {
        result.most = std::max(result.most, std::abs(a.pixels[i] - b.pixels[i]));
        result.count += a.pixels[i] != b.pixels[i];
    }
    return result;
}

}  // namespace selfsight::test
