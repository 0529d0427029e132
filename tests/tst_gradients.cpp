// The gradients of layers: a history that loses no spike, its map, and the panels over a run that spikes.
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>
#include <random>

#include "app/window/main_window.h"
#include "core/catalog.h"
#include "core/runs/event_files.h"
#include "tests/own_home.h"
#include "tests/tiny_run.h"
#include "widgets/curve_plot.h"
#include "widgets/gradient_view.h"
#include "widgets/layer_history.h"
#include "widgets/layer_map.h"
#include "widgets/step_view.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // ms; only a hang exceeds it

LayerHistory noisy(std::size_t layers, std::int64_t steps, unsigned seed = 3)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.3f);
    LayerHistory history(layers);
    std::vector<float> norms(layers);
    for (std::int64_t step = 1; step <= steps; ++step) {
        for (float& norm : norms) norm = std::exp(normal(random));
        history.append(step, step, norms);
    }
    return history;
}

/// Trains until a spike, which a lower temperature makes, is over. The run's folder holds it.
SpikeEvent trainASpike(const std::filesystem::path& folder)
{
    Trainer trainer(catalog(), with(tiny(), {{"train.steps", "100000"}, {"method.temperature", "1"}, {"optimizer.lr", "0.001"}}), {.runFolder = folder, .evaluateAtEnd = false});
    Heard heard;
    if (!hearUntil(trainer, heard, [](const Heard& all) { return all.steps.size() > 130; })) qFatal("no steps");
    trainer.setOption("method.temperature", Value(0.01));
    if (!hearUntil(trainer, heard, [](const Heard& all) { return !all.events.empty(); })) qFatal("no spike");
    trainer.stop();
    trainer.join();
    heard.hear(*trainer.feed());
    return heard.events.at(0);
}

}  // namespace

class GradientsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase() { liveIn(m_folder.path()); }

    void maximaEqualPlainOnes()
    {
        const LayerHistory history = noisy(5, 1000);
        std::mt19937 random(9);
        std::vector<float> best(5);
        for (int i = 0; i < 200; ++i) {
            const std::size_t begin = random() % 1000, end = begin + 1 + random() % (1000 - begin);
            history.maxima(begin, end, best);
            for (std::size_t layer = 0; layer < 5; ++layer) {
                float expected = -100;
                for (std::size_t row = begin; row < end; ++row) expected = std::max(expected, history.at(row, layer));
                QCOMPARE(best[layer], expected);
            }
        }
    }

    void gapsStayGaps()
    {
        LayerHistory history(2);
        for (std::int64_t step = 1; step <= 100; ++step) history.append(step, step, std::vector<float>{0, step == 50 ? INFINITY : 1.0f});
        std::vector<float> best(2);
        history.maxima(0, 100, best);
        QVERIFY(std::isnan(best[0]));
        QCOMPARE(best[1], 0.0f);
        history.append(100, 100, std::vector<float>{1, 1});  // told before
        history.append(101, 101, std::vector<float>{1});     // of another run
        QCOMPARE(history.rows(), std::size_t(100));
        QVERIFY(std::isnan(history.medians()[0]));
    }

    /// 100,000 steps on some hundred pixels: the one step stands out.
    void noSpikeIsLostByZoomingOut()
    {
        LayerHistory history(20);
        std::vector<float> norms(20, 1);
        for (std::int64_t step = 1; step <= 100'000; ++step) {
            norms[7] = step == 54'321 ? 1000 : 1;
            history.append(step, step, norms);
        }
        LayerMap map;
        map.resize(700, 300);
        std::vector<MapLine> lines;
        for (std::size_t layer = 0; layer < 20; ++layer) lines.push_back({QString::number(layer), {layer}});
        map.setHistory(&history);
        map.setLines(lines);
        map.picture(1);
        const int columns = map.mapRect().width(), place = static_cast<int>(54'321.0 / 100'000 * columns);
        int found = -1;
        for (int column = 0; column < columns; ++column)
            if (map.valueAt(7, column) > 5) found = column;
        QVERIFY2(std::abs(found - place) <= 1, qPrintable(QString::number(found)));
        QVERIFY(map.valueAt(6, found) < 1);
        map.setRange(54'300, 54'340);  // single steps
        map.picture(1);
        int wide = 0;
        for (int column = 0; column < columns; ++column) wide += map.valueAt(7, column) > 5;
        QVERIFY2(std::abs(wide - columns / 40) <= 1, qPrintable(QString::number(wide)));
    }

    void keysMoveFromSpikeToSpike()
    {
        const LayerHistory history = noisy(3, 2000);
        LayerMap map;
        map.resize(700, 300);
        map.setHistory(&history);
        map.setLines({{"a", {0, 1}}, {"b", {2}}});
        map.setMarks({{500, 503, "first"}, {1500, 1500, "second"}});
        QSignalSpy moved(&map, &LayerMap::crosshairMoved), clicked(&map, &LayerMap::stepClicked);
        map.showCrosshair(1);
        QTest::keyClick(&map, Qt::Key_N);
        QCOMPARE(moved.last().at(0).toDouble(), 500.0);
        QTest::keyClick(&map, Qt::Key_N);
        QCOMPARE(moved.last().at(0).toDouble(), 1500.0);
        QTest::keyClick(&map, Qt::Key_P);
        QCOMPARE(moved.last().at(0).toDouble(), 500.0);
        QVERIFY(!map.isFollowing());
        QTest::keyClick(&map, Qt::Key_Home);
        QVERIFY(map.isFollowing());
        // A click near a mark means the mark.
        const double x = map.mapRect().left() + (1501 - map.from()) / (map.to() - map.from()) * map.mapRect().width();
        QTest::mouseClick(&map, Qt::LeftButton, {}, QPoint(static_cast<int>(x) + 2, map.mapRect().center().y()));
        QCOMPARE(clicked.last().at(0).toLongLong(), 1500);
    }

    void namesChooseCurves()
    {
        RunInfo info;
        info.termNames = {"total"};
        info.layerNames = {"backbone.patch_embed.proj.weight", "backbone.blocks.0.attn.qkv.weight", "backbone.blocks.1.attn.qkv.weight", "head.0.weight"};
        GradientView view;
        view.resize(900, 600);
        view.showRun(info);
        QCOMPARE(view.map().selected().size(), std::size_t(2));  // the first projection and the last block
        std::vector<StepRecord> steps;
        for (std::int64_t step = 1; step <= 200; ++step) steps.push_back({step, 0, step, 0.1 * static_cast<double>(step), 0.1f, {1}, {1, 2, 3, 4}});
        view.append(steps);
        view.show();
        QVERIFY(view.tick());
        QVERIFY(view.plots()[0]->csv().count('\n') > 200);
        QSignalSpy changed(&view.map(), &LayerMap::selectionChanged);
        const QRect map = view.map().mapRect();
        QTest::mouseClick(&view.map(), Qt::LeftButton, {}, QPoint(20, map.bottom() - 5));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(view.map().selected().size(), std::size_t(3));
    }

    /// Steps that come while the past is read are not lost, and not drawn twice.
    void thePastComesBeforeWhatIsLive()
    {
        RunInfo info;
        info.termNames = {"total"};
        info.layerNames = {"a", "b"};
        GradientView view;
        view.showRun(info);
        std::vector<StepRecord> past, live;
        for (std::int64_t step = 1; step <= 100; ++step) (step <= 60 ? past : live).push_back({step, 0, step, 0, 0, {1}, {1, 1}});
        view.expectPast();
        view.append(live);
        QVERIFY(view.map().summary().contains("No gradients"));
        past.push_back(live.front());
        view.showPast(StepTable::of(past, {1, 2}));
        QVERIFY2(view.map().summary().contains("1 to 100"), qPrintable(view.map().summary()));
    }

    void aClickOnASpikeShowsItsImages()
    {
        const auto run = std::filesystem::path(m_folder.path().toStdString()) / "spiking";
        const SpikeEvent event = trainASpike(run);
        MainWindow window(catalog());
        window.resize(1300, 900);
        window.show();
        window.session().openRun(QString::fromStdString(run.string()));
        Panels& panels = window.panels();
        QTRY_COMPARE_WITH_TIMEOUT(panels.step->events(), 1, kPatience);
        Q_EMIT panels.gradients->stepChosen(event.first);
        QTRY_VERIFY_WITH_TIMEOUT(panels.step->images() > 0, kPatience);
        QVERIFY2(panels.step->text().contains("gradient spike"), qPrintable(panels.step->text()));
        QCOMPARE(panels.step->images(), 8 * 3);  // each image and its two views
        // A step without a spike is computed again from a checkpoint.
        Q_EMIT panels.gradients->stepChosen(3);
        QTRY_VERIFY_WITH_TIMEOUT(panels.step->step() == 3 && panels.step->text().contains("recomputed"), kPatience);
        QVERIFY(panels.step->text().contains("step 0"));
        Q_EMIT panels.gradients->stepChosen(10'000'000);
        QTRY_VERIFY_WITH_TIMEOUT(panels.step->text().contains("has no record"), kPatience);
    }
};

QTEST_MAIN(GradientsTest)
#include "tst_gradients.moc"
