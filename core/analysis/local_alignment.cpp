#include "core/analysis/local_alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace selfsight {

namespace {

constexpr double kCellsAReach = 4;
constexpr std::size_t kMostCells = 1024;  // a side
constexpr double kBell = 3;               // standard deviations after which it counts as 0
constexpr double kLeastWeight = 1e-6;     // of a point that would stay where it is

/// Weighted sums over the points p of a layout whose places were q.
enum Sum { Weight, Px, Py, Qx, Qy, Dot, Cross, Sums };
using Moments = std::array<double, Sums>;

class Grid {
public:
    Grid(std::span<const float> layout, double reach)
    {
        double extent = 0;
        for (int axis = 0; axis < 2; ++axis) {
            double high = layout[static_cast<std::size_t>(axis)];
            m_low[axis] = high;
            for (std::size_t i = static_cast<std::size_t>(axis); i < layout.size(); i += 2) {
                m_low[axis] = std::min<double>(m_low[axis], layout[i]);
                high = std::max<double>(high, layout[i]);
            }
            extent = std::max(extent, high - m_low[axis]);
        }
        m_step = std::max(reach / kCellsAReach, extent / static_cast<double>(kMostCells - 2));
        m_side = static_cast<std::size_t>(extent / m_step) + 2;
        m_cells.resize(m_side * m_side);
        m_reach = std::max(reach / m_step, 1.0);
    }

    void add(double x, double y, const Moments& moments)
    {
        visit(x, y, [&](std::size_t cell, double share) {
            for (std::size_t s = 0; s < Sums; ++s) m_cells[cell][s] += share * moments[s];
        });
    }

    Moments at(double x, double y) const
    {
        Moments sum{};
        visit(x, y, [&](std::size_t cell, double share) {
            for (std::size_t s = 0; s < Sums; ++s) sum[s] += share * m_cells[cell][s];
        });
        return sum;
    }

    void blur()
    {
        std::vector<double> bell;
        for (double d = 0; d <= kBell * m_reach; ++d) bell.push_back(std::exp(-d * d / (2 * m_reach * m_reach)));
        std::vector<Moments> line(m_side);
        const auto along = [&](std::size_t first, std::size_t stride) {
            for (std::size_t i = 0; i < m_side; ++i) line[i] = m_cells[first + i * stride];
            for (std::size_t i = 0; i < m_side; ++i) {
                Moments sum{};
                const std::size_t begin = i - std::min(i, bell.size() - 1), end = std::min(m_side, i + bell.size());
                for (std::size_t j = begin; j < end; ++j)
                    if (line[j][Weight] > 0)
                        for (std::size_t s = 0; s < Sums; ++s) sum[s] += bell[i > j ? i - j : j - i] * line[j][s];
                m_cells[first + i * stride] = sum;
            }
        };
        for (std::size_t row = 0; row < m_side; ++row) along(row * m_side, 1);
        for (std::size_t column = 0; column < m_side; ++column) along(column, m_side);
    }

private:
    /// The four cells around a place, each with its share of it.
    template <typename Visit>
    void visit(double x, double y, const Visit& cell) const
    {
        const double u = (x - m_low[0]) / m_step, v = (y - m_low[1]) / m_step;
        const std::size_t column = std::min(static_cast<std::size_t>(std::max(u, 0.0)), m_side - 2);
        const std::size_t row = std::min(static_cast<std::size_t>(std::max(v, 0.0)), m_side - 2);
        const double right = u - static_cast<double>(column), down = v - static_cast<double>(row);
        const std::size_t at = row * m_side + column;
        cell(at, (1 - right) * (1 - down));
        cell(at + 1, right * (1 - down));
        cell(at + m_side, (1 - right) * down);
        cell(at + m_side + 1, right * down);
    }

    double m_low[2] = {}, m_step = 1, m_reach = 1;
    std::size_t m_side = 2;
    std::vector<Moments> m_cells;
};

Moments momentsOf(double weight, double px, double py, double qx, double qy)
{
    return {weight, weight * px, weight * py, weight * qx, weight * qy, weight * (px * qx + py * qy), weight * (px * qy - py * qx)};
}

}  // namespace

void alignLocally(std::span<const float> target, std::span<const float> trust, std::span<float> layout, double reach)
{
    if (layout.empty() || target.size() != layout.size() || 2 * trust.size() != layout.size() || reach <= 0) return;
    Grid grid(layout, reach);
    for (std::size_t i = 0; i < trust.size(); ++i) {
        const double x = layout[2 * i], y = layout[2 * i + 1];
        grid.add(x, y, momentsOf(trust[i], x, y, target[2 * i], target[2 * i + 1]));
    }
    grid.blur();
    for (std::size_t i = 0; i < trust.size(); ++i) {
        float& x = layout[2 * i];
        float& y = layout[2 * i + 1];
        Moments sum = grid.at(x, y);
        const Moments stays = momentsOf(kLeastWeight, x, y, x, y);
        for (std::size_t s = 0; s < Sums; ++s) sum[s] += stays[s];
        const double px = sum[Px] / sum[Weight], py = sum[Py] / sum[Weight];
        const double qx = sum[Qx] / sum[Weight], qy = sum[Qy] / sum[Weight];
        // Around the means; the turn that gains most, as in alignTo().
        const double dot = sum[Dot] - sum[Weight] * (px * qx + py * qy), cross = sum[Cross] - sum[Weight] * (px * qy - py * qx);
        const double length = std::hypot(dot, cross);
        const double c = length > 0 ? dot / length : 1, s = length > 0 ? cross / length : 0;
        const double dx = x - px, dy = y - py;
        x = static_cast<float>(qx + c * dx - s * dy);
        y = static_cast<float>(qy + s * dx + c * dy);
    }
}

}  // namespace selfsight
