// Colours of 0..1 and drawn grounds, for data sets that paint their pictures.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/base/rng.h"

namespace selfsight {

struct Color {
    double r = 0, g = 0, b = 0;
};

inline Color fromHsv(double hue, double saturation, double value)
{
    const auto channel = [&](double shift) {
        const double k = std::fmod(shift + hue * 6, 6.0);
        return value - value * saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
    };
    return {channel(5), channel(3), channel(1)};
}

inline Color mix(const Color& a, const Color& b, double share)
{
    return {a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share};
}

/// A dull two-coloured pattern: a slope, stripes, checks or wavy stripes.
class Ground {
public:
    explicit Ground(Rng& rng)
        : m_kind(rng.below(4)),
          m_first(fromHsv(rng.uniform(), rng.uniform(0, 0.35), rng.uniform(0.1, 0.6))),
          m_second(fromHsv(rng.uniform(), rng.uniform(0, 0.35), rng.uniform(0.1, 0.6))),
          m_angle(rng.uniform(0, std::numbers::pi)),
          m_frequency(rng.uniform(2, 7)),
          m_phase(rng.uniform(0, 2 * std::numbers::pi))
    {
    }

    /// x and y: 0..1 over the picture.
    Color at(double x, double y) const
    {
        const double u = x * std::cos(m_angle) + y * std::sin(m_angle), v = y * std::cos(m_angle) - x * std::sin(m_angle);
        switch (m_kind) {
        case 0: return mix(m_first, m_second, std::clamp(0.5 + 0.5 * u, 0.0, 1.0));
        case 1: return mix(m_first, m_second, 0.5 + 0.5 * wave(u));
        case 2: return mix(m_first, m_second, std::clamp(0.5 + 3 * wave(u) * wave(v), 0.0, 1.0));
        default: return mix(m_first, m_second, 0.5 + 0.5 * wave(v + 0.15 * wave(u)));
        }
    }

private:
    double wave(double t) const { return std::sin(2 * std::numbers::pi * m_frequency * t + m_phase); }

    std::int64_t m_kind;
    Color m_first, m_second;
    double m_angle, m_frequency, m_phase;
};

inline std::uint8_t toByte(double level)
{
    return static_cast<std::uint8_t>(std::clamp(level * 255 + 0.5, 0.0, 255.0));
}

}  // namespace selfsight
