#include "core/analysis/tsne.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/pca.h"
#include "core/analysis/tsne_forces.h"
#include "core/base/error.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr std::int64_t kFewPoints = 5000;   // up to here all pairs are faster than the grid, and exact
constexpr std::int64_t kPointsAStep = 512;  // in one piece of work
constexpr float kLeastGain = 0.01f, kLongestStep = 5;
constexpr double kFirstSpread = 1e-4, kJitter = 1e-6;  // standard deviations of the first layout
constexpr int kCentreEvery = 10;

std::vector<float> firstLayout(MatrixView rows, std::uint64_t seed)
{
    std::vector<float> layout = pcaLayout(rows);
    double square = 0;
    for (std::size_t i = 0; i < layout.size(); i += 2) square += static_cast<double>(layout[i]) * layout[i];
    const double spread = std::sqrt(square / static_cast<double>(rows.rows));  // of the first component, whose mean is 0
    Rng rng({seed, 0x75e});
    for (float& value : layout)
        value = static_cast<float>((spread > 0 ? value / spread * kFirstSpread : 0) + kJitter * rng.normal());
    return layout;
}

void centre(std::vector<float>& layout)
{
    double mean[2] = {};
    for (std::size_t i = 0; i < layout.size(); ++i) mean[i % 2] += layout[i];
    for (double& value : mean) value /= static_cast<double>(layout.size() / 2);
    for (std::size_t i = 0; i < layout.size(); ++i) layout[i] -= static_cast<float>(mean[i % 2]);
}

}  // namespace

Tsne::Tsne(const TsneOptions& options) : m_options(options), m_team(options.threads), m_grid(m_team)
{
}

int Tsne::total() const
{
    return m_options.exaggeratedIterations + m_options.iterations;
}

bool Tsne::setRows(MatrixView rows, const Cancelled& isCancelled)
{
    const bool isFirst = m_layout.empty();
    if (!isFirst && static_cast<std::int64_t>(m_layout.size()) != 2 * rows.rows)
        throw Error("t-SNE", "the number of samples has changed while it ran.", "Start it anew.");
    Affinities found = affinities(rows, m_options.perplexity, 0, m_options.threads, isCancelled);
    if (found.rows() <= 0) return false;
    m_affinities = std::move(found);
    if (isFirst) {
        m_layout = firstLayout(rows, m_options.seed);
        rest();
    } else {
        m_isWarm = true;
    }
    return true;
}

void Tsne::setLayout(std::span<const float> layout)
{
    if (layout.size() != m_layout.size()) throw Error("t-SNE", "the layout has another number of points than there are samples.");
    if (!std::ranges::all_of(layout, [](float value) { return std::isfinite(value); }))
        throw Error("t-SNE", "the layout has a point that is not finite.");
    m_layout.assign(layout.begin(), layout.end());
    m_isWarm = true;
    rest();
}

void Tsne::rest()
{
    m_velocities.assign(m_layout.size(), 0);
    m_gains.assign(m_layout.size(), 1);
    m_repulsion.resize(m_layout.size());
    m_next.resize(m_layout.size());
}

void Tsne::iterate(int count, const Cancelled& isCancelled)
{
    for (int i = 0; i < count && !(isCancelled && isCancelled()); ++i) step();
}

double Tsne::repel()
{
    const bool isSmall = static_cast<std::int64_t>(m_layout.size()) / 2 <= kFewPoints;
    return isSmall ? repelByPairs(m_layout, m_repulsion, m_team) : m_grid.repel(m_layout, m_repulsion);
}

void Tsne::step()
{
    if (m_done == m_options.exaggeratedIterations && !m_isWarm) std::ranges::fill(m_velocities, 0.0f);
    const double exaggeration = isExaggerating() ? m_options.exaggeration : 1;
    const float momentum = isExaggerating() ? 0.5f : 0.8f;
    const auto points = static_cast<std::int64_t>(m_layout.size() / 2);
    const double rate = m_options.learningRate > 0 ? m_options.learningRate : static_cast<double>(points) / exaggeration;
    const auto pull = static_cast<float>(rate * exaggeration), push = static_cast<float>(rate / repel());
    m_team.run((points + kPointsAStep - 1) / kPointsAStep, [&](std::int64_t block, int) {
        for (std::int64_t row = block * kPointsAStep; row < std::min((block + 1) * kPointsAStep, points); ++row) {
            const auto at = static_cast<std::size_t>(2 * row);
            const Attraction attracted = attraction(m_affinities, m_layout, row);
            const float slopes[2] = {pull * attracted.x - push * m_repulsion[at], pull * attracted.y - push * m_repulsion[at + 1]};
            for (std::size_t axis = 0; axis < 2; ++axis) {
                float& gain = m_gains[at + axis];
                float& velocity = m_velocities[at + axis];
                const bool turns = (slopes[axis] > 0) == (velocity > 0);  // the step would go back
                gain = turns ? std::max(gain * 0.8f, kLeastGain) : gain + 0.2f;
                velocity = momentum * velocity - gain * slopes[axis];
            }
            const float length = std::hypot(m_velocities[at], m_velocities[at + 1]);
            const float shorter = length > kLongestStep ? kLongestStep / length : 1;
            for (std::size_t axis = 0; axis < 2; ++axis)
                m_next[at + axis] = m_layout[at + axis] + (m_velocities[at + axis] *= shorter);
        }
    });
    std::swap(m_layout, m_next);
    if (++m_done % kCentreEvery == 0) centre(m_layout);
}

double Tsne::divergence()
{
    const double sum = repel();
    return selfsight::divergence(m_affinities, m_layout, sum, m_team);
}

}  // namespace selfsight
