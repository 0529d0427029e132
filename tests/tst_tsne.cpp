// t-SNE and what it is made of, against plain sums.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/analysis/affinities.h"
#include "core/analysis/grid_repulsion.h"
#include "core/analysis/layout_quality.h"
#include "core/analysis/local_alignment.h"
#include "core/analysis/nearest_table.h"
#include "core/analysis/neighbourhoods.h"
#include "core/analysis/tsne.h"
#include "core/analysis/tsne_forces.h"
#include "core/analysis/umap.h"
#include "core/base/error.h"
#include "core/base/rng.h"

using namespace selfsight;

namespace {

/// `count` points around each of `centres` places.
std::vector<float> blobs(int centres, int count, int columns, std::uint64_t seed, double apart = 6)
{
    Rng rng({seed, 1});
    std::vector<float> middles(static_cast<std::size_t>(centres * columns)), rows;
    for (float& value : middles) value = static_cast<float>(apart * rng.normal());
    for (int i = 0; i < centres * count; ++i)
        for (int c = 0; c < columns; ++c)
            rows.push_back(middles[static_cast<std::size_t>(i % centres * columns + c)] + static_cast<float>(rng.normal()));
    return rows;
}

MatrixView matrix(const std::vector<float>& values, std::int64_t columns)
{
    return {values.data(), static_cast<std::int64_t>(values.size()) / columns, columns};
}

struct Repulsion {
    std::vector<double> forces;
    double sum = 0;
};

Repulsion plainRepulsion(const std::vector<float>& layout)
{
    Repulsion result{std::vector<double>(layout.size()), 0};
    for (std::size_t i = 0; i < layout.size(); i += 2)
        for (std::size_t j = 0; j < layout.size(); j += 2) {
            if (i == j) continue;
            const double dx = layout[i] - layout[j], dy = layout[i + 1] - layout[j + 1], near = 1 / (1 + dx * dx + dy * dy);
            result.sum += near;
            result.forces[i] += near * near * dx;
            result.forces[i + 1] += near * near * dy;
        }
    return result;
}

std::vector<float> difference(const std::vector<float>& a, const std::vector<float>& b)
{
    std::vector<float> result;
    for (std::size_t i = 0; i < a.size(); ++i) result.push_back(a[i] - b[i]);
    return result;
}

/// Root mean square.
double spreadOf(const std::vector<float>& values)
{
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / static_cast<double>(values.size()));
}

