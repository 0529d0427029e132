#include "widgets/color_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/theme.h"

namespace selfsight {

namespace {

/// Every tenth; between them the map is straight to within what an eye can tell.
constexpr std::array<QRgb, 11> kViridis = {0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C,
                                           0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725};

}  // namespace

QColor viridis(double share)
{
    const double place = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0) * (kViridis.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
    const double part = place - static_cast<double>(below);
    const QColor a = kViridis[below], b = kViridis[below + 1];
    const auto mix = [part](int x, int y) { return static_cast<int>(std::lround((1 - part) * x + part * y)); };
    return QColor(mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue()));
}

QColor viridisOn(const QColor& background, double share)
{
    constexpr double kDarkest = 0.35, kBrightest = 0.75;
    const double inside = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0);
    return viridis(inkOn(background) == Qt::white ? kDarkest + (1 - kDarkest) * inside : kBrightest * inside);
}

QColor inkOn(const QColor& background)
{
    return contrast(background, Qt::white) >= contrast(background, Qt::black) ? Qt::white : Qt::black;
}

}  // namespace selfsight
