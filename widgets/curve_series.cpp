#include "widgets/curve_series.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace selfsight {

void CurveSeries::append(std::span<const double> steps, std::span<const double> values)
{
    for (std::size_t i = 0; i < std::min(steps.size(), values.size()); ++i)
        if (m_raw.append(steps[i], values[i])) m_smooth.append(steps[i], m_average.push(values[i]));
}

void CurveSeries::append(const CurveRows& rows)
{
    for (std::size_t i = 0; i < rows.last.size(); ++i) {
        const double first = rows.first[i], last = rows.last[i], mean = rows.mean[i];
        if (first == last) {
            if (m_raw.append(last, mean)) m_smooth.append(last, m_average.push(mean));
            continue;
        }
        if (!m_raw.append(first, rows.lowest[i])) continue;
        m_raw.append(last, rows.highest[i]);
        m_smooth.append(last, m_average.push(mean, last - first + 1));
        m_coarse.push_back({first, last, mean, rows.lowest[i], rows.highest[i]});
    }
}

void CurveSeries::setSmoothing(double smoothing)
{
    if (m_smoothing == smoothing) return;
    m_smoothing = smoothing;
    m_average = DebiasedAverage(smoothing);
    m_smooth.clear();
    for (const Coarse& row : m_coarse) m_smooth.append(row.last, m_average.push(row.mean, row.last - row.first + 1));
    for (std::size_t i = 2 * m_coarse.size(); i < m_raw.size(); ++i)
        m_smooth.append(m_raw.at(i).x, m_average.push(m_raw.at(i).y));
    smoothDetail();
}

void CurveSeries::smoothDetail()
{
    m_detailSmooth.clear();
    DebiasedAverage average(m_smoothing);
    for (std::size_t i = 0; i < m_detailRaw.size(); ++i)
        m_detailSmooth.append(m_detailRaw.at(i).x, average.push(m_detailRaw.at(i).y));
}

void CurveSeries::setDetail(double from, double to, std::vector<CurvePoint> points)
{
    m_detailFrom = from;
    m_detailTo = to;
    m_detailRaw.clear();
    for (const CurvePoint& point : points) m_detailRaw.append(point.x, point.y);
    smoothDetail();
}

bool CurveSeries::wantsDetail(double from, double to, int columns) const
{
    if (m_coarse.empty() || from >= to || from > m_coarse.back().last || covers(from, to)) return false;
    return (to - from) / columns < m_coarse.front().last - m_coarse.front().first;
}

double CurveSeries::memory() const
{
    return std::ceil(8 / (1 - m_smoothing));
}

bool CurveSeries::coarseAt(double step, double& lowest, double& highest) const
{
    if (covers(step, step)) return false;
    const auto row =
        std::lower_bound(m_coarse.begin(), m_coarse.end(), step, [](const Coarse& each, double x) { return each.last < x; });
    if (row == m_coarse.end() || step < row->first) return false;
    lowest = row->lowest;
    highest = row->highest;
    return true;
}

}  // namespace selfsight
