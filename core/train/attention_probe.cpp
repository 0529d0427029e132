#include "core/train/attention_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/attention_scores.h"
#include "core/base/error.h"
#include "core/train/attention_images.h"
#include "core/train/block_attention.h"
#include "core/train/model.h"

namespace selfsight {

namespace {

constexpr std::int64_t kScoredImages = 64;  // where masks are known: the overlap of a few images alone is noise
constexpr std::size_t kSlicePixels = std::size_t{8} * 224 * 224;

class AttentionProbe : public Probe {
public:
    AttentionProbe(const ProbeSetup& setup, std::shared_ptr<Vit> vit)
        : m_setup(setup), m_vit(std::move(vit)), m_data(askedPart(setup.data)), m_patch(static_cast<int>(m_vit->patchSize()))
    {
        const std::int64_t kept = setup.record.attentionImages;
        m_images = askedImages(setup.data, knowsMasks(m_data) ? std::max(kept, kScoredImages) : kept, kept, setup.seed);
        const auto side = static_cast<std::size_t>(setup.pipeline.viewSize(0));
        m_slice = std::clamp<std::size_t>(kSlicePixels / (side * side), 1, 64);
    }

    bool advance(Snapshot& snapshot) override
    {
        if (!m_told) {
            meet();
            return false;
        }
        const torch::NoGradGuard noGradients;
        const std::size_t count = std::min(m_slice, m_set.size() - m_next);
        if (count > 0) look(m_next, count);
        m_next += count;
        if (m_next < m_set.size()) return false;
        if (m_scores.images() > 0) keep(snapshot);
        m_next = 0;
        m_scores = {};
        m_maps.clear();
        return true;
    }

private:
    /// The first round: images that cannot be read are left out.
    void meet()
    {
        const std::size_t count = std::min(m_slice, m_images.size() - m_next);
        appendImages(m_data, std::span(m_images).subspan(m_next, count), m_setup.pipeline, m_patch, m_set);
        m_next += count;
        if (m_next < m_images.size()) return;
        m_next = 0;
        m_told = true;
        auto kept = std::make_shared<AttentionSet>(firstOf(m_set, static_cast<std::size_t>(m_setup.record.attentionImages), m_setup.data));
        m_kept = kept->size();
        if (m_kept > 0) m_setup.tellAttentionSet(std::move(kept));
    }

    std::vector<float> normalised(std::size_t first, std::size_t count) const
    {
        const std::size_t each = std::size_t{3} * static_cast<std::size_t>(m_set.side) * static_cast<std::size_t>(m_set.side);
        std::vector<float> pixels(count * each);
        RgbImage image(m_set.side, m_set.side);
        for (std::size_t i = 0; i < count; ++i) {
            std::copy_n(m_set.pixels.begin() + static_cast<std::ptrdiff_t>((first + i) * each), each, image.pixels.begin());
            m_setup.pipeline.normalize(image, 0, pixels.data() + i * each);
        }
        return pixels;
    }

    void look(std::size_t first, std::size_t count)
    {
        const bool wasTraining = m_vit->is_training();
        m_vit->eval();
        m_grid = m_vit->gridSize(m_set.side, m_set.side);
        const std::int64_t block = m_vit->depth() - 1;
        const std::vector<float> pixels = normalised(first, count);  // outlives the tensor that borrows it
        const torch::Tensor images = toDevice(pixels, SampleKind::Image, static_cast<std::int64_t>(count), m_set.side, m_setup.device);
        const BlockAttention attention = attentionOf(*m_vit, m_vit->blockInputs(images, block), block, 0, m_grid, true);
        m_vit->train(wasTraining);
        const torch::Tensor distances = attention.distances.to(torch::kCPU, torch::kDouble).contiguous();
        const std::int64_t heads = m_vit->heads();
        for (std::size_t i = 0; i < count; ++i) {
            const auto row = static_cast<std::int64_t>(i);
            std::vector<FloatMap> maps;
            for (std::int64_t head = 0; head < heads; ++head) maps.push_back(mapOf(attention.shares[row][head], m_grid));
            const double* far = distances.data_ptr<double>() + row * heads;
            std::optional<FloatMap> mask;
            if (!m_set.masks.empty()) mask = maskOf(m_set, first + i);
            m_scores.add(maps, {far, far + heads}, mask);
            if (first + i < m_kept)
                for (const FloatMap& map : maps) m_maps.insert(m_maps.end(), map.values.begin(), map.values.end());
        }
    }

    void keep(Snapshot& snapshot)
    {
        const std::int64_t heads = m_vit->heads();
        snapshot.arrays.push_back({attention::kMaps, {static_cast<std::int64_t>(m_kept), heads, m_grid.h, m_grid.w}, std::move(m_maps),
                                   SnapshotArray::Kept::Float16});
        const std::string note = fmt::format("{} {} images, last block, query [CLS]", m_scores.images(), m_setup.data.test ? "held-out" : "training");
        const auto tell = [&](const char* name, const std::vector<double>& values, const std::string& of) {
            for (std::size_t head = 0; head < values.size(); ++head)
                snapshot.figures.push_back({fmt::format("{}head_{}", name, head + 1), values[head], of});
        };
        tell(attention::kEntropy, m_scores.entropies(), note);
        tell(attention::kDistance, m_scores.distances(), fmt::format("{} {} images, last block, all patches", m_scores.images(), m_setup.data.test ? "held-out" : "training"));
        if (m_scores.masked() == 0) return;
        const std::vector<double> overlaps = m_scores.overlaps();
        tell(attention::kIou, overlaps, note);
        snapshot.figures.push_back({std::string(attention::kIou) + "best", m_scores.bestOfEachImage(), note});
        snapshot.figures.push_back({std::string(attention::kIou) + "best_head", std::ranges::max(overlaps), note});
    }

    ProbeSetup m_setup;
    std::shared_ptr<Vit> m_vit;
    const DataSet& m_data;
    int m_patch;
    std::vector<std::int64_t> m_images;
    std::size_t m_slice = 1, m_next = 0;
    bool m_told = false;
    AttentionSet m_set;      // of all images that are looked at
    std::size_t m_kept = 0;  // of these, the first, whose maps are kept
    Vit::Grid m_grid{0, 0};
    AttentionScores m_scores;
    std::vector<float> m_maps;
};

}  // namespace

ProbeInfo attentionProbeInfo()
{
    return {"attention", "Attention", "Caron et al. 2021, arXiv 2104.14294",
            "What the last block of a vision transformer looks at in always the same images; where masks are known, how well it finds the objects.",
            &recordSchema(), [](const ProbeSetup& setup, std::string& reason) -> std::unique_ptr<Probe> {
                auto vit = std::dynamic_pointer_cast<Vit>(setup.encoder);
                if (!vit) reason = "the features come from no vision transformer, and others have no attention.";
                else if (setup.record.attentionImages == 0) reason = "record.attention_images is 0, so that no maps are kept.";
                return reason.empty() ? std::make_unique<AttentionProbe>(setup, std::move(vit)) : nullptr;
            }};
}

}  // namespace selfsight
