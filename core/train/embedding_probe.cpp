#include "core/train/embedding_probe.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/train/embedding_samples.h"

namespace selfsight {

namespace {

constexpr std::size_t kCpuSlice = 128, kGpuSlice = 256;  // samples
constexpr std::int64_t kCpuSamples = 1000, kGpuSamples = 5000;
constexpr std::int64_t kKeptColumns = 64;
constexpr int kFirstTurns = 12, kTurns = 3;  // of the subspace iteration
constexpr int kSignalSide = 48;

torch::Tensor unit(const torch::Tensor& rows)
{
    return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

/// The directions that keep most of the inner products of rows seen so far: the leading eigenvectors of their Gram matrix, found by
/// subspace iteration from those of the round before. Not centred, so that cosines stay cosines.
class KeptDirections {
public:
    void add(const torch::Tensor& rows)
    {
        const torch::Tensor gram = rows.t().mm(rows);
        m_gram = m_gram.defined() ? m_gram + gram : gram;
    }
    /// Takes what was added since the last call.
    void update()
    {
        const std::int64_t columns = m_gram.size(0), kept = std::min(columns, kKeptColumns);
        if (kept < columns) {
            const int turns = m_basis.defined() ? kTurns : kFirstTurns;
            // Of the largest columns at first: any start that is not random will do.
            if (!m_basis.defined()) m_basis = m_gram.index_select(1, m_gram.diagonal().argsort(-1, true).slice(0, 0, kept));
            for (int turn = 0; turn < turns; ++turn)
                m_basis = std::get<0>(torch::linalg_qr(m_gram.mm(m_basis) + 1e-9 * m_basis));
        }
        m_gram.reset();
    }
    torch::Tensor project(const torch::Tensor& rows) const { return m_basis.defined() ? rows.mm(m_basis) : rows; }

private:
    torch::Tensor m_gram, m_basis;
};

class EmbeddingProbe : public Probe {
public:
    explicit EmbeddingProbe(const ProbeSetup& setup) : m_setup(setup), m_onGpu(!setup.device.device.is_cpu())
    {
        const std::int64_t wanted = setup.record.embeddingImages > 0 ? setup.record.embeddingImages : m_onGpu ? kGpuSamples : kCpuSamples;
        m_samples = embeddingSamples(setup.data, wanted, setup.seed);
        m_side = isOfSignals() ? kSignalSide : thumbnailSide(std::ssize(m_samples), setup.pipeline.viewSize(0));
    }

    bool advance(Snapshot& snapshot) override
    {
        const torch::NoGradGuard noGradients;
        const std::size_t count = std::min(m_onGpu ? kGpuSlice : kCpuSlice, m_samples.size() - m_next);
        if (m_told) refresh(m_next, count, snapshot.step);
        else meet(m_next, count, snapshot.step);
        m_next += count;
        if (m_next < m_samples.size()) return false;
        if (!m_told) tellSet();
        m_next = 0;
        if (m_samples.empty()) return true;
        m_directions.update();
        keep(snapshot);
        return true;
    }

private:
    bool isOfSignals() const { return m_setup.pipeline.samples() == SampleKind::Signal; }

    /// Neighbouring samples of one data set go through the network together.
    FeatureRows featuresOf(std::span<const std::int64_t> samples) const
    {
        FeatureRows rows;
        for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
            const DataSet* data = sampleAt(m_setup.data, samples[begin]).data;
            std::vector<std::int64_t> indices;
            for (end = begin; end < samples.size() && sampleAt(m_setup.data, samples[end]).data == data; ++end)
                indices.push_back(sampleAt(m_setup.data, samples[end]).index);
            m_setup.features.append(*data, indices, rows);
        }
        return rows;
    }

    torch::Tensor unitRows(FeatureRows& rows) const { return unit(torch::from_blob(rows.values.data(), {rows.rows(), rows.columns}, torch::kFloat32)); }

    /// The first round: samples that cannot be read are left out, the others get their thumbnail.
    void meet(std::size_t first, std::size_t count, std::int64_t step)
    {
        std::vector<std::int64_t> readable;
        for (const std::int64_t sample : std::span(m_samples).subspan(first, count)) {
            try {
                const std::vector<std::uint8_t> pixels = thumbnailOf(sampleAt(m_setup.data, sample), m_setup.pipeline.samples(), m_side);
                m_thumbnails.insert(m_thumbnails.end(), pixels.begin(), pixels.end());
                readable.push_back(sample);
            } catch (const Error&) {
                continue;  // listed by the loader, which meets it too
            }
        }
        FeatureRows rows = featuresOf(readable);
        if (rows.rows() != std::ssize(readable)) throw Error(m_setup.data.title, "changed while it was read");
        const torch::Tensor features = unitRows(rows).clone();
        m_directions.add(features);
        m_met.push_back(features);
        m_readable.insert(m_readable.end(), readable.begin(), readable.end());
        m_steps.insert(m_steps.end(), readable.size(), static_cast<float>(step));
    }

    void tellSet()
    {
        m_samples = std::move(m_readable);
        m_features = torch::cat(m_met);
        m_met.clear();
        ProbeSet set = describedSamples(m_setup.data, m_setup.pipeline.samples(), m_samples);
        set.side = m_side;
        set.thumbnails = std::move(m_thumbnails);
        m_setup.tellSet(std::make_shared<const ProbeSet>(std::move(set)));
        m_told = true;
    }

    void refresh(std::size_t first, std::size_t count, std::int64_t step)
    {
        FeatureRows rows = featuresOf(std::span(m_samples).subspan(first, count));
        if (rows.rows() != static_cast<std::int64_t>(count)) return;  // a file has gone: the rows stay as they were
        const torch::Tensor features = unitRows(rows);
        m_features.slice(0, static_cast<std::int64_t>(first), static_cast<std::int64_t>(first + count)).copy_(features);
        std::fill_n(m_steps.begin() + static_cast<std::ptrdiff_t>(first), count, static_cast<float>(step));
        FeatureSlice slice;
        slice.step = step;
        slice.first = static_cast<std::int64_t>(first);
        const torch::Tensor kept = m_directions.project(features).contiguous();
        slice.columns = kept.size(1);
        slice.values.assign(kept.data_ptr<float>(), kept.data_ptr<float>() + kept.numel());
        slice.losses = lossesOf(std::span(m_samples).subspan(first, count));
        m_directions.add(features);
        m_setup.tellSlice(std::make_shared<const FeatureSlice>(std::move(slice)));
    }

    std::vector<float> lossesOf(std::span<const std::int64_t> samples) const
    {
        if (m_setup.sampleLosses.empty()) return {};
        std::vector<float> losses;
        for (const std::int64_t sample : samples)
            losses.push_back(sample < std::ssize(m_setup.sampleLosses) ? m_setup.sampleLosses[static_cast<std::size_t>(sample)]
                                                                       : std::numeric_limits<float>::quiet_NaN());
        return losses;
    }

    void keep(Snapshot& snapshot) const
    {
        const torch::Tensor kept = m_directions.project(m_features).contiguous();
        const auto samples = static_cast<std::int64_t>(m_samples.size());
        snapshot.arrays.push_back({embedding::kFeatures, {samples, kept.size(1)}, {kept.data_ptr<float>(), kept.data_ptr<float>() + kept.numel()},
                                   SnapshotArray::Kept::Float16});
        snapshot.arrays.push_back({embedding::kSteps, {samples}, m_steps, SnapshotArray::Kept::Float32});
        if (std::vector<float> losses = lossesOf(m_samples); !losses.empty())
            snapshot.arrays.push_back({embedding::kLosses, {samples}, std::move(losses), SnapshotArray::Kept::Float16});
    }

    ProbeSetup m_setup;
    bool m_onGpu;
    std::vector<std::int64_t> m_samples;
    std::size_t m_next = 0;
    int m_side;
    bool m_told = false;
    KeptDirections m_directions;
    torch::Tensor m_features;    // (samples, D), unit rows
    std::vector<float> m_steps;  // of each row
    // Of the first round.
    std::vector<std::int64_t> m_readable;
    std::vector<std::uint8_t> m_thumbnails;
    std::vector<torch::Tensor> m_met;
};

}  // namespace

ProbeInfo embeddingProbeInfo()
{
    return {"embedding", "Embedding", "van der Maaten and Hinton, JMLR 2008",
            "The features of always the same samples, so that the picture of the embedding moves with the training.", &recordSchema(),
            [](const ProbeSetup& setup, std::string&) -> std::unique_ptr<Probe> { return std::make_unique<EmbeddingProbe>(setup); }};
}

}  // namespace selfsight
