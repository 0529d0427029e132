#include "core/data/stamp_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "core/augment/operators.h"
#include "core/data/ground.h"

namespace selfsight {

namespace {

constexpr int kLattice = 16;  // cells a side of the finest clouds
constexpr double kLargestTurn = 30;  // degrees

/// Smooth noise of 0..1: four octaves, each with random values at the corners of its cells.
class Clouds {
public:
    explicit Clouds(Rng& rng)
    {
        for (auto& octave : m_values)
            for (float& value : octave) value = static_cast<float>(rng.uniform());
    }

    double at(double x, double y) const
    {
        double sum = 0, weight = 0.5;
        int cells = kLattice / 8;
        for (const auto& octave : m_values) {
            sum += weight * cellValue(octave, x * cells, y * cells);
            weight /= 2;
            cells *= 2;
        }
        return sum / (1 - 2 * weight);
    }

private:
    using Octave = std::array<float, (kLattice + 1) * (kLattice + 1)>;

    static double cellValue(const Octave& octave, double x, double y)
    {
        const double left = std::floor(x), top = std::floor(y);
        const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
        const double u = smooth(x - left), v = smooth(y - top);
        const auto corner = [&](int dx, int dy) {
            return static_cast<double>(octave[static_cast<std::size_t>((static_cast<int>(top) + dy) * (kLattice + 1) + static_cast<int>(left) + dx)]);
        };
        return (corner(0, 0) * (1 - u) + corner(1, 0) * u) * (1 - v) + (corner(0, 1) * (1 - u) + corner(1, 1) * u) * v;
    }

    std::array<Octave, 4> m_values;
};

Color anyColor(Rng& rng)
{
    const double hue = rng.uniform(), saturation = rng.uniform(0, 0.7), value = rng.uniform(0.2, 0.95);
    return fromHsv(hue, saturation, value);
}

}  // namespace

RgbImage drawGround(int side, Rng& rng)
{
    const Ground pattern(rng);
    const Clouds clouds(rng);
    const Color low = anyColor(rng), high = anyColor(rng);
    const double share = rng.uniform(0, 0.5);  // of the pattern
    RgbImage ground(side, side);
    for (int row = 0; row < side; ++row) {
        std::uint8_t* out = ground.row(row);
        for (int column = 0; column < side; ++column) {
            const double x = (column + 0.5) / side, y = (row + 0.5) / side;
            const double level = std::clamp(0.5 + 1.6 * (clouds.at(x, y) - 0.5), 0.0, 1.0);
            const Color seen = mix(mix(low, high, level), pattern.at(x, y), share);
            const double noise = rng.uniform(-0.03, 0.03);
            *out++ = toByte(seen.r + noise);
            *out++ = toByte(seen.g + noise);
            *out++ = toByte(seen.b + noise);
        }
    }
    return ground;
}

RgbImage groundOf(const RgbImage& photograph, int side, Rng& rng)
{
    const int shorter = std::min(photograph.width, photograph.height);
    const int size = std::max(1, static_cast<int>(std::lround(shorter * rng.uniform(1.0 / 3, 1))));
    const Box box{static_cast<int>(rng.below(photograph.width - size + 1)), static_cast<int>(rng.below(photograph.height - size + 1)), size, size};
    RgbImage ground;
    resizedCrop(photograph, box, side, side, Interpolation::Bilinear, true, ground);
    if (!rng.chance(0.5)) return ground;
    RgbImage mirrored;
    flipHorizontally(ground, mirrored);
    return mirrored;
}

StampPicture drawStamp(const Stamp& stamp, RgbImage ground, Rng& rng)
{
    const int side = ground.width;
    const double size = side * rng.uniform(0.45, 0.85);
    const double turn = rng.uniform(-kLargestTurn, kLargestTurn) * std::numbers::pi / 180;
    const bool mirrored = rng.chance(0.5);
    const double brightness = rng.uniform(0.75, 1.2), warmth = rng.uniform(-0.1, 0.1);
    const std::array<double, 3> shade = {brightness * (1 + warmth), brightness, brightness * (1 - warmth)};

    // First to its size, averaged; then turned, which keeps it.
    const double scale = size / std::max(stamp.width, stamp.height);
    const cv::Mat source(stamp.height, stamp.width, CV_8UC4, const_cast<std::uint8_t*>(stamp.pixels.data()));
    cv::Mat sized;
    cv::resize(source, sized, {std::max(1, static_cast<int>(std::lround(stamp.width * scale))), std::max(1, static_cast<int>(std::lround(stamp.height * scale)))}, 0, 0,
               scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    const double cosine = std::cos(turn), sine = std::sin(turn), w = sized.cols, h = sized.rows;
    const double halfWidth = (std::abs(w * cosine) + std::abs(h * sine)) / 2, halfHeight = (std::abs(w * sine) + std::abs(h * cosine)) / 2;
    const auto place = [&](double half) { return half >= side / 2.0 ? side / 2.0 : rng.uniform(half, side - half); };
    const double x = place(halfWidth), y = place(halfHeight);
    const double flip = mirrored ? -1 : 1;
    // Of the stamp's pixel centres to the picture's.
    const double middleX = (w - 1) / 2, middleY = (h - 1) / 2;
    const cv::Matx23d move(flip * cosine, -sine, x - 0.5 - flip * cosine * middleX + sine * middleY,  //
                           flip * sine, cosine, y - 0.5 - flip * sine * middleX - cosine * middleY);
    cv::Mat placed;
    cv::warpAffine(sized, placed, move, {side, side}, cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar::all(0));

    StampPicture picture{std::move(ground), {side, side, {}}};
    for (int row = 0; row < side; ++row) {
        const std::uint8_t* over = placed.ptr<std::uint8_t>(row);
        std::uint8_t* out = picture.image.row(row);
        for (int column = 0; column < side; ++column, over += 4)
            for (std::size_t c = 0; c < 4; ++c) {
                const double share = over[3] / 255.0;
                if (c == 3) picture.cover.values.push_back(static_cast<float>(share));
                else *out = toByte((*out * (1 - share) + std::min(255 * share, over[c] * shade[c])) / 255), ++out;
            }
    }
    return picture;
}

}  // namespace selfsight
