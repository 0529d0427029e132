// The Attention panel in the window: weights, images, runs and their films, one compared with another, and what is saved.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QImage>
#include <QLabel>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>

#include "app/window/attention_panel.h"
#include "app/window/main_window.h"
#include "app/window/report.h"
#include "app/window/weights_dialog.h"
#include "core/catalog.h"
#include "core/data/image_file.h"
#include "core/io/npy.h"
#include "core/train/checkpoint_files.h"
#include "tests/own_home.h"
#include "tests/tiny_run.h"
#include "widgets/attention_view.h"
#include "widgets/banner.h"
#include "widgets/curve_plot.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // ms: other programs may keep the cores busy
const QString kWeights = QStringLiteral(SELFSIGHT_SOURCE "/tests/golden/dino_checkpoint_full.pth");

Experiment tinyVit()
{
    return with(tiny(), {{"backbone.type", "vit"}, {"backbone.dim", "24"}, {"backbone.depth", "2"}, {"backbone.heads", "2"}, {"backbone.patch", "8"},
                         {"backbone.image_size", "32"}, {"train.steps", "40"}, {"record.probe_every_steps", "4"}, {"record.probe_budget", "1"}, {"record.attention_images", "3"},
                         {"train.checkpoint_every_steps", "10"}});
}

AttentionPanel& panelOf(MainWindow& window)
{
    return *window.findChild<AttentionPanel*>();
}

AttentionView& viewOf(MainWindow& window)
{
    return *window.panels().attention;
}

std::vector<float> shownMaps(MainWindow& window)
{
    std::vector<float> values;
    if (const auto result = panelOf(window).shown())
        for (const FloatMap& map : result->answer.heads) values.insert(values.end(), map.values.begin(), map.values.end());
    return values;
}

}  // namespace

class AttentionPanelTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;
    QString m_vit, m_resnet, m_image, m_wide;

    /// The panel is in sight and at rest.
    void settle(MainWindow& window)
    {
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).isIdle(), kPatience);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        liveIn(m_home.path());
        m_vit = m_home.path() + "/runs/vit";
        m_resnet = m_home.path() + "/runs/resnet";
        QCOMPARE(run(tinyVit(), {.runFolder = m_vit.toStdString(), .steps = {}, .evaluateAtEnd = false}).state.phase, RunPhase::Finished);
        QCOMPARE(run(tiny(), {.runFolder = m_resnet.toStdString(), .steps = 2, .evaluateAtEnd = false}).state.phase, RunPhase::Finished);
        QImage image(40, 40, QImage::Format_RGB888);
        for (int y = 0; y < 40; ++y)
            for (int x = 0; x < 40; ++x) image.setPixelColor(x, y, QColor((x * 6) % 256, (y * 6) % 256, (x * y) % 256));
        m_image = m_home.filePath("image.png");
        QVERIFY(image.save(m_image));
        m_wide = m_home.filePath("wide.png");
        QVERIFY(image.copy(0, 0, 40, 24).save(m_wide));
    }

    void cleanup()
    {
        QSettings().clear();
        QVERIFY2(QApplication::topLevelWidgets().isEmpty(), "a test left a widget behind");
    }

    void anEmptyPanelSaysWhatItWants()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        settle(window);
        QCOMPARE(viewOf(window).grid().count(), 0);
        QStringList texts;
        for (const QLabel* label : viewOf(window).findChildren<QLabel*>()) texts << label->text();
        QVERIFY2(texts.join(' ').contains("drop weights"), qPrintable(texts.join(' ')));
    }

    void weightsAndAnImageGiveEachHeadsMap()
    {
        MainWindow window(catalog());
        window.show();
        QSignalSpy said(&panelOf(window), &AttentionPanel::message);
        QVERIFY(window.files().open(kWeights));
        QVERIFY(window.files().open(m_image));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        settle(window);
        QVERIFY(viewOf(window).isVisible());
        QVERIFY2(said.first().first().toString().contains("18 of 18 tensors match"), qPrintable(said.first().first().toString()));
        AttentionModel model = AttentionModel::ofWeights(kWeights.toStdString());
        QCOMPARE(viewOf(window).grid().count(), 2 + static_cast<int>(model.heads()));
        const AttentionResult shown = *panelOf(window).shown();
        const AttentionAnswer wanted = model.ask(shown.answer.image, 0, {});
        for (std::size_t head = 0; head < wanted.heads.size(); ++head) QCOMPARE(shown.answer.heads[head].values, wanted.heads[head].values);
        QVERIFY2(viewOf(window).state().contains("image.png"), qPrintable(viewOf(window).state()));
    }

    void whatIsAskedChangesTheMapsAndHowItIsDrawnDoesNot()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(kWeights));
        QVERIFY(window.files().open(m_image));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        settle(window);
        const auto first = panelOf(window).shown();
        const QImage before = viewOf(window).grid().cell(1)->picture;
        viewOf(window).findChild<QSlider*>()->setValue(20);
        for (QComboBox* box : viewOf(window).findChildren<QComboBox*>())
            if (box->accessibleName() == "How maps are drawn") box->setCurrentIndex(2);
        settle(window);
        QCOMPARE(panelOf(window).shown(), first);  // the very same answer
        QVERIFY(viewOf(window).grid().cell(1)->picture != before);

        viewOf(window).setQuery(3);
        settle(window);
        QVERIFY(panelOf(window).shown() != first);
        QVERIFY2(viewOf(window).state().contains("asked by patch 4"), qPrintable(viewOf(window).state()));
        AttentionModel model = AttentionModel::ofWeights(kWeights.toStdString());
        QCOMPARE(shownMaps(window), [&] {
            std::vector<float> values;
            for (const FloatMap& map : model.ask(first->answer.image, 0, {.patch = 3}).heads) values.insert(values.end(), map.values.begin(), map.values.end());
            return values;
        }());
        for (QAction* action : viewOf(window).findChildren<QAction*>())
            if (action->text() == "Rollout" || action->text() == "Patch components") action->setChecked(true);
        settle(window);
        QCOMPARE(viewOf(window).grid().count(), 4 + static_cast<int>(model.heads()));
    }

    void picturesFollowASliderThatIsDragged()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(kWeights));
        QVERIFY(window.files().open(m_image));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        settle(window);
        for (QComboBox* box : viewOf(window).findChildren<QComboBox*>())
            if (box->accessibleName() == "How maps are drawn") box->setCurrentIndex(2);
        for (QSpinBox* box : viewOf(window).findChildren<QSpinBox*>())
            if (box->accessibleName() == "Shorter side in pixels") box->setValue(600);  // drawn more slowly than the slider moves
        settle(window);
        auto* mass = viewOf(window).findChild<QSlider*>();
        std::vector<QImage> seen;
        QDeadlineTimer patience(kPatience / 4);
        for (int i = 0; seen.size() < 4 && !patience.hasExpired(); ++i) {  // never at rest in between
            mass->setValue(10 + i % 80);
            QCoreApplication::processEvents();
            const QImage picture = viewOf(window).grid().cell(1)->picture;
            if (seen.empty() || seen.back() != picture) seen.push_back(picture);
            QTest::qSleep(2);
        }
        settle(window);
        QCOMPARE(seen.size(), std::size_t{4});
        const QImage last = viewOf(window).grid().cell(1)->picture;
        QCOMPARE(last, attentionCells(*panelOf(window).shown(), viewOf(window).look())[1].picture);  // and ends where the slider does
    }

    void imagesOfAnyShapeAndAFolderOfThem()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(kWeights));
        QTRY_COMPARE_WITH_TIMEOUT(panelOf(window).source().kind, AttentionSource::Kind::Weights, kPatience);
        const QString folder = m_home.filePath("pictures");
        QVERIFY(QDir().mkpath(folder + "/deeper"));
        QVERIFY(QFile::copy(m_image, folder + "/a.png") && QFile::copy(m_wide, folder + "/deeper/b.png"));
        std::ofstream((folder + "/notes.txt").toStdString()) << "no image";
        Q_EMIT viewOf(window).filesGiven({folder});
        QTRY_COMPARE_WITH_TIMEOUT(panelOf(window).images(), 2, kPatience);
        QCOMPARE(viewOf(window).images().count(), 2);
        settle(window);
        viewOf(window).images().setSelected(1);
        settle(window);
        const AttentionAnswer& answer = panelOf(window).shown()->answer;
        QCOMPARE(answer.heads[0].width > answer.heads[0].height, true);
        QSignalSpy said(&panelOf(window), &AttentionPanel::message);
        Q_EMIT viewOf(window).filesGiven({m_home.filePath("runs")});
        QTRY_COMPARE_WITH_TIMEOUT(said.size(), 1, kPatience);
        QVERIFY2(said[0][0].toString().contains("no image in"), qPrintable(said[0][0].toString()));
        QCOMPARE(panelOf(window).images(), 2);
    }

    void anImageIsPastedWhereverTheWindowHasTheKeys()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(kWeights));
        window.layout().show("loss");
        QApplication::clipboard()->setImage(QImage(m_image));
        QTest::keyClick(&window, Qt::Key_V, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        QVERIFY(viewOf(window).isVisible());
        QCOMPARE(panelOf(window).shown()->answer.image.pixels, [&] {
            RgbImage image = readImage(m_image.toStdString());
            return AttentionModel::ofWeights(kWeights.toStdString()).ask(image, 0, {}).image.pixels;
        }());
        settle(window);
        QApplication::clipboard()->clear();
    }

    void aDamagedImageIsNamedInThePanel()
    {
        const QString broken = m_home.filePath("broken.png");
        std::ofstream(broken.toStdString()) << "\x89PNG no more";
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(kWeights));
        QVERIFY(window.files().open(broken));
        QTRY_VERIFY_WITH_TIMEOUT(viewOf(window).problem().contains("broken.png"), kPatience);
        QVERIFY(window.files().open(m_image));  // and it goes on
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown() && viewOf(window).problem().isEmpty(), kPatience);
    }

    void aNetworkWithoutAttentionSaysSo()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QVERIFY(window.files().open(m_resnet));
        QVERIFY(window.files().open(m_image));
        QTRY_VERIFY_WITH_TIMEOUT(viewOf(window).problem().contains("no vision transformer"), kPatience);
        QCOMPARE(viewOf(window).grid().count(), 0);
    }

    void weightsOfNoTransformerShowWhatTheyHold()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(QStringLiteral(SELFSIGHT_SOURCE "/tests/golden/dino_head_0.safetensors")));
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<WeightsDialog*>(), kPatience);
        QCOMPARE(panelOf(window).source().kind, AttentionSource::Kind::None);
        window.findChild<WeightsDialog*>()->close();
        QTRY_VERIFY(!window.findChild<WeightsDialog*>());
    }

    void aRunsKeptMapsAreAFilmAndItsHeadsAreCurves()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QVERIFY(window.files().open(m_vit));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        settle(window);
        QCOMPARE(panelOf(window).images(), 3);
        const std::vector<std::int64_t> moments = panelOf(window).filmSteps();
        QVERIFY(moments.size() > 1);
        std::vector<std::vector<float>> film;
        for (const std::int64_t step : moments) {
            window.slider().track().choose(step);
            settle(window);
            QVERIFY2(viewOf(window).state().contains(QString("step %1").arg(step)), qPrintable(viewOf(window).state()));
            const auto snapshot = window.session().source()->snapshot(step);
            const auto maps = std::ranges::find(snapshot->arrays, attention::kMaps, &SnapshotArray::name);
            QVERIFY(maps != snapshot->arrays.end());
            const std::vector<float> own = shownMaps(window);
            QCOMPARE(own, std::vector<float>(maps->values.begin(), maps->values.begin() + static_cast<std::ptrdiff_t>(own.size())));
            film.push_back(own);
        }
        QVERIFY(film.front() != film.back());
        QVERIFY(viewOf(window).grid().cell(1)->caption.contains("IoU"));  // shapes know their masks
        QCOMPARE(viewOf(window).grid().cell(4)->title, QString("Object"));
        const std::vector<FigurePlot>& plots = window.panels().figurePlots;
        QVERIFY(plots[3].plot->hasSeries("attention.entropy.head_2"));
        QVERIFY(plots[4].plot->hasSeries("attention.distance.head_1"));
        QVERIFY(plots[5].plot->hasSeries("attention.iou.best_head"));
        QVERIFY(!plots[3].plot->hasSeries("attention.entropy.head_3"));
    }

    void anImageOfTheUsersOwnStaysChosenWhenARunComes()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(m_image));
        QVERIFY(window.files().open(m_wide));
        QVERIFY(window.files().open(m_vit));
        QTRY_COMPARE_WITH_TIMEOUT(panelOf(window).images(), 5, kPatience);
        settle(window);
        QTRY_VERIFY2_WITH_TIMEOUT(viewOf(window).state().contains("wide.png"), qPrintable(viewOf(window).state()), kPatience);
        QCOMPARE(viewOf(window).images().selected(), 4);
    }

    void mapsComeWhileItTrainsAlsoWhereNothingIsKept()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QSignalSpy ended(&window.session(), &Session::trainingEnded);
        window.session().start({.experiment = tinyVit(), .folder = {}, .steps = {}, .evaluateAtEnd = false});
        QTRY_VERIFY_WITH_TIMEOUT(!shownMaps(window).empty(), kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kPatience);
        settle(window);
        QVERIFY(panelOf(window).filmSteps().size() > 1);
        QVERIFY2(viewOf(window).state().contains(QString("step %1").arg(panelOf(window).filmSteps().back())), qPrintable(viewOf(window).state()));
        viewOf(window).setQuery(2);  // has no checkpoint to ask
        QTRY_VERIFY2_WITH_TIMEOUT(viewOf(window).problem().contains("keeps no checkpoint"), qPrintable(viewOf(window).problem()), kPatience);
        viewOf(window).setQuery(-1);
        QTRY_VERIFY_WITH_TIMEOUT(viewOf(window).problem().isEmpty() && !shownMaps(window).empty(), kPatience);
    }

    void whatARunDoesNotKeepIsAskedOfItsCheckpoint()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QVERIFY(window.files().open(m_vit));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        const auto names = checkpointNamesIn(std::filesystem::path(m_vit.toStdString()) / "checkpoints");
        QVERIFY(names.size() > 1 && names.back().step > names[names.size() - 2].step + 2);
        const std::int64_t step = names[names.size() - 2].step;
        window.slider().track().choose(step + 1);
        viewOf(window).setQuery(1);
        settle(window);
        QVERIFY2(viewOf(window).state().contains(QString("checkpoint of step %1 (the nearest to step %2)").arg(step).arg(step + 1)), qPrintable(viewOf(window).state()));
        AttentionModel model = AttentionModel::ofRun(m_vit.toStdString(), step, catalog());
        const AttentionAnswer wanted = model.ask(panelOf(window).shown()->answer.image, 0, {.patch = 1});
        QCOMPARE(panelOf(window).shown()->answer.heads[1].values, wanted.heads[1].values);
        QVERIFY(window.files().open(m_image));  // an image of the user's own
        settle(window);
        QVERIFY2(viewOf(window).state().contains("image.png"), qPrintable(viewOf(window).state()));
    }

    void twoStepsAreComparedByAHeldKey()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QVERIFY(window.files().open(m_vit));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        const QString first = QString("step %1").arg(panelOf(window).filmSteps().front());
        window.slider().track().choose(0);
        settle(window);
        viewOf(window).keepAction()->setChecked(true);
        settle(window);
        viewOf(window).images().setSelected(1);  // both look at it
        settle(window);
        QVERIFY2(viewOf(window).state().contains("image"), qPrintable(viewOf(window).state()));
        viewOf(window).holdOther(true);
        QVERIFY(viewOf(window).showsOther());
        viewOf(window).holdOther(false);
        window.slider().track().choose(std::nullopt);
        settle(window);
        const QString now = viewOf(window).state();
        viewOf(window).holdOther(true);
        QVERIFY(viewOf(window).showsOther());
        QVERIFY2(viewOf(window).state().contains(first) && viewOf(window).state() != now, qPrintable(viewOf(window).state()));
        viewOf(window).holdOther(false);
        QCOMPARE(viewOf(window).state(), now);

        QVERIFY(window.files().open(kWeights));  // another model beside the kept step
        QTRY_COMPARE_WITH_TIMEOUT(panelOf(window).source().kind, AttentionSource::Kind::Weights, kPatience);
        settle(window);
        viewOf(window).holdOther(true);
        QVERIFY2(viewOf(window).state().contains(first), qPrintable(viewOf(window).state()));
        viewOf(window).holdOther(false);
        viewOf(window).keepAction()->setChecked(false);
        viewOf(window).holdOther(true);
        QVERIFY(!viewOf(window).showsOther());
    }

    void mapsAndFilmAreSaved()
    {
        MainWindow window(catalog());
        window.show();
        window.layout().show("attention");
        QVERIFY(window.files().open(m_vit));
        QTRY_VERIFY_WITH_TIMEOUT(panelOf(window).shown(), kPatience);
        settle(window);
        const QString npy = m_home.filePath("maps.npy"), csv = m_home.filePath("maps.csv");
        Q_EMIT viewOf(window).mapsExportRequested(npy);
        const NpyArray read = readNpy(npy.toStdString());
        QCOMPARE(read.shape, (std::vector<std::int64_t>{2, 4, 4}));
        QCOMPARE(read.values<float>(), shownMaps(window));
        Q_EMIT viewOf(window).mapsExportRequested(csv);
        QFile text(csv);
        QVERIFY(text.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = text.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 17);
        QCOMPARE(lines[0], QByteArray("row,column,head_1,head_2,mean"));
        QSignalSpy said(&panelOf(window), &AttentionPanel::message);
        Q_EMIT viewOf(window).filmExportRequested(m_home.filePath("film"));
        QVERIFY2(said.last().first().toString().startsWith("Saved"), qPrintable(said.last().first().toString()));
        QCOMPARE(QDir(m_home.filePath("film")).entryList({"step_*.png"}).size(), static_cast<qsizetype>(panelOf(window).filmSteps().size()));
        Q_EMIT viewOf(window).filmExportRequested(m_home.filePath("film"));
        QVERIFY2(said.last().first().toString().contains("not empty"), qPrintable(said.last().first().toString()));
        settle(window);
    }

    void aReportShowsTheRunsAttention()
    {
        QVERIFY(!writeReport(m_vit, m_home.filePath("report")).isEmpty());
        const QImage picture(m_home.filePath("report/attention.png"));
        QVERIFY(!picture.isNull());
        QFile page(m_home.filePath("report/index.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray html = page.readAll();
        QVERIFY(html.contains("Attention: vit, step") && html.contains("Entropy"));
        QVERIFY(!writeReport(m_resnet, m_home.filePath("report_resnet")).isEmpty());
        QFile other(m_home.filePath("report_resnet/index.html"));
        QVERIFY(other.open(QIODevice::ReadOnly));
        QVERIFY(!other.readAll().contains("Entropy"));
    }
};

QTEST_MAIN(AttentionPanelTest)
#include "tst_attention_panel.moc"
