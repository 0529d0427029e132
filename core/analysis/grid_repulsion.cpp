#include "core/analysis/grid_repulsion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/base/vectorize.h"

namespace selfsight {

namespace {

constexpr int kSpline = 4;             // nodes that a point touches in each direction
constexpr std::int64_t kBandRows = 8;  // at least kSpline: bands of the same parity never share a row
constexpr std::int64_t kPointsABlock = 1024;
constexpr std::array kSizes = {16,  24,  32,  40,  48,  60,   64,   72,   80,   96,   108,  120, 128, 144,
                               160, 180, 192, 216, 240, 256,  288,  320,  360,  384,  432,  480, 512, 576,
                               640, 720, 768, 864, 960, 1024, 1152, 1280, 1440, 1536, 1728, 2048};

using Four = float __attribute__((vector_size(16)));

SELFSIGHT_INLINED Four four(const float* values)
{
    Four result;
    __builtin_memcpy(&result, values, sizeof result);
    return result;
}

SELFSIGHT_INLINED float sumOf(const Four& values)
{
    return (values[0] + values[1]) + (values[2] + values[3]);
}

/// Weights of the four nodes around a point that lies `t` (0..1) behind the second of them.
SELFSIGHT_INLINED Four weightsAt(float t)
{
    const float s = 1 - t, tt = t * t, ss = s * s;
    return Four{ss * s, (3 * t - 6) * tt + 4, (3 * s - 6) * ss + 4, tt * t} * (1.0f / 6);
}

/// Their derivatives by t.
SELFSIGHT_INLINED Four slopesAt(float t)
{
    const float s = 1 - t;
    return Four{-s * s, (3 * t - 4) * t, (4 - 3 * s) * s, t * t} * 0.5f;
}

}  // namespace

GridRepulsion::GridRepulsion(WorkerTeam& team, double spacing) : m_team(team), m_grid(team), m_spacing(spacing)
{
}

double GridRepulsion::repel(std::span<const float> layout, std::span<float> forces)
{
    if (layout.empty()) return 0;
    fit(layout);
    sortByRow(layout);
    spread(layout);
    m_grid.convolve();
    return read(layout, forces);
}

/// Chooses a grid that the layout fits in.
void GridRepulsion::fit(std::span<const float> layout)
{
    float high[2] = {layout[0], layout[1]};
    m_low[0] = layout[0];
    m_low[1] = layout[1];
    for (std::size_t i = 0; i < layout.size(); i += 2)
        for (std::size_t axis = 0; axis < 2; ++axis) {
            m_low[axis] = std::min(m_low[axis], layout[i + axis]);
            high[axis] = std::max(high[axis], layout[i + axis]);
        }
    const double span[2] = {static_cast<double>(high[0]) - m_low[0], static_cast<double>(high[1]) - m_low[1]};
    // A layout wider than the largest grid is rare: coarser nodes do.
    const double spacing = std::max(m_spacing, std::max(span[0], span[1]) / (kSizes.back() - kSpline - 3));
    const auto nodes = [&](double wide) {
        const auto needed = static_cast<std::int64_t>(wide / spacing) + kSpline + 2;
        return std::int64_t{*std::ranges::find_if(kSizes, [&](int size) { return size >= needed; })};
    };
    m_scale = static_cast<float>(1 / spacing);
    if (m_grid.width() == nodes(span[0]) && m_grid.height() == nodes(span[1]) && m_gridSpacing == spacing) return;
    m_gridSpacing = spacing;
    m_grid.resize(
        nodes(span[0]), nodes(span[1]),
        [&](double across, double down) { return 1 / (1 + spacing * spacing * (across * across + down * down)); },
        [](double waves) {  // the splines' own, of spreading and of reading
            const double spline = (2 + std::cos(2 * std::numbers::pi * waves)) / 3;
            return spline * spline;
        });
}

/// Points by grid row, so that bands can be filled side by side, each in the same order whoever fills it.
void GridRepulsion::sortByRow(std::span<const float> layout)
{
    const std::size_t points = layout.size() / 2;
    m_rowStarts.assign(static_cast<std::size_t>(m_grid.height() + 1), 0);
    m_order.resize(points);
    for (std::size_t i = 0; i < points; ++i) ++m_rowStarts[static_cast<std::size_t>(place(layout[2 * i + 1], 1)) + 1];
    for (std::size_t row = 1; row < m_rowStarts.size(); ++row) m_rowStarts[row] += m_rowStarts[row - 1];
    std::vector<std::int32_t> next(m_rowStarts.begin(), m_rowStarts.end() - 1);
    for (std::size_t i = 0; i < points; ++i)
        m_order[static_cast<std::size_t>(next[static_cast<std::size_t>(place(layout[2 * i + 1], 1))]++)] =
            static_cast<std::int32_t>(i);
}

void GridRepulsion::spread(std::span<const float> layout)
{
    m_grid.clear();
    const std::int64_t bands = (m_grid.height() + kBandRows - 1) / kBandRows, pitch = m_grid.row(1) - m_grid.row(0);
    for (std::int64_t parity = 0; parity < 2; ++parity)
        m_team.run((bands + 1 - parity) / 2, [&](std::int64_t half, int) {
            const std::int64_t first = (2 * half + parity) * kBandRows, last = std::min(first + kBandRows, m_grid.height());
            for (std::int32_t at = m_rowStarts[static_cast<std::size_t>(first)]; at < m_rowStarts[static_cast<std::size_t>(last)];
                 ++at) {
                const auto i = static_cast<std::size_t>(m_order[static_cast<std::size_t>(at)]);
                const float x = place(layout[2 * i], 0), y = place(layout[2 * i + 1], 1);
                const auto column = static_cast<std::int64_t>(x), row = static_cast<std::int64_t>(y);
                const Four across = weightsAt(x - static_cast<float>(column)), down = weightsAt(y - static_cast<float>(row));
                float* nodes = m_grid.row(row - 1) + column - 1;
                for (int r = 0; r < kSpline; ++r, nodes += pitch) {
                    const Four sum = four(nodes) + across * down[r];
                    __builtin_memcpy(nodes, &sum, sizeof sum);
                }
            }
        });
}

/// Forces are minus half the slope of the potential. They sum to zero, but for what all points of a narrow layout have in common:
/// where it lies between the nodes. That is taken out.
double GridRepulsion::read(std::span<const float> layout, std::span<float> forces)
{
    const auto points = static_cast<std::int64_t>(m_order.size());
    const std::int64_t pitch = m_grid.row(1) - m_grid.row(0);
    struct Sums {
        double potential = 0, x = 0, y = 0;
    };
    std::vector<Sums> sums(static_cast<std::size_t>((points + kPointsABlock - 1) / kPointsABlock));
    m_team.run(static_cast<std::int64_t>(sums.size()), [&](std::int64_t block, int) {
        Sums sum;
        for (std::int64_t at = block * kPointsABlock; at < std::min((block + 1) * kPointsABlock, points); ++at) {
            const auto i = static_cast<std::size_t>(m_order[static_cast<std::size_t>(at)]);
            const float x = place(layout[2 * i], 0), y = place(layout[2 * i + 1], 1);
            const auto column = static_cast<std::int64_t>(x), row = static_cast<std::int64_t>(y);
            const float tx = x - static_cast<float>(column), ty = y - static_cast<float>(row);
            const Four down = weightsAt(ty), downSlopes = slopesAt(ty);
            const float* nodes = m_grid.row(row - 1) + column - 1;
            Four values = {}, slopes = {};
            for (int r = 0; r < kSpline; ++r, nodes += pitch) {
                const Four line = four(nodes);
                values += line * down[r];
                slopes += line * downSlopes[r];
            }
            const Four across = weightsAt(tx);
            sum.potential += sumOf(across * values) - 1.0;  // itself
            forces[2 * i] = -0.5f * m_scale * sumOf(slopesAt(tx) * values);
            forces[2 * i + 1] = -0.5f * m_scale * sumOf(across * slopes);
            sum.x += forces[2 * i];
            sum.y += forces[2 * i + 1];
        }
        sums[static_cast<std::size_t>(block)] = sum;
    });
    Sums all;
    for (const Sums& part : sums) all = {all.potential + part.potential, all.x + part.x, all.y + part.y};
    const auto x = static_cast<float>(all.x / static_cast<double>(points)),
               y = static_cast<float>(all.y / static_cast<double>(points));
    for (std::size_t i = 0; i < forces.size(); i += 2) {
        forces[i] -= x;
        forces[i + 1] -= y;
    }
    return all.potential;
}

}  // namespace selfsight
