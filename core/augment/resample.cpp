// Separable resizing with one rounding at the end, as torchvision resizes tensors.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"
#include "core/base/vectorize.h"
#include "core/augment/weighted_rows.h"

namespace selfsight {

namespace {

/// Which source pixels make each output pixel of one axis: `count` neighbours from `first[i]` on, each with a weight.
struct Taps {
    int count = 0;
    std::vector<int> first;
    std::vector<float> weights;  // (outputs, count)
};

/// A run of `outputs` pixels from `firstOutput` on, of an axis of `length` pixels resized to `resizedLength`.
struct AxisResize {
    int length = 0;
    int resizedLength = 0;
    int firstOutput = 0;
    int outputs = 0;
};

float triangle(float x)
{
    return std::max(0.0f, 1.0f - std::abs(x));
}

float cubic(float x, float a)
{
    x = std::abs(x);
    if (x < 1.0f) return ((a + 2.0f) * x - (a + 3.0f)) * x * x + 1.0f;
    if (x < 2.0f) return (((x - 5.0f) * x + 8.0f) * x - 4.0f) * a;
    return 0.0f;
}

/// Weights of a window around `centre`, cut at the border and brought to sum 1.
Taps stretchedTaps(const AxisResize& axis, Interpolation interpolation)
{
    const bool bicubic = interpolation == Interpolation::Bicubic;
    const float scale = static_cast<float>(axis.length) / static_cast<float>(axis.resizedLength);
    const float stretch = std::max(scale, 1.0f);
    const float inverse = 1.0f / stretch;
    const float support = (bicubic ? 2.0f : 1.0f) * stretch;

    Taps taps;
    taps.count = std::min(axis.length, static_cast<int>(std::ceil(support)) * 2 + 1);
    taps.first.resize(static_cast<std::size_t>(axis.outputs));
    taps.weights.assign(static_cast<std::size_t>(axis.outputs) * static_cast<std::size_t>(taps.count), 0.0f);
    int widest = 1;
    for (int i = 0; i < axis.outputs; ++i) {
        const float centre = scale * (static_cast<float>(axis.firstOutput + i) + 0.5f);
        const int begin = std::max(0, static_cast<int>(centre - support + 0.5f));
        const int end = std::min(axis.length, static_cast<int>(centre + support + 0.5f));
        float* weights = taps.weights.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(taps.count);
        float total = 0.0f;
        for (int j = begin; j < end; ++j) {
            const float x = (static_cast<float>(j) - centre + 0.5f) * inverse;
            weights[j - begin] = bicubic ? cubic(x, -0.5f) : triangle(x);
            total += weights[j - begin];
        }
        for (int j = begin; j < end; ++j) weights[j - begin] /= total;
        taps.first[static_cast<std::size_t>(i)] = begin;
        widest = std::max(widest, end - begin);
    }

    // All windows get the widest one's size: a loop of constant length is faster than a few products by zero are slow.
    for (int i = 0; i < axis.outputs; ++i) {
        int& first = taps.first[static_cast<std::size_t>(i)];
        const int shift = std::max(0, first + widest - axis.length);
        const float* from = taps.weights.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(taps.count);
        float* to = taps.weights.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(widest);
        std::memmove(to + shift, from, static_cast<std::size_t>(widest - shift) * sizeof(float));
        std::fill(to, to + shift, 0.0f);
        first -= shift;
    }
    taps.count = widest;
    return taps;
}

/// Two (bilinear) or four (bicubic, a = -0.75) samples around each position; those over the border take the edge pixel.
Taps sampledTaps(const AxisResize& axis, Interpolation interpolation)
{
    const bool bicubic = interpolation == Interpolation::Bicubic;
    const float scale = static_cast<float>(axis.length) / static_cast<float>(axis.resizedLength);
    Taps taps;
    taps.count = std::min(axis.length, bicubic ? 4 : 2);
    taps.first.resize(static_cast<std::size_t>(axis.outputs));
    taps.weights.assign(static_cast<std::size_t>(axis.outputs) * static_cast<std::size_t>(taps.count), 0.0f);
    for (int i = 0; i < axis.outputs; ++i) {
        float position = scale * (static_cast<float>(axis.firstOutput + i) + 0.5f) - 0.5f;
        if (!bicubic) position = std::max(position, 0.0f);
        const int base = static_cast<int>(std::floor(position));
        const float t = position - static_cast<float>(base);
        const int begin = bicubic ? base - 1 : base;
        const int samples = bicubic ? 4 : 2;
        const int first = std::clamp(begin, 0, axis.length - taps.count);
        float* weights = taps.weights.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(taps.count);
        for (int n = 0; n < samples; ++n) {
            const float distance = t - static_cast<float>(bicubic ? n - 1 : n);
            const int pixel = std::clamp(begin + n, 0, axis.length - 1);
            weights[pixel - first] += bicubic ? cubic(distance, -0.75f) : triangle(distance);
        }
        taps.first[static_cast<std::size_t>(i)] = first;
    }
    return taps;
}

/// A pixel is loaded and stored as four numbers; the fourth belongs to the next pixel and is written again by it.
using FourFloats = float __attribute__((vector_size(16)));

template <int N>
SELFSIGHT_INLINED void weightedPixels(const float* row, const int* first, const float* weights, int outputs, float* out)
{
    for (int i = 0; i < outputs; ++i) {
        const float* from = row + 3 * first[i];
        FourFloats sum{}, pixel;
        for (int n = 0; n < N; ++n) {
            std::memcpy(&pixel, from + 3 * n, sizeof pixel);
            sum += weights[i * N + n] * pixel;
        }
        std::memcpy(out + 3 * i, &sum, sizeof sum);
    }
}

SELFSIGHT_INLINED void weightedPixels(const float* row, const int* first, const float* weights, int count, int outputs,
                                      float* out)
{
    for (int i = 0; i < outputs; ++i) {
        const float* from = row + 3 * first[i];
        FourFloats sum{}, pixel;
        for (int n = 0; n < count; ++n) {
            std::memcpy(&pixel, from + 3 * n, sizeof pixel);
            sum += weights[i * count + n] * pixel;
        }
        std::memcpy(out + 3 * i, &sum, sizeof sum);
    }
}

/// Columns first, then rows, then the one rounding. `row` and `resized` hold a row and one float more.
SELFSIGHT_VECTORIZED void resampleRows(const RgbImage& source, const Box& box, const Taps& vertical, const Taps& horizontal,
                                       float* row, float* resized, RgbImage& result)
{
    std::vector<const std::uint8_t*> rows(static_cast<std::size_t>(vertical.count));
    const std::size_t levels = std::size_t{3} * static_cast<std::size_t>(box.width);
    const int outputs = result.width;  // a copy: bytes written through `out` might alias the image's own members
    for (int y = 0; y < result.height; ++y) {
        for (int n = 0; n < vertical.count; ++n)
            rows[static_cast<std::size_t>(n)] =
                source.row(box.top + vertical.first[static_cast<std::size_t>(y)] + n) + 3 * box.left;
        weightedRows(rows.data(), vertical.weights.data() + static_cast<std::size_t>(y) * rows.size(), vertical.count, levels,
                     row);

        const int* first = horizontal.first.data();
        const float* weights = horizontal.weights.data();
        switch (horizontal.count) {
            case 1: weightedPixels<1>(row, first, weights, outputs, resized); break;
            case 2: weightedPixels<2>(row, first, weights, outputs, resized); break;
            case 3: weightedPixels<3>(row, first, weights, outputs, resized); break;
            case 4: weightedPixels<4>(row, first, weights, outputs, resized); break;
            case 5: weightedPixels<5>(row, first, weights, outputs, resized); break;
            default: weightedPixels(row, first, weights, horizontal.count, outputs, resized);
        }
        std::uint8_t* out = result.row(y);
        for (int i = 0; i < 3 * outputs; ++i)
            out[i] = static_cast<std::uint8_t>(static_cast<int>(clampToByte(roundToEven(resized[i]))));
    }
}

void resample(const RgbImage& source, const Box& box, const Taps& vertical, const Taps& horizontal, RgbImage& result)
{
    std::vector<float> row(std::size_t{3} * static_cast<std::size_t>(box.width) + 1);
    std::vector<float> resized(std::size_t{3} * static_cast<std::size_t>(result.width) + 1);
    resampleRows(source, box, vertical, horizontal, row.data(), resized.data(), result);
}

}  // namespace

void resizedCrop(const RgbImage& source, const Box& box, int width, int height, Interpolation interpolation, bool antialias,
                 RgbImage& result)
{
    const auto taps = antialias ? stretchedTaps : sampledTaps;
    result.resize(width, height);
    resample(source, box, taps({box.height, height, 0, height}, interpolation), taps({box.width, width, 0, width}, interpolation),
             result);
}

Box resizeAndCentreCrop(const RgbImage& source, int size, RgbImage& result)
{
    const int shorter = std::min(source.width, source.height);
    const auto resizedLength = [&](int length) { return static_cast<int>(static_cast<std::int64_t>(size) * length / shorter); };
    // torchvision's centre_crop rounds half to even, as std::nearbyint does.
    const auto margin = [&](int length) { return static_cast<int>(std::nearbyint((length - size) / 2.0)); };
    const int width = resizedLength(source.width), height = resizedLength(source.height);
    const int left = margin(width), top = margin(height);

    result.resize(size, size);
    resample(source, {0, 0, source.width, source.height},
             stretchedTaps({source.height, height, top, size}, Interpolation::Bilinear),
             stretchedTaps({source.width, width, left, size}, Interpolation::Bilinear), result);

    const auto toSource = [&](int length) { return static_cast<int>(std::lround(static_cast<double>(length) * shorter / size)); };
    Box seen{std::min(toSource(left), source.width - shorter), std::min(toSource(top), source.height - shorter), shorter,
             shorter};
    return seen;
}

}  // namespace selfsight