QString errorOf(const std::function<void()>& work)
{
    try {
        work();
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace

class TsneTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aTeamMakesEveryItemOnceHoweverItsThreadsAreInterrupted()
    {
        constexpr std::int64_t kRounds = 5000, kItems = 64;
        WorkerTeam team(4);
        std::atomic<std::int64_t> sum = 0;
        for (std::int64_t round = 0; round < kRounds; ++round)
            team.run(kItems, [&](std::int64_t item, int) {
                sum += item + 1;
                std::this_thread::yield();
            });
        QCOMPARE(sum.load(), kRounds * kItems * (kItems + 1) / 2);
    }

    void theGridRepelsAsThePlainSumDoes_data()
    {
        QTest::addColumn<double>("span");
        QTest::addColumn<double>("forces");  // error allowed, relative to the root mean square
        QTest::addColumn<double>("sum");
        QTest::newRow("a speck") << 1e-3 << 2e-1 << 1e-4;  // the potential rounds; attraction, twelvefold, rules then
        QTest::newRow("as it begins") << 5.0 << 5e-3 << 1e-4;
        QTest::newRow("as it ends") << 60.0 << 2e-2 << 1e-3;
        QTest::newRow("wide") << 150.0 << 5e-2 << 5e-3;
    }

    void theGridRepelsAsThePlainSumDoes()
    {
        QFETCH(double, span);
        QFETCH(double, forces);
        QFETCH(double, sum);
        Rng rng({7});
        std::vector<float> layout(2 * 2500);
        for (float& value : layout) value = static_cast<float>(span * (rng.uniform() - 0.5));
        const Repulsion expected = plainRepulsion(layout);
        std::vector<float> got(layout.size());
        const double gotSum = [&] {
            WorkerTeam team(2);
            return GridRepulsion(team).repel(layout, got);
        }();
        double square = 0, wrong = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            square += expected.forces[i] * expected.forces[i];
            wrong += (got[i] - expected.forces[i]) * (got[i] - expected.forces[i]);
        }
        QVERIFY2(std::sqrt(wrong / square) < forces, qPrintable(QString::number(std::sqrt(wrong / square))));
        QVERIFY2(std::abs(gotSum / expected.sum - 1) < sum, qPrintable(QString::number(gotSum / expected.sum - 1)));
    }

    void affinitiesAreSymmetricAndSumToOne()
    {
        const std::vector<float> rows = blobs(3, 40, 5, 2);
        const Affinities p = affinities(matrix(rows, 5), 10, 0, 2);
        QCOMPARE(p.rows(), std::int64_t{120});
        std::map<std::pair<int, int>, float> entries;
        double sum = 0;
        for (int row = 0; row < 120; ++row)
            for (std::int64_t at = p.starts[static_cast<std::size_t>(row)]; at < p.starts[static_cast<std::size_t>(row + 1)];
                 ++at) {
                entries[{row, p.columns[static_cast<std::size_t>(at)]}] = p.values[static_cast<std::size_t>(at)];
                sum += p.values[static_cast<std::size_t>(at)];
            }
        QVERIFY(std::abs(sum - 1) < 1e-5);
        for (const auto& [place, value] : entries) QCOMPARE(entries.at({place.second, place.first}), value);
    }

    void pairsRepelAsThePlainSumDoes()
    {
        Rng rng({3});
        std::vector<float> layout(2 * 77);  // no whole number of tiles
        for (float& value : layout) value = static_cast<float>(9 * rng.uniform());
        const Repulsion expected = plainRepulsion(layout);
        std::vector<float> got(layout.size());
        WorkerTeam team(2);
        QVERIFY(std::abs(repelByPairs(layout, got, team) / expected.sum - 1) < 1e-6);
        for (std::size_t i = 0; i < got.size(); ++i) QVERIFY(std::abs(got[i] - expected.forces[i]) < 1e-4);
    }

    void neighboursEqualASortOfAllDistances()
    {
        for (const std::int64_t rows : {2, 5, 40, 700}) {
            const std::vector<float> values = blobs(1, static_cast<int>(rows), 7, static_cast<std::uint64_t>(rows));
            for (const std::int64_t k : {1, 3, 60}) {
                const NearestTable table = nearestByDistance(matrix(values, 7), k, 2);
                QCOMPARE(table.neighbours, std::min(k, rows - 1));
                for (std::int64_t row = 0; row < rows; ++row) {
                    std::vector<std::pair<double, std::int32_t>> all;
                    for (std::int64_t other = 0; other < rows; ++other) {
                        double sum = 0;
                        for (std::int64_t c = 0; c < 7; ++c)
                            sum += std::pow(double{values[static_cast<std::size_t>(row * 7 + c)]} -
                                                values[static_cast<std::size_t>(other * 7 + c)],
                                            2);
                        if (other != row) all.emplace_back(sum, static_cast<std::int32_t>(other));
                    }
                    std::ranges::sort(all);
                    for (std::int64_t i = 0; i < table.neighbours; ++i)
                        QCOMPARE(table.of(row)[static_cast<std::size_t>(i)], all[static_cast<std::size_t>(i)].second);
                }
            }
        }
    }

    void clustersComeApart_data()
    {
        QTest::addColumn<int>("count");
        QTest::newRow("by all pairs") << 60;
        QTest::newRow("by the grid") << 1300;
    }

    void clustersComeApart()
    {
        QFETCH(int, count);
        const std::vector<float> rows = blobs(4, count, 10, 5);
        Tsne tsne({.perplexity = 15, .exaggeratedIterations = 100, .iterations = 150, .threads = 2});
        QVERIFY(tsne.setRows(matrix(rows, 10)));
        tsne.iterate(100);
        QVERIFY(!tsne.isExaggerating());
        const double early = tsne.divergence();
        tsne.iterate(150);
        QVERIFY(tsne.isDone());
        QVERIFY(tsne.divergence() < early);
        std::vector<std::int32_t> labels;
        for (int i = 0; i < 4 * count; ++i) labels.push_back(i % 4);
        const std::vector<float> agreement = neighbourAgreement(nearestByDistance(matrix(tsne.layout(), 2), 10), labels);
        QVERIFY(std::accumulate(agreement.begin(), agreement.end(), 0.0) / (4 * count) > 0.99);
        const LayoutQuality quality = layoutQuality(matrix(rows, 10), tsne.layout(), 15);
        QVERIFY2(quality.trustworthiness > 0.9, qPrintable(QString::number(quality.trustworthiness)));
    }

    void anyNumberOfThreadsGivesTheSameBits_data() { clustersComeApart_data(); }

    void anyNumberOfThreadsGivesTheSameBits()
    {
        QFETCH(int, count);
        const std::vector<float> rows = blobs(4, count, 10, 6);
        std::vector<std::vector<float>> layouts;
        for (const int threads : {1, 2, 5}) {
            Tsne tsne({.perplexity = 10, .exaggeratedIterations = 30, .iterations = 40, .seed = 4, .threads = threads});
            tsne.setRows(matrix(rows, 10));
            tsne.iterate(70);
            layouts.push_back(tsne.layout());
        }
        QVERIFY(layouts[0] == layouts[1]);
        QVERIFY(layouts[0] == layouts[2]);
    }

    void aWarmStartKeepsTheLayout()
    {
        const std::vector<float> rows = blobs(3, 80, 8, 7);
        Tsne tsne({.perplexity = 12, .exaggeratedIterations = 100, .iterations = 200});
        tsne.setRows(matrix(rows, 8));
        tsne.iterate(300);
        const std::vector<float> before = tsne.layout();
        std::vector<float> moved = rows;
        Rng rng({8});
        for (float& value : moved) value += static_cast<float>(0.05 * rng.normal());
        tsne.setRows(matrix(moved, 8));
        QVERIFY(!tsne.isExaggerating());
        tsne.iterate(50);
        QVERIFY(spreadOf(difference(before, tsne.layout())) < 0.3 * spreadOf(before));

        Tsne other({.perplexity = 12});
        other.setRows(matrix(rows, 8));
        other.setLayout(before);
        other.iterate(50);
        QVERIFY(spreadOf(difference(before, other.layout())) < 0.3 * spreadOf(before));
        QVERIFY(errorOf([&] { other.setLayout(std::span(before).first(6)); }).contains("another number"));
        QVERIFY(errorOf([&] { tsne.setRows(matrix(moved, 16)); }).contains("number of samples"));
    }

    void badFeaturesAreRefusedOrHandled_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<double>("perplexity");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("sentence");  // empty: a finite layout
        QTest::newRow("all rows alike") << 50 << 5.0 << "constant"
                                        << "";
        QTest::newRow("many rows alike, by the grid") << 1600 << 5.0 << "duplicates"
                                                      << "";
        QTest::newRow("pairs of duplicates") << 60 << 5.0 << "duplicates"
                                             << "";
        QTest::newRow("one column, the others constant") << 60 << 5.0 << "one column"
                                                         << "";
        QTest::newRow("huge values") << 60 << 5.0 << "huge"
                                     << "";
        QTest::newRow("tiny values") << 60 << 5.0 << "tiny"
                                     << "";
        QTest::newRow("not a number") << 60 << 5.0 << "nan"
                                      << "row 7: the value in column 2 is not finite";
        QTest::newRow("infinite") << 60 << 5.0 << "infinite"
                                  << "row 7: the value in column 2 is not finite";
        QTest::newRow("three samples") << 3 << 1.0 << ""
                                       << "there are 3 samples";
        QTest::newRow("no samples") << 0 << 1.0 << ""
                                    << "there are 0 samples";
        QTest::newRow("too large a perplexity") << 60 << 30.0 << ""
                                                << "perplexity: 30 does not fit 60 samples. Choose 1 to 19.";
        QTest::newRow("perplexity is no number") << 60 << std::nan("") << ""
                                                 << "does not fit 60 samples";
        QTest::newRow("four samples") << 4 << 1.0 << ""
                                      << "";
    }

    void badFeaturesAreRefusedOrHandled()
    {
        QFETCH(int, rows);
        QFETCH(double, perplexity);
        QFETCH(QString, kind);
        QFETCH(QString, sentence);
        std::vector<float> values = blobs(1, rows, 4, 9);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (kind == "constant") values[i] = 3;
            if (kind == "duplicates") values[i] = values[i % 8];
            if (kind == "one column" && i % 4 != 0) values[i] = 7;
            if (kind == "huge") values[i] *= 1e37f;
            if (kind == "tiny") values[i] *= 1e-30f;
        }
        if (kind == "nan") values[7 * 4 + 2] = std::numeric_limits<float>::quiet_NaN();
        if (kind == "infinite") values[7 * 4 + 2] = std::numeric_limits<float>::infinity();
        Tsne tsne({.perplexity = perplexity, .exaggeratedIterations = 40, .iterations = 40});
        const QString error = errorOf([&] { tsne.setRows(matrix(values, 4)); });
        if (!sentence.isEmpty()) {
            QVERIFY2(error.contains(sentence), qPrintable(error));
            return;
        }
        QCOMPARE(error, QString());
        tsne.iterate(80);
        QVERIFY(std::ranges::all_of(tsne.layout(), [](float value) { return std::isfinite(value); }));
        QVERIFY(std::isfinite(tsne.divergence()));
    }

    void stoppingLeavesAWholeLayout()
    {
        const std::vector<float> rows = blobs(2, 50, 4, 10);
        Tsne tsne({.perplexity = 10});
        QVERIFY(!tsne.setRows(matrix(rows, 4), [] { return true; }));
        QVERIFY(tsne.layout().empty());
        QVERIFY(tsne.setRows(matrix(rows, 4)));
        int asked = 0;
        tsne.iterate(100, [&] { return ++asked > 7; });
        QCOMPARE(tsne.done(), 7);
    }

    void trustworthinessIsOneForTheRowsThemselves()
    {
        const std::vector<float> rows = blobs(1, 60, 2, 11);
        const LayoutQuality same = layoutQuality(matrix(rows, 2), rows, 15);
        QCOMPARE(same.trustworthiness, 1.0);
        QCOMPARE(same.neighboursKept, 1.0);
        QCOMPARE(same.rowsJudged, std::int64_t{60});
        std::vector<float> mixed(rows.rbegin(), rows.rend());
        QVERIFY(layoutQuality(matrix(rows, 2), mixed, 15).trustworthiness < 0.7);
        QVERIFY(layoutQuality(matrix(rows, 2), rows, 1000, 10).rowsJudged == 10);
    }

    void alignmentUndoesTurnsMirrorsAndMoves()
    {
        const std::vector<float> target = blobs(3, 20, 2, 12);
        for (const bool mirrors : {false, true}) {
            std::vector<float> layout(target.size());
            for (std::size_t i = 0; i < target.size(); i += 2) {
                const float x = target[i], y = mirrors ? -target[i + 1] : target[i + 1];
                layout[i] = 0.6f * x - 0.8f * y + 5;
                layout[i + 1] = 0.8f * x + 0.6f * y - 2;
            }
            alignTo(target, layout);
            for (std::size_t i = 0; i < target.size(); ++i) QVERIFY(std::abs(layout[i] - target[i]) < 1e-4);
        }
        std::vector<float> points(target.size(), 2);
        alignTo(target, points);  // nothing to turn
        QVERIFY(std::ranges::all_of(points, [](float value) { return std::isfinite(value); }));
    }

    void alignmentByPlaceBringsEachGroupBackAndKeepsWhatMovedWithinIt()
    {
        // Two groups far apart, each turned and moved in its own way; one sample of the first has moved within its group.
        Rng rng({5});
        std::vector<float> target, layout;
        for (int i = 0; i < 80; ++i) {
            const float group = i < 40 ? 0.0f : 40.0f, turn = i < 40 ? 0.3f : -0.5f;
            const auto x = static_cast<float>(rng.normal()), y = static_cast<float>(rng.normal());
            target.insert(target.end(), {group + x, y});
            layout.insert(layout.end(), {group + std::cos(turn) * x - std::sin(turn) * y + 1,
                                         std::sin(turn) * x + std::cos(turn) * y - 2});
        }
        std::vector<float> trust(80, 1);
        trust[0] = 0;
        const float before[2] = {layout[0] - layout[2], layout[1] - layout[3]};
        layout[0] += 1.5f;
        std::vector<float> untrusted = layout;
        alignLocally(target, trust, layout, 4);
        for (std::size_t i = 2; i < target.size(); ++i) QVERIFY2(std::abs(layout[i] - target[i]) < 0.05, qPrintable(QString::number(i)));
        const float apart = std::hypot(layout[0] - layout[2], layout[1] - layout[3]);
        QVERIFY(std::abs(apart - std::hypot(before[0] + 1.5f, before[1])) < 0.05);
        QVERIFY(std::hypot(layout[0] - target[0], layout[1] - target[1]) > 1.4);

        const std::vector<float> same = untrusted, none(80, 0);
        alignLocally(target, none, untrusted, 4);
        for (std::size_t i = 0; i < same.size(); ++i) QVERIFY(std::abs(untrusted[i] - same[i]) < 1e-3);
    }

    void alignmentByPlaceBearsOnePlaceForAllAndSamplesFarAway()
    {
        std::vector<float> target(20, 1), layout(20, 2);
        const std::vector<float> trust(10, 1);
        alignLocally(target, trust, layout, 3);
        for (const float value : layout) QVERIFY(std::abs(value - 1) < 1e-4);
        layout[0] = 1e6f;
        alignLocally(target, trust, layout, 3);
        QVERIFY(std::ranges::all_of(layout, [](float value) { return std::isfinite(value); }));
    }

    void umapFindsClustersAndItsBitsDoNotDependOnThreads()
    {
        const UmapCurve curve = umapCurve(0.1);
        QVERIFY(std::abs(curve.a - 1.577) < 0.01);  // the authors' fit for a spread of 1
        QVERIFY(std::abs(curve.b - 0.895) < 0.01);
        const std::vector<float> rows = blobs(5, 60, 8, 12);
        const std::vector<float> layout = umapLayout(matrix(rows, 8), {.epochs = 200});
        QCOMPARE(layout.size(), std::size_t{600});
        QVERIFY(layoutQuality(matrix(rows, 8), layout, 15).trustworthiness > 0.95);
        for (const int threads : {2, 5}) QVERIFY(umapLayout(matrix(rows, 8), {.epochs = 200, .threads = threads}) == layout);
        QVERIFY(umapLayout(matrix(rows, 8), {.epochs = 200, .seed = 1}) != layout);
    }

    void umapBearsEqualSamplesAndStopsWhenAsked()
    {
        const std::vector<float> equal(40, 3);
        for (const float value : umapLayout(matrix(equal, 2), {.epochs = 50})) QVERIFY(std::isfinite(value));
        std::vector<float> few = blobs(1, 4, 2, 12);
        for (const float value : umapLayout(matrix(few, 2), {.epochs = 50})) QVERIFY(std::isfinite(value));
        QVERIFY(umapLayout(matrix(few, 2), {.epochs = 50}, [](int done, int) { return done < 3; }).empty());
        few[1] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY_THROWS_EXCEPTION(Error, umapLayout(matrix(few, 2), {}));
        few.resize(6);
        QVERIFY_THROWS_EXCEPTION(Error, umapLayout(matrix(few, 2), {}));
    }
};

QTEST_GUILESS_MAIN(TsneTest)
#include "tst_tsne.moc"
