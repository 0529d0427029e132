#include "core/train/quality_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/embedding_quality.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr std::size_t kPairSlice = 64;  // images, two views each
constexpr std::uint64_t kPairStream = 0xa119;

class QualityProbe : public Probe {
public:
    explicit QualityProbe(const ProbeSetup& setup) : m_setup(setup)
    {
        m_images = Rng({setup.seed, kPairStream}).permutation(setup.data.train->size());
        m_images.resize(static_cast<std::size_t>(std::min<std::int64_t>(setup.data.train->size(), setup.record.qualityImages)));
    }

    bool advance(Snapshot& snapshot) override
    {
        if (m_next < m_images.size()) {
            const std::size_t count = std::min(kPairSlice, m_images.size() - m_next);
            const auto images = std::span(m_images).subspan(m_next, count);
            appendView(images, 0, m_first);
            appendView(images, 1, m_second);
            m_next += count;
            return false;
        }
        measurePairs(snapshot);
        std::vector<float> norms = m_setup.weightNorms();
        const auto layers = static_cast<std::int64_t>(norms.size());
        snapshot.arrays.push_back({kWeightNorms, {layers}, std::move(norms), SnapshotArray::Kept::Float32});
        m_next = 0;
        m_first.clear();
        m_second.clear();
        return true;
    }

private:
    /// Always the same views (those of epoch 0), so that the curve shows the network and not the dice. Where there is only one
    /// global view, the second is that of epoch 1.
    void appendView(std::span<const std::int64_t> images, int number, FeatureRows& rows)
    {
        const int view = m_setup.pipeline.isGlobal(number) ? number : 0;
        const auto epoch = static_cast<std::uint64_t>(number - view);
        m_setup.features.append(*m_setup.data.train, images,
                                [&](const Sample& source, std::int64_t image, Canvas& canvas, float* out) {
                                    m_setup.pipeline.view(source, {m_setup.seed, epoch, static_cast<std::uint64_t>(image), view}, canvas, out);
                                },
                                rows);
    }

    void measurePairs(Snapshot& snapshot)
    {
        if (m_first.rows() < 2) return;
        const std::string note = fmt::format("features of two views of {} {}s", m_first.rows(), nameOf(m_setup.pipeline.samples()));
        snapshot.figures.push_back({"alignment", alignment(m_first.view(), m_second.view()), note});
        snapshot.figures.push_back({"uniformity", uniformity(m_first.view()), note});
    }

    ProbeSetup m_setup;
    std::vector<std::int64_t> m_images;
    std::size_t m_next = 0;
    FeatureRows m_first, m_second;
};

}  // namespace

ProbeInfo qualityProbeInfo()
{
    return {"quality", "Embedding quality", "Wang and Isola, ICML 2020",
            "Alignment and uniformity: how near two views of an image lie, and how evenly the features fill the sphere.", &recordSchema(),
            [](const ProbeSetup& setup, std::string&) -> std::unique_ptr<Probe> { return std::make_unique<QualityProbe>(setup); }};
}

}  // namespace selfsight
