#include "core/train/evaluation.h"

#include <algorithm>
#include <numeric>

#include "core/base/rng.h"
#include "core/train/features.h"
#include "core/train/labelled_rows.h"

namespace selfsight {

namespace {

constexpr std::size_t kEvaluationSlice = 256;  // images
constexpr std::int64_t kCheapLinearProbe = 1'500'000'000;  // rows x columns x classes: some fifteen seconds on two cores
constexpr std::uint64_t kSplitStream = 0x5b17;

/// Which images are the bank and which the queries.
struct KnnSplit {
    const DataSet& bankData;
    const DataSet& queryData;
    std::vector<std::int64_t> bank, queries;
};

KnnSplit split(const DataSplits& data)
{
    KnnSplit result{*data.train, data.test ? *data.test : *data.train, {}, {}};
    if (data.test) {
        result.bank.resize(static_cast<std::size_t>(data.train->size()));
        result.queries.resize(static_cast<std::size_t>(data.test->size()));
        std::iota(result.bank.begin(), result.bank.end(), std::int64_t{0});
        std::iota(result.queries.begin(), result.queries.end(), std::int64_t{0});
    } else {
        const auto order = Rng({kSplitStream}).permutation(data.train->size());
        const auto cut = order.end() - static_cast<std::ptrdiff_t>(order.size() / 5);
        result.bank.assign(order.begin(), cut);
        result.queries.assign(cut, order.end());
    }
    return result;
}

/// Rows of one kind (features, pixels) of a slice of images.
using RowsOf = std::function<void(const DataSet&, std::span<const std::int64_t>, FeatureRows&)>;

/// What one kind of rows can do.
struct Shares {
    std::vector<double> knn;       // one a label table
    std::optional<double> linear;  // of the first; absent where it would take long
};

class RowsEvaluation {
public:
    RowsEvaluation(const KnnSplit& split, const RecordOptions& options, const EvaluationProgress& progress)
        : m_split(split), m_options(options), m_progress(progress)
    {
    }

    /// Absent when cancelled, or when nothing could be read.
    std::optional<Shares> measure(const std::string& what, const RowsOf& rowsOf)
    {
        FeatureRows bank, queries;
        if (!collect(what + ": bank", m_split.bankData, m_split.bank, rowsOf, bank)) return std::nullopt;
        if (!collect(what + ": queries", m_split.queryData, m_split.queries, rowsOf, queries)) return std::nullopt;
        if (bank.rows() == 0 || queries.rows() == 0 || !m_progress(what + ": neighbours", 0)) return std::nullopt;
        Shares shares{.knn = knnShares(m_split.bankData, bank, m_split.queryData, queries, m_options), .linear = {}};
        if (!linearIsCheap(bank)) return shares;
        shares.linear = linearShare(m_split.bankData, bank, m_split.queryData, queries,
                                    [&](double share) { return m_progress(what + ": linear probe", share); });
        if (!shares.linear) return std::nullopt;
        return shares;
    }

private:
    bool collect(const std::string& what, const DataSet& data, const std::vector<std::int64_t>& images, const RowsOf& rowsOf, FeatureRows& rows)
    {
        for (std::size_t begin = 0; begin < images.size(); begin += kEvaluationSlice) {
            if (!m_progress(what, static_cast<double>(begin) / static_cast<double>(images.size()))) return false;
            rowsOf(data, std::span(images).subspan(begin, std::min(kEvaluationSlice, images.size() - begin)), rows);
        }
        return true;
    }

    bool linearIsCheap(const FeatureRows& bank) const
    {
        const auto classes = static_cast<std::int64_t>(m_split.bankData.labelTables().front().classes.size());
        return bank.rows() * bank.columns * classes <= kCheapLinearProbe;
    }

    const KnnSplit& m_split;
    const RecordOptions& m_options;
    const EvaluationProgress& m_progress;
};

}  // namespace

std::optional<Evaluation> evaluate(Training& training, const RecordOptions& options, const EvaluationProgress& progress)
{
    const DataSplits& data = training.data();
    if (data.train->labelTables().empty() || (data.test && data.test->labelTables().empty())) return std::nullopt;

    const KnnSplit images = split(data);
    RowsEvaluation evaluation(images, options, progress);
    const auto featuresOf = [&training](Method& method) -> RowsOf {
        return [extractor = FeatureExtractor(method, training.device(), training.pipeline())](const DataSet& set, std::span<const std::int64_t> slice, FeatureRows& rows) {
            extractor.append(set, slice, rows);
        };
    };
    const auto pixels = [&training](const DataSet& set, std::span<const std::int64_t> slice, FeatureRows& rows) {
        appendPixels(set, slice, training.pipeline(), rows);
    };

    const std::optional<Shares> trained = evaluation.measure("trained encoder", featuresOf(training.method()));
    if (!trained) return std::nullopt;
    const std::shared_ptr<Method> before = training.untrained();
    const std::optional<Shares> untrained = evaluation.measure("untrained encoder", featuresOf(*before));
    if (!untrained) return std::nullopt;
    const std::optional<Shares> raw = evaluation.measure("raw data", pixels);
    if (!raw) return std::nullopt;

    Evaluation result;
    result.knn.trained = trained->knn.front();
    result.knn.untrained = untrained->knn.front();
    result.knn.pixels = raw->knn.front();
    for (std::size_t i = 1; i < trained->knn.size(); ++i)
        result.knn.further.push_back({data.train->labelTables()[i].name, trained->knn[i], untrained->knn[i], raw->knn[i]});
    result.knn.neighbours = static_cast<int>(options.knnNeighbours);
    result.knn.temperature = options.knnTemperature;
    result.knn.bank = static_cast<std::int64_t>(images.bank.size());
    result.knn.queries = static_cast<std::int64_t>(images.queries.size());
    if (trained->linear) result.linear = {*trained->linear, untrained->linear, raw->linear};
    return result;
}

}  // namespace selfsight
