#include "core/train/knn_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/rng.h"
#include "core/train/labelled_rows.h"

namespace selfsight {

namespace {

constexpr std::size_t kSlice = 128;  // images
constexpr std::uint64_t kBankStream = 0xba4c, kQueryStream = 0x9e54;

std::vector<std::int64_t> sample(std::uint64_t seed, std::uint64_t stream, std::int64_t size, std::int64_t wanted)
{
    std::vector<std::int64_t> chosen = Rng({seed, stream}).permutation(size);
    chosen.resize(static_cast<std::size_t>(std::min(size, wanted)));
    return chosen;
}

class KnnProbe : public Probe {
public:
    explicit KnnProbe(const ProbeSetup& setup) : m_setup(setup)
    {
        const DataSplits& data = setup.data;
        m_bankImages = sample(setup.seed, kBankStream, data.train->size(), setup.record.knnBank);
        m_queryData = data.test ? data.test.get() : data.train.get();
        if (data.test) {
            m_queryImages = sample(setup.seed, kQueryStream, data.test->size(), setup.record.knnQueries);
        } else {
            // No held-out part: the end of the same permutation, so that no image is its own neighbour.
            const auto all = sample(setup.seed, kBankStream, data.train->size(), data.train->size());
            const auto queries = std::min<std::size_t>(static_cast<std::size_t>(setup.record.knnQueries), all.size() / 5);
            m_bankImages.resize(std::min(m_bankImages.size(), all.size() - queries));
            m_queryImages.assign(all.end() - static_cast<std::ptrdiff_t>(queries), all.end());
        }
    }

    bool advance(Snapshot& snapshot) override
    {
        if (m_next < m_bankImages.size()) {
            slice(*m_setup.data.train, m_bankImages, m_next, m_bank);
            return false;
        }
        const std::size_t query = m_next - m_bankImages.size();
        if (query < m_queryImages.size()) {
            slice(*m_queryData, m_queryImages, query, m_queries);
            return false;
        }
        classify(snapshot);
        m_next = 0;
        m_bank.clear();
        m_queries.clear();
        return true;
    }

private:
    void slice(const DataSet& data, const std::vector<std::int64_t>& images, std::size_t begin, FeatureRows& rows)
    {
        const std::size_t count = std::min(kSlice, images.size() - begin);
        m_setup.features.append(data, std::span(images).subspan(begin, count), rows);
        m_next += count;
    }

    void classify(Snapshot& snapshot)
    {
        if (m_bank.rows() == 0 || m_queries.rows() == 0) return;
        const RecordOptions& record = m_setup.record;
        const std::string note = fmt::format("subset: {} bank, {} queries, k {}, T {}", m_bank.rows(), m_queries.rows(), record.knnNeighbours, record.knnTemperature);
        const std::vector<double> shares = knnShares(*m_setup.data.train, m_bank, *m_queryData, m_queries, record);
        for (std::size_t i = 0; i < shares.size(); ++i)
            snapshot.figures.push_back({i == 0 ? "knn.top1" : "knn." + m_setup.data.train->labelTables()[i].name, shares[i], note});
    }

    ProbeSetup m_setup;
    const DataSet* m_queryData = nullptr;
    std::vector<std::int64_t> m_bankImages, m_queryImages;
    std::size_t m_next = 0;  // through the bank, then the queries
    FeatureRows m_bank, m_queries;
};

}  // namespace

ProbeInfo knnProbeInfo()
{
    return {"knn", "kNN accuracy", "Wu et al., CVPR 2018, 3.4",
            "Share of test images whose nearest training images vote for the right class: what the features are worth, without training a classifier.",
            &recordSchema(),
            [](const ProbeSetup& setup, std::string& reason) -> std::unique_ptr<Probe> {
                const bool labelled = !setup.data.train->labelTables().empty() && (!setup.data.test || !setup.data.test->labelTables().empty());
                if (!labelled) reason = "the images have no labels, so there is nothing to vote on.";
                return labelled ? std::make_unique<KnnProbe>(setup) : nullptr;
            }};
}

}  // namespace selfsight
