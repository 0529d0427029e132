#include "core/data/shape_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/data/ground.h"

namespace selfsight {

namespace {

struct Point {
    double x = 0;
    double y = 0;
};

double length(Point p)
{
    return std::sqrt(p.x * p.x + p.y * p.y);
}

double boxDistance(Point p, double halfWidth, double halfHeight)
{
    return std::max(std::abs(p.x) - halfWidth, std::abs(p.y) - halfHeight);
}

/// Half-planes around a regular polygon whose corners lie at distance 1.
double polygonDistance(Point p, int corners)
{
    const double step = 2 * std::numbers::pi / corners;
    double distance = -1e9;
    for (int i = 0; i < corners; ++i)
        distance = std::max(distance, p.x * std::cos(step * i) + p.y * std::sin(step * i) - std::cos(step / 2));
    return distance;
}

double starDistance(Point p)
{
    constexpr double kStep = std::numbers::pi / 5;
    // Every tip is folded onto the half of it that lies between the angles 0 and pi/5.
    const double angle = std::abs(std::remainder(std::atan2(p.y, p.x), 2 * kStep));
    const Point q{length(p) * std::cos(angle), length(p) * std::sin(angle)};
    constexpr double kInner = 0.42;
    const Point notch{kInner * std::cos(kStep), kInner * std::sin(kStep)};
    const Point edge{notch.x - 1, notch.y};
    return ((q.x - 1) * -edge.y + q.y * edge.x) / -length(edge);
}

/// Signed distance to the figure's outline, negative inside; a figure fits into the unit circle.
double distanceTo(int shape, Point p)
{
    switch (shape) {
    case 0: return length(p) - 0.85;
    case 1: return boxDistance(p, 0.7, 0.7);
    case 2: return polygonDistance(p, 3);
    case 3: return starDistance(p);
    case 4: return std::abs(length(p) - 0.7) - 0.2;
    case 5: return std::min(boxDistance(p, 0.92, 0.28), boxDistance(p, 0.28, 0.92));
    case 6: return std::max(length(p) - 0.9, 0.75 - length({p.x - 0.45, p.y}));
    default: return boxDistance(p, 0.95, 0.25);
    }
}

struct NamedHue {
    const char* name;
    double hue;
};

constexpr std::array<NamedHue, 6> kHues = {
    {{"red", 0.0}, {"yellow", 1.0 / 6}, {"green", 2.0 / 6}, {"cyan", 3.0 / 6}, {"blue", 4.0 / 6}, {"magenta", 5.0 / 6}}};

}  // namespace

const std::vector<std::string>& shapeNames()
{
    static const std::vector<std::string> names = {"circle", "square", "triangle", "star", "ring", "cross", "crescent", "bar"};
    return names;
}

const std::vector<std::string>& shapeColorNames()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const NamedHue& hue : kHues) list.push_back(hue.name);
        return list;
    }();
    return names;
}

ShapePicture drawShape(int shape, int color, int side, Rng& rng)
{
    const Ground ground(rng);
    const double hue = kHues[static_cast<std::size_t>(color)].hue + 1 + rng.uniform(-0.04, 0.04);
    const Color paint = fromHsv(hue - std::floor(hue), rng.uniform(0.75, 1), rng.uniform(0.75, 1));
    const double radius = rng.uniform(0.22, 0.42);  // of the side
    const Point center{rng.uniform(radius, 1 - radius), rng.uniform(radius, 1 - radius)};
    const double angle = rng.uniform(0, 2 * std::numbers::pi);
    const double cosine = std::cos(angle) / radius, sine = std::sin(angle) / radius;

    ShapePicture picture{RgbImage(side, side),
                         {side, side, std::vector<float>(static_cast<std::size_t>(side) * static_cast<std::size_t>(side))}};
    std::size_t pixel = 0;
    for (int row = 0; row < side; ++row) {
        std::uint8_t* out = picture.image.row(row);
        for (int column = 0; column < side; ++column, ++pixel) {
            const double x = (column + 0.5) / side, y = (row + 0.5) / side;
            const Point p{(x - center.x) * cosine + (y - center.y) * sine, (y - center.y) * cosine - (x - center.x) * sine};
            // The cover goes from 1 to 0 over the one pixel in which the outline passes; beyond the unit circle is no figure.
            const double scale = radius * side;
            const double cover = length(p) > 1 + 1 / scale ? 0.0 : std::clamp(0.5 - distanceTo(shape, p) * scale, 0.0, 1.0);
            picture.cover.values[pixel] = static_cast<float>(cover);
            const Color seen = mix(ground.at(x, y), paint, cover);
            const double noise = rng.uniform(-0.03, 0.03);
            *out++ = toByte(seen.r + noise);
            *out++ = toByte(seen.g + noise);
            *out++ = toByte(seen.b + noise);
        }
    }
    return picture;
}

}  // namespace selfsight
