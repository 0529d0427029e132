#include "widgets/curve_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace selfsight {

bool CurveData::append(double x, double y)
{
    if (!std::isfinite(x) || (!m_points.empty() && x < m_points.back().x)) return false;
    m_points.push_back({x, y});
    // A block of every level that ends with this point is complete now.
    std::size_t block = kFan;
    for (std::size_t level = 0; m_points.size() % block == 0; ++level, block *= kFan) {
        if (level == m_levels.size()) m_levels.emplace_back();
        m_levels[level].push_back(extremes(m_points.size() - block, m_points.size()));
    }
    return true;
}

void CurveData::clear()
{
    m_points.clear();
    m_levels.clear();
}

std::size_t CurveData::firstAtOrAfter(double x) const
{
    const auto found =
        std::lower_bound(m_points.begin(), m_points.end(), x, [](const CurvePoint& p, double value) { return p.x < value; });
    return static_cast<std::size_t>(found - m_points.begin());
}

const CurvePoint& CurveData::nearest(double x) const
{
    const std::size_t after = firstAtOrAfter(x);
    if (after == 0) return m_points.front();
    if (after == m_points.size()) return m_points.back();
    return x - m_points[after - 1].x <= m_points[after].x - x ? m_points[after - 1] : m_points[after];
}

CurveData::Extremes CurveData::extremes(std::size_t first, std::size_t last) const
{
    Extremes result;
    const auto take = [&](std::size_t index) {
        if (result.lowest == kNone || m_points[index].y < m_points[result.lowest].y) result.lowest = index;
        if (result.highest == kNone || m_points[index].y > m_points[result.highest].y) result.highest = index;
    };
    for (std::size_t i = first; i < last;) {
        // The largest complete block that starts here and fits.
        std::size_t level = 0;
        std::size_t block = 1;
        while (level < m_levels.size() && i % (block * kFan) == 0 && i + block * kFan <= last &&
               i / (block * kFan) < m_levels[level].size()) {
            block *= kFan;
            ++level;
        }
        if (level == 0) {
            if (std::isfinite(m_points[i].y)) take(i);
            else result.gap = true;
        } else {
            const Extremes& part = m_levels[level - 1][i / block];
            result.gap |= part.gap;
            if (part.lowest != kNone) {
                take(part.lowest);
                take(part.highest);
            }
        }
        i += block;
    }
    return result;
}

std::vector<CurvePoint> CurveData::columns(double from, double to, int columns) const
{
    std::vector<CurvePoint> result;
    this->columns(from, to, columns, result);
    return result;
}

void CurveData::columns(double from, double to, int columns, std::vector<CurvePoint>& result) const
{
    result.clear();
    std::size_t first = firstAtOrAfter(from);
    std::size_t last = firstAtOrAfter(std::nextafter(to, std::numeric_limits<double>::infinity()));
    if (first > 0) --first;
    if (last < m_points.size()) ++last;
    const auto count = static_cast<std::size_t>(std::max(columns, 1));
    if (last - first <= 2 * count) {
        result.assign(m_points.begin() + static_cast<std::ptrdiff_t>(first),
                      m_points.begin() + static_cast<std::ptrdiff_t>(last));
        return;
    }

    // Columns end where blocks do, at most a quarter of a column early, so that few points are looked at one by one.
    std::size_t whole = 1;
    while (whole * kFan * 4 * count <= last - first) whole *= kFan;
    result.reserve(3 * count + 4);
    std::size_t begin = first;
    for (std::size_t column = 0; begin < last; ++column) {
        // The last column takes the point beyond as well.
        const double edge = from + (to - from) * static_cast<double>(column + 1) / static_cast<double>(count);
        const std::size_t end = column + 1 >= count ? last : std::min(last, firstAtOrAfter(edge)) / whole * whole;
        if (end <= begin) continue;
        const Extremes found = extremes(begin, end);
        if (found.gap) result.push_back({m_points[begin].x, std::numeric_limits<double>::quiet_NaN()});
        if (found.lowest != kNone) {
            result.push_back(m_points[std::min(found.lowest, found.highest)]);
            if (found.lowest != found.highest) result.push_back(m_points[std::max(found.lowest, found.highest)]);
        }
        begin = end;
    }
}

double DebiasedAverage::push(double y, double times)
{
    if (!std::isfinite(y)) return push(y);
    const double kept = std::pow(m_smoothing, times);
    m_sum = kept * m_sum + (1 - kept) * y;
    m_weight = kept * m_weight + (1 - kept);
    return m_sum / m_weight;
}

double DebiasedAverage::push(double y)
{
    if (!std::isfinite(y)) {
        m_sum = m_weight = 0;
        return std::numeric_limits<double>::quiet_NaN();
    }
    m_sum = m_smoothing * m_sum + (1 - m_smoothing) * y;
    m_weight = m_smoothing * m_weight + (1 - m_smoothing);
    return m_sum / m_weight;
}

}  // namespace selfsight
