// The film of a run's features: made while it trains, kept in its folder, shown again when it is opened.
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

#include <cmath>
#include <filesystem>

#include "app/frame_maker.h"
#include "app/window/main_window.h"
#include "app/window/panels.h"
#include "app/window/report.h"
#include "core/analysis/neighbourhoods.h"
#include "core/base/rng.h"
#include "core/catalog.h"
#include "core/runs/layout_files.h"
#include "tests/own_home.h"
#include "widgets/embedding_view.h"
#include "widgets/scatter_view.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

constexpr int kPatience = 120'000;

Experiment tinyExperiment()
{
    ExperimentDocument document(catalog());
    document.load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    document.setType("data", "shapes");
    const std::pair<const char*, Value> values[] = {{"backbone.width", std::int64_t{8}},         {"train.batch_size", std::int64_t{32}},
                                                    {"train.threads", std::int64_t{1}},          {"train.steps", std::int64_t{30}},
                                                    {"record.knn_bank", std::int64_t{64}},       {"record.knn_queries", std::int64_t{32}},
                                                    {"record.quality_images", std::int64_t{32}}, {"record.embedding_images", std::int64_t{60}},
                                                    {"record.probe_budget", 1.0}};
    for (const auto& [key, value] : values) document.setValue(key, value);
    return document.experiment();
}

/// Three groups; `turn` moves the second towards the third.
Snapshot madeSnapshot(std::int64_t step, float turn, int samples = 90)
{
    Rng rng({5});
    SnapshotArray features{.name = embedding::kFeatures, .shape = {samples, 6}, .values = {}};
    for (int i = 0; i < samples; ++i) {
        float row[6] = {};
        row[i % 3] = 1;
        if (i % 3 == 1) row[2] = turn;
        double square = 0;
        for (float& value : row) {
            value += static_cast<float>(0.15 * rng.normal());
            square += value * value;
        }
        for (const float value : row) features.values.push_back(static_cast<float>(value / std::sqrt(square)));
    }
    return {.step = step, .arrays = {features}};
}

std::shared_ptr<const ProbeSet> madeSet(int samples = 90)
{
    auto set = std::make_shared<ProbeSet>();
    set->tables = {{.name = "class", .classes = {"a", "b", "c"}, .labels = {}}};
    for (int i = 0; i < samples; ++i) {
        set->images.push_back(i);
        set->names.push_back(std::to_string(i));
        set->tables[0].labels.push_back(i % 3);
    }
    return set;
}

double meanMove(const std::vector<float>& a, const std::vector<float>& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); i += 2) sum += std::hypot(a[i] - b[i], a[i + 1] - b[i + 1]);
    return 2 * sum / static_cast<double>(a.size());
}

}  // namespace

class EmbeddingFilmTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase() { liveIn(m_home.path()); }

    void featuresThatHardlyChangeHardlyMove()
    {
        FrameMaker warm(madeSet(), {.perplexity = 10});
        FrameMaker alone(madeSet(), {.perplexity = 10, .isWarm = false, .seed = 1});
        const auto first = warm.frame(madeSnapshot(0, 0)), second = warm.frame(madeSnapshot(10, 0.02f));
        const auto firstAlone = alone.frame(madeSnapshot(0, 0)), secondAlone = alone.frame(madeSnapshot(10, 0.3f));
        QVERIFY(first && second && firstAlone && secondAlone);
        QVERIFY2(meanMove(first->layout, second->layout) < 0.5 * meanMove(firstAlone->layout, secondAlone->layout),
                 qPrintable(QString("%1 %2").arg(meanMove(first->layout, second->layout)).arg(meanMove(firstAlone->layout, secondAlone->layout))));
        QVERIFY(*second->trustworthiness > 0.85);
        QCOMPARE(second->neighbours, std::int64_t{15});
        QCOMPARE(second->clusters.size(), std::size_t{90});
    }

    void samplesWhoseNeighboursChangeAreGrouped()
    {
        FrameMaker maker(madeSet(), {.perplexity = 10});
        maker.frame(madeSnapshot(0, 0));
        QVERIFY(maker.lastChange().groups.empty());
        maker.frame(madeSnapshot(10, 3));
        const EmbeddingChange change = maker.lastChange();
        QCOMPARE(change.from, std::int64_t{0});
        QCOMPARE(change.to, std::int64_t{10});
        QCOMPARE(change.change.size(), std::size_t{90});
    }

    void slicesMoveTheLayout()
    {
        FrameMaker maker(madeSet(), {.perplexity = 10});
        const auto slice = std::make_shared<FeatureSlice>();
        const Snapshot newer = madeSnapshot(20, 2);
        slice->step = 20;
        slice->first = 30;
        slice->columns = 6;
        slice->values.assign(newer.arrays[0].values.begin() + 30 * 6, newer.arrays[0].values.begin() + 60 * 6);
        QVERIFY(!maker.movedBy({slice}));
        const auto frame = maker.frame(madeSnapshot(0, 0));
        const auto moved = maker.movedBy({slice});
        QVERIFY(moved && moved->isMoving);
        QCOMPARE(moved->step, std::int64_t{20});
        QVERIFY(moved->layout != frame->layout);
        slice->first = 80;  // beyond the end: left out
        QVERIFY(maker.movedBy({slice}));
    }

    void featuresThatAreNoNumbersAreNamed()
    {
        FrameMaker maker(madeSet(), {});
        Snapshot snapshot = madeSnapshot(70, 0);
        snapshot.arrays[0].values[13] = std::nanf("");
        try {
            maker.frame(snapshot);
            QFAIL("taken");
        } catch (const std::exception& error) {
            QVERIFY2(QString(error.what()).contains("step 70") && QString(error.what()).contains("diverged"), error.what());
        }
        QVERIFY(maker.frame(madeSnapshot(71, 0)));
        QVERIFY(!maker.frame({.step = 3}));
    }

    void thePanelSaysHowManyImagesTheNextRunFollows()
    {
        MainWindow window(catalog());
        auto& samples = *window.panels().embedding->findChild<QSpinBox*>("samples");
        QCOMPARE(samples.maximum(), 70'000);
        samples.setValue(3000);
        QCOMPARE(window.document().experiment()["record"].values.at("embedding_images"), Value(std::int64_t{3000}));
        window.document().undoStack().undo();
        QCOMPARE(samples.value(), 0);
        window.document().setValue("record.embedding_images", std::int64_t{200});
        QCOMPARE(samples.value(), 200);
    }

    void clustersKeepTheirNamesFromFrameToFrame()
    {
        const std::vector<std::int32_t> before = {0, 0, 0, 0, 1, 1, 1, 2, 2};
        QCOMPARE(matchedClusters(before, {2, 2, 2, 2, 0, 0, 0, 1, 1}), before);
        QCOMPARE(matchedClusters(before, {1, 1, 1, 0, 0, 0, 0, 2, 3}), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 1, 2, 3}));
        QCOMPARE(matchedClusters(before, {1, 1, 1, 1, 0, 0, 0, 0, 0}), (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 1, 1, 1}));
        QCOMPARE(matchedClusters({}, {1, 0}), (std::vector<std::int32_t>{1, 0}));
    }

    void aRunIsFilmedAndOpensWithTheSameFilm()
    {
        const QString folder = m_home.filePath("run");
        std::vector<float> last;
        std::size_t frames = 0;
        {
            MainWindow window(catalog());
            EmbeddingView& view = *window.panels().embedding;
            window.session().start({.experiment = tinyExperiment(), .folder = folder, .steps = {}, .evaluateAtEnd = false});
            QSignalSpy ended(&window.session(), &Session::trainingEnded);
            QVERIFY(ended.wait(kPatience));
            QTRY_VERIFY_WITH_TIMEOUT(view.frames() > 0 && window.film().isIdle(), kPatience);
            QCoreApplication::processEvents();
            QVERIFY(view.frame());
            QCOMPARE(view.scatter().count(), std::size_t{60});
            QVERIFY2(view.quality().contains("trustworthiness"), qPrintable(view.quality()));
            last = view.frame()->layout;
            frames = view.frames();
            QVERIFY(fs::exists((folder + "/layouts").toStdString()));
            window.slider().track().choose(0);
            view.grab();
        }
        writeReport(folder, m_home.filePath("report"));
        QFile page(m_home.filePath("report/index.html"));
        QVERIFY(page.open(QIODevice::ReadOnly) && page.readAll().contains("<h2>Embedding</h2>"));
        const QImage picture(m_home.filePath("report/embedding.png"));
        QSet<QRgb> colours;
        for (int x = 0; x < picture.width(); ++x)
            for (int y = 0; y < picture.height(); ++y) colours.insert(picture.pixel(x, y));
        QVERIFY2(colours.size() > 100, qPrintable(QString::number(colours.size())));  // points, not an empty ground
        QCOMPARE(QFileInfo::exists(m_home.filePath("report/embedding.gif")), frames > 1);

        MainWindow window(catalog());
        EmbeddingView& view = *window.panels().embedding;
        window.session().openRun(folder);
        QTRY_VERIFY_WITH_TIMEOUT(view.frames() == frames, kPatience);
        QCOMPARE(view.frame()->layout, last);
        QSignalSpy frame(&window.film(), &EmbeddingFilm::frameArrived);
        Q_EMIT view.perplexityChosen(5);
        QVERIFY(frame.wait(kPatience));
        QTRY_VERIFY_WITH_TIMEOUT(window.film().isIdle(), kPatience);
        QCoreApplication::processEvents();
        QVERIFY(view.frame()->layout != last);
    }
};

QTEST_MAIN(EmbeddingFilmTest)
#include "tst_embedding_film.moc"
