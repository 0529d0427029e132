// The diagnostics against plain loops, and what they refuse.
#include <QtTest>

#include <limits>

#include "core/analysis/embedding_quality.h"
#include "core/analysis/knn.h"
#include "core/analysis/knn_scores.h"
#include "core/analysis/linear_probe.h"
#include "core/analysis/nearest_candidates.h"
#include "tests/naive.h"
#include "tests/tensors.h"

using namespace selfsight;

using Numbers = std::vector<double>;

namespace {

MatrixView view(const torch::Tensor& matrix)
{
    return {matrix.data_ptr<float>(), matrix.size(0), matrix.size(1)};
}

}  // namespace

class AnalysisTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knnEqualsLoops_data()
    {
        QTest::addColumn<int>("bank");
        QTest::addColumn<int>("neighbours");
        QTest::addColumn<double>("temperature");
        QTest::newRow("usual") << 60 << 9 << 0.07;
        QTest::newRow("more neighbours than rows") << 7 << 200 << 0.1;
        QTest::newRow("the nearest alone") << 40 << 1 << 0.07;
        QTest::newRow("so cold that float overflows") << 50 << 10 << 0.005;
    }

    void knnEqualsLoops()
    {
        QFETCH(int, bank);
        QFETCH(int, neighbours);
        QFETCH(double, temperature);
        torch::manual_seed(11);
        const torch::Tensor x = torch::randn({bank, 6}), y = torch::randn({25, 6});
        std::vector<std::int32_t> xLabels, yLabels;
        for (int i = 0; i < bank; ++i) xLabels.push_back(i % 7);
        for (int i = 0; i < 25; ++i) yLabels.push_back(i % 7);
        const KnnResult result =
            knnClassify(view(x), xLabels, view(y), yLabels, {.neighbours = neighbours, .temperature = temperature, .classes = 8});

        const auto rows = [](const torch::Tensor& t) {
            return rowsOf(t.to(torch::kDouble) / t.to(torch::kDouble).norm(2, 1, true));
        };
        const naive::Matrix xRows = rows(x), yRows = rows(y);
        double top1 = 0, top5 = 0;
        for (std::size_t i = 0; i < yRows.size(); ++i) {
            const Numbers scores = naive::knnScores(xRows, {xLabels.begin(), xLabels.end()}, yRows[i], neighbours, temperature, 8);
            int before = 0;
            for (std::size_t c = 0; c < scores.size(); ++c) {
                QVERIFY(std::abs(result.scores[i * 8 + c] - scores[c]) <= 1e-4 * *std::max_element(scores.begin(), scores.end()));
                const auto own = static_cast<std::size_t>(yLabels[i]);
                before += scores[c] > scores[own] || (scores[c] == scores[own] && c < own);
            }
            top1 += before < 1;
            top5 += before < 5;
            QCOMPARE(result.predictions[i], std::max_element(scores.begin(), scores.end()) - scores.begin());
        }
        QVERIFY(std::abs(result.top1 - top1 / 25) < 1e-12);
        QVERIFY(std::abs(result.top5 - top5 / 25) < 1e-12);
    }

    void nearestRowsAreTheSameBySearchingCandidates_data()
    {
        QTest::addColumn<int>("bank");
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("neighbours");
        QTest::addColumn<double>("centre");
        QTest::newRow("spread evenly") << 3000 << 64 << 20 << 0.0;
        QTest::newRow("all in one narrow cone") << 3000 << 64 << 20 << 10.0;
        QTest::newRow("so narrow that most rows come into question") << 3000 << 64 << 5 << 3000.0;
        QTest::newRow("many neighbours, an odd width") << 1501 << 37 << 200 << 1.0;
        QTest::newRow("all rows asked for") << 50 << 8 << 60 << 0.0;
        QTest::newRow("the nearest alone") << 999 << 33 << 1 << 0.0;
    }

    void nearestRowsAreTheSameBySearchingCandidates()
    {
        QFETCH(int, bank);
        QFETCH(int, columns);
        QFETCH(int, neighbours);
        QFETCH(double, centre);
        torch::manual_seed(5);
        const auto unit = [](const torch::Tensor& rows) { return rows / rows.norm(2, 1, true); };
        const torch::Tensor middle = torch::randn({1, columns}) * centre;
        const torch::Tensor x = unit(torch::randn({bank, columns}) + middle), y = unit(torch::randn({70, columns}) + middle);
        const Neighbours found = nearestByCandidates(x, y, neighbours);
        const torch::Tensor similarities = y.to(torch::kDouble).mm(x.to(torch::kDouble).t());
        const torch::Tensor values = std::get<0>(similarities.topk(std::min(bank, neighbours), 1));
        QVERIFY((found.similarities.to(torch::kDouble) - values).abs().max().item<double>() < 1e-6);
        QVERIFY((similarities.gather(1, found.indices) - values).abs().max().item<double>() < 1e-6);  // nearer, float cannot tell
        const torch::Tensor sorted = std::get<0>(found.indices.sort(1));
        QVERIFY(neighbours == 1 || (sorted.slice(1, 1) != sorted.slice(1, 0, -1)).all().item<bool>());
    }

    void aLinearProbeEndsWhereItsObjectiveIsFlat()
    {
        torch::manual_seed(3);
        const std::int64_t n = 300, d = 5, classes = 4;
        const torch::Tensor truth = torch::randint(classes, {n}, torch::kLong);
        // Columns of very different sizes, one of them constant.
        torch::Tensor x = torch::randn({n, d}) + torch::randn({classes, d}).index_select(0, truth) * 1.5;
        x = x * torch::tensor({1.f, 100.f, 0.01f, 3.f, 0.f}) + torch::tensor({0.f, 50.f, 1.f, 0.f, 2.f});
        std::vector<std::int32_t> labels;
        for (int i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(truth[i].item<std::int64_t>()));
        const auto probe = linearProbe(view(x), labels, view(x), labels, {.classes = classes, .strength = 0.5, .iterations = 500});
        QVERIFY(probe.has_value() && probe->iterations < 500);

        // Plain gradient descent in double on the same convex objective.
        const torch::Tensor mean = x.mean(0), deviation = x.std(0, false);
        const torch::Tensor z = ((x - mean) / torch::where(deviation > 0, deviation, torch::ones({d}))).to(torch::kDouble);
        torch::Tensor w = torch::zeros({d, classes}, torch::kDouble), b = torch::zeros({classes}, torch::kDouble);
        const double decay = 1 / (0.5 * n);
        double loss = 0;
        for (int step = 0; step < 5000; ++step) {
            const torch::Tensor p = (z.mm(w) + b).log_softmax(1);
            loss = -p.gather(1, truth.unsqueeze(1)).mean().item<double>() + 0.5 * decay * w.square().sum().item<double>();
            const torch::Tensor error = (p.exp() - torch::one_hot(truth, classes)) / static_cast<double>(n);
            w -= 0.5 * (z.t().mm(error) + w * decay);
            b -= 0.5 * error.sum(0);
        }
        QVERIFY2(std::abs(probe->loss - loss) < 1e-5, qPrintable(QString("%1 against %2").arg(probe->loss).arg(loss)));
        const torch::Tensor predictions = (z.mm(w) + b).argmax(1);
        int equal = 0;
        for (int i = 0; i < n; ++i) equal += predictions[i].item<std::int64_t>() == probe->predictions[static_cast<std::size_t>(i)];
        QVERIFY(equal >= n - 1);
        QVERIFY(std::abs(probe->top1 - (predictions == truth).to(torch::kDouble).mean().item<double>()) <= 1.0 / n);
        QCOMPARE(probe->top5, 1.0);
    }

    void aLinearProbeStopsWhenToldAndRefusesWhatItCannotClassify()
    {
        const torch::Tensor x = torch::eye(3);
        const std::vector<std::int32_t> good = {0, 1, 2}, few = {0, 1};
        QVERIFY(!linearProbe(view(x), good, view(x), good, {.classes = 3}, [](double) { return false; }));
        QVERIFY(errorOf([&] { linearProbe(view(x), few, view(x), good, {.classes = 3}); }).contains("3 features but 2 labels"));
        QVERIFY(errorOf([&] { linearProbe(view(x), good, view(x), good, {.classes = 2}); }).contains("label 2, with 2 classes"));
        QVERIFY(errorOf([&] { linearProbe(view(x), good, view(x), good, {.classes = 3, .strength = 0}); }).contains("strength is 0"));
    }

    void knnRefusesWhatItCannotClassify()
    {
        const torch::Tensor x = torch::eye(3);
        const std::vector<std::int32_t> good = {0, 1, 2}, bad = {0, 1, 3}, few = {0, 1};
        QVERIFY(errorOf([&] { knnClassify(view(x), bad, view(x), good, {.classes = 3}); }).contains("label 3, with 3 classes"));
        QVERIFY(errorOf([&] { knnClassify(view(x), few, view(x), good, {}); }).contains("3 features but 2 labels"));
        const torch::Tensor broken = torch::full({3, 3}, std::numeric_limits<float>::quiet_NaN());
        QVERIFY(errorOf([&] { knnClassify(view(broken), good, view(x), good, {}); }).contains("not a finite number"));
    }

    void viewsOfDifferentSizesAreNotAligned()
    {
        QVERIFY(errorOf([] { alignment(view(torch::ones({3, 4})), view(torch::ones({3, 5}))); }).contains("3 x 4 and 3 x 5"));
    }

    void ranksCountTheDimensionsThatAreUsed()
    {
        torch::manual_seed(12);
        const torch::Tensor full = std::get<0>(torch::linalg_qr(torch::randn({64, 16}))).contiguous();
        QVERIFY(std::abs(spectrum(view(full)).effectiveRank - 16) < 1e-3);
        const torch::Tensor flat = torch::randn({64, 1}).mul(torch::randn({1, 16})).contiguous();
        QVERIFY(std::abs(spectrum(view(flat)).effectiveRank - 1) < 1e-3);
        QVERIFY(std::abs(spectrum(view(flat)).participationRatio - 1) < 1e-3);
        const Spectrum constant = spectrum(view(torch::ones({20, 8})));
        QVERIFY(constant.centredEffectiveRank <= 1.001 && constant.participationRatio == 0);
        QCOMPARE(spectrum(view(torch::randn({5, 12}))).covarianceEigenvalues.size(), std::size_t{12});
    }

    void wideSpectraAreAsExactAsFeatures()
    {
        torch::manual_seed(14);
        const torch::Tensor wide = torch::randn({300, 200}).mul(torch::logspace(0, -5, 200)).contiguous();
        const Numbers got = spectrum(view(wide)).singularValues;
        const Numbers expected = rowsOf(torch::linalg_svdvals(wide.to(torch::kDouble)).unsqueeze(0))[0];
        QCOMPARE(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) QVERIFY(std::abs(got[i] - expected[i]) < 1e-7 * expected[0]);
    }

    void collapseShowsInStdAndUniformity()
    {
        torch::manual_seed(13);
        const torch::Tensor spread = torch::randn({2000, 64}), collapsed = torch::ones({2000, 64});
        QVERIFY(std::abs(collapseStd(view(spread)) * 8 - 1) < 0.02);
        QVERIFY(collapseStd(view(collapsed)) < 1e-9);
        const torch::Tensor shrunk = (spread * 0.01).contiguous();  // every direction, no length
        QVERIFY(std::abs(collapseStd(view(shrunk)) * 8 - 1) < 0.02);
        QVERIFY(std::abs(columnStd(view(shrunk)) - 0.01) < 2e-4);
        QVERIFY(columnStd(view(collapsed)) < 1e-9);
        QVERIFY(std::abs(uniformity(view(collapsed))) < 1e-9);
        QVERIFY(std::abs(alignment(view(spread), view(spread))) < 1e-9);
        // More rows than are compared at a time.
        QVERIFY(std::abs(uniformity(view(spread)) - naive::uniformity(rowsOf(spread), 2)) < 1e-9);
    }
};

QTEST_GUILESS_MAIN(AnalysisTest)
#include "tst_analysis.moc"
