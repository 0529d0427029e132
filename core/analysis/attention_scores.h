// How attention maps of many images are, head by head, and how well they find the objects. Torch-free. Paper: Caron et al. 2021 (DINO),
// arXiv 2104.14294, 4.2.2.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/image.h"

namespace selfsight {

/// Means over the images that were added. Every image has as many heads.
class AttentionScores {
public:
    /// heads: shares of attention; distances: one a head, or empty. mask: 1 where the object is, several pixels to a patch; the mask
    /// that holds `mass` of a head's attention is compared with it, patches enlarged to its pixels.
    void add(const std::vector<FloatMap>& heads, const std::vector<double>& distances, const std::optional<FloatMap>& mask, double mass = 0.6);

    std::int64_t images() const { return m_images; }
    std::int64_t masked() const { return m_masked; }  // of these, with a mask
    std::vector<double> entropies() const { return means(m_entropies, m_images); }    // nats, one a head
    std::vector<double> distances() const { return means(m_distances, m_images); }    // patches
    std::vector<double> overlaps() const { return means(m_overlaps, m_masked); }      // IoU, 0..1; empty without masks
    double bestOfEachImage() const { return m_best / static_cast<double>(m_masked); }  // IoU of the best head of each image

private:
    static std::vector<double> means(std::vector<double> sums, std::int64_t count);

    std::int64_t m_images = 0, m_masked = 0;
    std::vector<double> m_entropies, m_distances, m_overlaps;
    double m_best = 0;
};

}  // namespace selfsight
