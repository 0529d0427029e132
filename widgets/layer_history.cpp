#include "widgets/layer_history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace selfsight {

namespace {

constexpr float kPerUnit = 1024;  // of ln g: -32 .. 32 is all that a norm can be
constexpr std::size_t kMedianRows = 2000;

}  // namespace

std::int16_t LayerHistory::encode(float norm)
{
    if (!std::isfinite(norm) || norm <= 0) return kGap;
    return static_cast<std::int16_t>(std::clamp(std::lround(std::log(norm) * kPerUnit), -32767l, 32767l));
}

float LayerHistory::decode(std::int16_t code)
{
    return code == kGap ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(code) / kPerUnit;
}

void LayerHistory::append(std::int64_t first, std::int64_t last, std::span<const float> norms)
{
    if (norms.size() != m_layers || m_layers == 0 || last < first || (!empty() && first <= m_last.back())) return;
    m_first.push_back(first);
    m_last.push_back(last);
    if (m_levels.empty()) m_levels.emplace_back();
    std::ranges::transform(norms, std::back_inserter(m_levels[0]), encode);
    std::size_t block = kFan;
    for (std::size_t level = 1; rows() % block == 0; ++level, block *= kFan) {
        if (level == m_levels.size()) m_levels.emplace_back();
        const std::vector<std::int16_t>& below = m_levels[level - 1];
        const std::size_t begin = below.size() - kFan * m_layers;
        for (std::size_t layer = 0; layer < m_layers; ++layer) {
            std::int16_t best = kGap;
            for (std::size_t row = 0; row < kFan; ++row) best = std::max(best, below[begin + row * m_layers + layer]);
            m_levels[level].push_back(best);
        }
    }
}

std::size_t LayerHistory::rowAt(double step) const
{
    const auto found = std::lower_bound(m_last.begin(), m_last.end(), step, [](std::int64_t last, double value) { return static_cast<double>(last) < value; });
    return static_cast<std::size_t>(found - m_last.begin());
}

void LayerHistory::collect(std::size_t begin, std::size_t end, std::vector<std::int16_t>& best) const
{
    best.assign(m_layers, kGap);
    for (std::size_t row = begin; row < end;) {
        // The largest complete block that starts here and fits.
        std::size_t level = 0, block = 1;
        while (level + 1 < m_levels.size() && row % (block * kFan) == 0 && row + block * kFan <= end && (row / (block * kFan) + 1) * m_layers <= m_levels[level + 1].size()) {
            block *= kFan;
            ++level;
        }
        const std::int16_t* values = m_levels[level].data() + row / block * m_layers;
        for (std::size_t layer = 0; layer < m_layers; ++layer) best[layer] = std::max(best[layer], values[layer]);
        row += block;
    }
}

void LayerHistory::maxima(std::size_t begin, std::size_t end, std::span<float> to) const
{
    thread_local std::vector<std::int16_t> best;
    collect(begin, std::min(end, rows()), best);
    std::ranges::transform(best, to.begin(), decode);
}

std::vector<float> LayerHistory::medians() const
{
    const std::size_t every = std::max<std::size_t>(1, rows() / kMedianRows);
    std::vector<float> medians(m_layers, std::numeric_limits<float>::quiet_NaN());
    std::vector<std::int16_t> values;
    for (std::size_t layer = 0; layer < m_layers; ++layer) {
        values.clear();
        for (std::size_t row = 0; row < rows(); row += every)
            if (const std::int16_t code = m_levels[0][row * m_layers + layer]; code != kGap) values.push_back(code);
        if (values.empty()) continue;
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        medians[layer] = decode(*middle);
    }
    return medians;
}

}  // namespace selfsight
