#include "core/record/spikes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/record/layer_groups.h"

namespace selfsight {

namespace {

constexpr std::size_t kManyLayers = 8;  // whose median is what they have in common

/// The median absolute deviation of sorted values: from the median outwards, the nearer side first.
float deviation(const std::vector<float>& sorted)
{
    const std::size_t middle = sorted.size() / 2;
    const float median = sorted[middle];
    std::size_t below = middle, above = middle;
    float distance = 0;
    for (std::size_t taken = 0; taken < middle; ++taken) {
        const float down = below > 0 ? median - sorted[below - 1] : INFINITY, up = above + 1 < sorted.size() ? sorted[above + 1] - median : INFINITY;
        distance = std::min(down, up);
        if (down <= up) --below;
        else ++above;
    }
    return distance;
}

}  // namespace

std::optional<std::int64_t> onsetOf(const SpikeEvent& event, std::span<const std::size_t> layers)
{
    for (const LayerSpike& spike : event.layers)  // by onset
        if (std::ranges::find(layers, spike.layer) != layers.end()) return spike.onset;
    return std::nullopt;
}

std::optional<std::int64_t> leadOf(const SpikeEvent& event, std::span<const std::size_t> layers, const std::vector<std::string>& layerNames)
{
    const auto last = onsetOf(event, lastBlock(layerNames)), own = onsetOf(event, layers);
    if (!last || !own) return std::nullopt;
    return *last - *own;
}

std::optional<std::size_t> eventAt(const std::vector<SpikeEvent>& events, std::int64_t step)
{
    const auto after = std::ranges::upper_bound(events, step, {}, &SpikeEvent::first);
    if (after == events.begin()) return std::nullopt;
    const auto event = std::prev(after);
    if (step > event->last) return std::nullopt;
    return static_cast<std::size_t>(event - events.begin());
}

void SpikeDetector::Window::push(float value, std::size_t length)
{
    if (m_ring.size() < length) {
        m_ring.push_back(value);
    } else {
        m_sorted.erase(std::ranges::lower_bound(m_sorted, m_ring[m_next]));
        m_ring[m_next] = value;
        m_next = (m_next + 1) % length;
    }
    m_sorted.insert(std::ranges::upper_bound(m_sorted, value), value);
}

double SpikeDetector::Window::score(float value) const
{
    return (value - median()) / (1.4826 * deviation(m_sorted) + 1e-3);
}

SpikeDetector::SpikeDetector(std::size_t layers, SpikeOptions options) : m_options(options), m_layers(layers)
{
    m_options.window |= 1;  // an odd number has one middle
}

bool SpikeDetector::observe(std::int64_t step, std::span<const float> norms)
{
    if (m_current && step - m_current->last >= m_options.merge) end();
    const std::size_t count = std::min(norms.size(), m_layers.size()), half = m_options.window / 2 + 1;
    for (std::size_t i = 0; i < count; ++i) {
        Layer& layer = m_layers[i];
        if (norms[i] == 0) layer = {};
        layer.y = static_cast<float>(std::log(static_cast<double>(norms[i]) + 1e-12));
        layer.counts = norms[i] > 0 && std::isfinite(norms[i]) && layer.own.size() >= half;
        if (layer.counts) layer.above = layer.y - layer.own.median();
    }
    const float common = commonRise();
    bool spikes = false;
    for (std::size_t i = 0; i < count; ++i) {
        Layer& layer = m_layers[i];
        if (layer.own.size() == m_options.window && layer.counts) look(i, step, common, spikes);
        if (layer.counts) layer.relative.push(layer.above - common, m_options.window);
        if (norms[i] > 0 && std::isfinite(norms[i])) layer.own.push(layer.y, m_options.window);
    }
    return spikes;
}

float SpikeDetector::commonRise()
{
    m_rises.clear();
    for (const Layer& layer : m_layers)
        if (layer.counts) m_rises.push_back(layer.above);
    if (m_rises.size() < kManyLayers) return 0;
    const auto middle = m_rises.begin() + static_cast<std::ptrdiff_t>(m_rises.size() / 2);
    std::nth_element(m_rises.begin(), middle, m_rises.end());
    return *middle;
}

void SpikeDetector::look(std::size_t index, std::int64_t step, float common, bool& spikes)
{
    const Layer& layer = m_layers[index];
    if (layer.above <= static_cast<float>(std::log(m_options.ratio))) return;
    double score = 0;
    const float relative = layer.above - common;
    if (const double own = layer.own.score(layer.y); own > m_options.score) score = own;
    if (common != 0 && layer.relative.size() == m_options.window && relative - layer.relative.median() > static_cast<float>(std::log(m_options.relativeRatio))) {
        const double other = layer.relative.score(relative);
        if (other > m_options.relativeScore) score = std::max(score, other);
    }
    if (score == 0) return;
    spikes = true;
    if (!m_current) m_current = SpikeEvent{step, step, {}, true};
    m_current->last = step;
    note({index, step, static_cast<float>(score), std::exp(layer.above)});
}

void SpikeDetector::note(const LayerSpike& spike)
{
    std::vector<LayerSpike>& layers = m_current->layers;
    const auto known = std::ranges::find(layers, spike.layer, &LayerSpike::layer);
    if (known == layers.end()) {
        layers.push_back(spike);
    } else {
        known->score = std::max(known->score, spike.score);
        known->ratio = std::max(known->ratio, spike.ratio);
    }
    std::ranges::stable_sort(layers, [](const LayerSpike& a, const LayerSpike& b) {
        return std::pair(a.onset, -a.score) < std::pair(b.onset, -b.score);
    });
}

void SpikeDetector::end()
{
    m_current->open = false;
    m_ended.push_back(std::move(*m_current));
    m_current.reset();
}

std::vector<SpikeEvent> SpikeDetector::takeEnded()
{
    return std::exchange(m_ended, {});
}

void SpikeDetector::finish()
{
    if (m_current) end();
}

}  // namespace selfsight
