// Pictures as plain bytes and numbers, for everything that neither decodes nor trains.
#pragma once

#include <cstdint>
#include <vector>

namespace selfsight {

/// 8-bit RGB, row by row, three bytes a pixel, no padding. Grey images hold three equal channels.
struct RgbImage {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;

    RgbImage() = default;
    RgbImage(int w, int h) { resize(w, h); }

    /// Contents are unspecified afterwards; memory is kept for the next size.
    void resize(int w, int h)
    {
        width = w;
        height = h;
        pixels.resize(std::size_t{3} * static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
    }
    bool empty() const { return pixels.empty(); }
    std::uint8_t* row(int y) { return pixels.data() + std::size_t{3} * static_cast<std::size_t>(y) * static_cast<std::size_t>(width); }
    const std::uint8_t* row(int y) const { return pixels.data() + std::size_t{3} * static_cast<std::size_t>(y) * static_cast<std::size_t>(width); }

    bool operator==(const RgbImage&) const = default;
};

/// One number a pixel, row by row: masks (0..1), attention, similarities.
struct FloatMap {
    int width = 0;
    int height = 0;
    std::vector<float> values;
};

/// A rectangle in the pixels of a source image.
struct Box {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;

    bool operator==(const Box&) const = default;
};

}  // namespace selfsight
