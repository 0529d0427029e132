#include "core/analysis/attention_scores.h"

#include <algorithm>

#include "core/analysis/attention_maps.h"

namespace selfsight {

void AttentionScores::add(const std::vector<FloatMap>& heads, const std::vector<double>& distances, const std::optional<FloatMap>& mask, double mass)
{
    const auto grow = [&](std::vector<double>& sums) { sums.resize(heads.size()); };
    ++m_images;
    grow(m_entropies);
    if (!distances.empty()) grow(m_distances);
    for (std::size_t head = 0; head < heads.size(); ++head) {
        m_entropies[head] += attentionEntropy(heads[head]);
        if (!distances.empty()) m_distances[head] += distances[head];
    }
    if (!mask) return;
    ++m_masked;
    grow(m_overlaps);
    double best = 0;
    for (std::size_t head = 0; head < heads.size(); ++head) {
        const FloatMap held = upsampled(massMask(heads[head], mass), mask->width, mask->height, Upsampling::Nearest);
        const double overlap = intersectionOverUnion(held, *mask);
        m_overlaps[head] += overlap;
        best = std::max(best, overlap);
    }
    m_best += best;
}

std::vector<double> AttentionScores::means(std::vector<double> sums, std::int64_t count)
{
    for (double& sum : sums) sum /= static_cast<double>(count);
    return sums;
}

}  // namespace selfsight
