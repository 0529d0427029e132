// The window as a user meets it: real widgets offscreen, real training in a thread.
#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QProgressDialog>
#include <QPushButton>
#include <QRegularExpression>
#include <QTextBrowser>
#include <QTreeWidget>
#include <QtTest>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "app/window/latest_job.h"
#include "app/window/main_window.h"
#include "app/window/panels.h"
#include "app/window/report.h"
#include "app/window/file_commands.h"
#include "app/window/run_display.h"
#include "app/window/weights_dialog.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/runs/run_summary.h"
#include "tests/long_run.h"
#include "tests/own_home.h"
#include "widgets/banner.h"
#include "widgets/chain_editor.h"
#include "widgets/curve_plot.h"
#include "widgets/help_window.h"
#include "widgets/image_grid.h"
#include "widgets/issue_list.h"
#include "widgets/number_box.h"
#include "widgets/parameter_form.h"
#include "widgets/plot_library.h"
#include "widgets/run_controls.h"
#include "widgets/result_view.h"
#include "widgets/run_table.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // milliseconds: other programs may keep the cores busy

void setAll(ExperimentDocument& document, const std::vector<std::pair<QString, Value>>& values)
{
    for (const auto& [keyPath, value] : values) document.setValue(keyPath, value);
}

/// The quick start on drawn shapes, small enough for a test.
void loadTinyQuickstart(ExperimentDocument& document, std::int64_t steps)
{
    document.load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    document.setType("data", "shapes");
    setAll(document, {{"backbone.width", std::int64_t{8}},
                      {"train.batch_size", std::int64_t{32}},
                      {"train.threads", std::int64_t{1}},
                      {"train.steps", steps},
                      {"record.knn_bank", std::int64_t{64}},
                      {"record.knn_queries", std::int64_t{32}},
                      {"record.quality_images", std::int64_t{32}}});
}

int lossesIn(const CurvePlot& plot)
{
    return static_cast<int>(plot.csv().count("\ntotal,"));
}

}  // namespace

class WindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void trainingIsSteeredFromTheWindow();
    void aClosedWindowStopsAndSavesItsRun();
    void aFinishedRunShowsItsCurvesAndReport();
    void aRunIsExportedBesideTheWindow();
    void aLongRunIsRefinedWhereItIsLookedAtAndFollowedAsItGrows();
    void aRunDeletedWhileItIsShownIsNamedInTheBanner();
    void storedRunsAreListedDrawnBesideTheOneShownAndNamed();
    void aTermIsDrawnOnThePlotOfItsScale();
    void anEditIsUndoneAndRedone();
    void theKeysOfUndoReachTheHistoryFromAField();
    void aHeldSliderIsOneStepOfUndo();
    void savingRefusesAFileThatIsNotItsOwn();
    void aSavedExperimentReadsBackEqual();
    void everyProblemOfABadPresetIsListed();
    void aBadExperimentDoesNotStart();
    void aWrongFileIsNamedInTheBanner();
    void weightsShowWhatTheyFitAndBeginATraining();
    void damagedWeightsAreNamedInTheBanner();
    void thePreviewShowsSourcesAndViews();
    void ofSignalsThePreviewSaysThatItIsNotForThem();
    void aStoredLayoutSurvives();
    void allPanelsFitOnASmallScreen();
    void aNameStandsInTheTabOrTheTitle();
    void theHelpIsReadAndSearched();
    void onlyTheNewestResultArrives();
    void aFailedJobSaysWhy();
    void noResultArrivesAfterTheJobIsGone();
};

void WindowTest::initTestCase()
{
    QVERIFY(m_home.isValid());
    liveIn(m_home.path());
}

void WindowTest::cleanup()
{
    QSettings().clear();
    QVERIFY2(QApplication::topLevelWidgets().isEmpty(), "a test left a widget behind");
}

void WindowTest::trainingIsSteeredFromTheWindow()
{
    MainWindow window(catalog());
    window.show();
    loadTinyQuickstart(window.document(), 100'000);
    Session& session = window.session();
    RunControls& controls = window.controls();
    QVERIFY(controls.startAction()->isEnabled());
    QVERIFY(!controls.pauseAction()->isEnabled());
    std::vector<StepRecord> records;
    connect(&session, &Session::stepsArrived, this,
            [&records](const std::vector<StepRecord>& steps) { records.insert(records.end(), steps.begin(), steps.end()); });
    QSignalSpy ended(&session, &Session::trainingEnded);

    controls.startAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(records.size() >= 10, kPatience);
    QVERIFY(!controls.startAction()->isEnabled());
    QVERIFY(QFileInfo(session.folder() + "/steps.bin").isFile());
    QVERIFY(lossesIn(*window.panels().loss) >= 10);

    QTest::keyClick(&window, Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(session.state()->phase == RunPhase::Paused, kPatience);
    const std::size_t atPause = records.size();
    QTest::qWait(300);
    QCOMPARE(records.size(), atPause);
    QVERIFY(controls.stepAction()->isEnabled());

    QTest::keyClick(&window, Qt::Key_Period);
    QTRY_COMPARE_WITH_TIMEOUT(records.size(), atPause + 1, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(session.state()->phase == RunPhase::Paused, kPatience);
    const float before = records.back().learningRate;
    window.document().setValue("optimizer.lr", 0.002);
    controls.stepAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(records.size(), atPause + 2, kPatience);
    QVERIFY(records.back().learningRate != before);
    QVERIFY(records.back().learningRate <= 0.002f);

    controls.pauseAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(records.size() >= atPause + 4, kPatience);
    controls.stopAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QVERIFY(session.state()->phase == RunPhase::Stopped);
    QVERIFY(QFileInfo(session.folder() + "/result.json").isFile());
    QTRY_VERIFY(controls.startAction()->isEnabled());
    QVERIFY(!controls.stopAction()->isEnabled());
}

void WindowTest::aClosedWindowStopsAndSavesItsRun()
{
    MainWindow window(catalog());
    window.show();
    loadTinyQuickstart(window.document(), 100'000);
    window.document().undoStack().setClean();
    QSignalSpy steps(&window.session(), &Session::stepsArrived);
    window.startTraining();
    QTRY_VERIFY_WITH_TIMEOUT(steps.count() >= 1, kPatience);

    const auto answer = [](QMessageBox::ButtonRole role) {
        QTimer::singleShot(0, qApp, [role] {
            auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            for (QAbstractButton* button : question->buttons())
                if (question->buttonRole(button) == role) return button->click();
        });
    };
    answer(QMessageBox::RejectRole);
    QVERIFY(!window.close());
    QVERIFY(window.session().isTraining());
    answer(QMessageBox::AcceptRole);
    QVERIFY(!window.close());
    QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), kPatience);
    QVERIFY(QFileInfo(window.session().folder() + "/result.json").isFile());
}

void WindowTest::aFinishedRunShowsItsCurvesAndReport()
{
    const QString folder = m_home.path() + "/runs/finished";
    MainWindow window(catalog());
    loadTinyQuickstart(window.document(), 12);
    QSignalSpy ended(&window.session(), &Session::trainingEnded);
    window.session().start({.experiment = window.document().experiment(), .folder = folder, .steps = 12, .evaluateAtEnd = false});
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QCOMPARE(window.session().state()->phase, RunPhase::Finished);

    MainWindow other(catalog());
    QVERIFY(other.files().open(folder));
    QTRY_COMPARE(lossesIn(*other.panels().loss), 12);
    QCOMPARE(other.panels().figurePlots.front().plot->csv().count("\nwithin the batch,"), 12);
    QCOMPARE(other.document().experiment()["backbone"].values.at("width"), Value(std::int64_t{8}));
    QVERIFY(!other.session().isTraining());

    const QString page = writeReport(folder, m_home.path() + "/report");
    QFile file(page);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray html = file.readAll();
    QVERIFY(html.contains("data:image/png;base64,"));
    QVERIFY(html.contains("12 of 12"));
    QVERIFY(html.contains("<h2>Loss</h2>"));
    QVERIFY2(!html.contains("<h2>Method</h2>"), "SimCLR has no curves of its own: the page does without the plot");
    QVERIFY(html.contains("<source media=\"(prefers-color-scheme: dark)\" srcset=\"data:image/png;base64,"));
    static const QRegularExpression fetched(R"re((src|srcset|href)\s*=\s*"?(?!"?data:)|url\(|@import|<script|<link)re");
    QVERIFY2(!fetched.match(QString::fromUtf8(html)).hasMatch(), "the page needs something from outside");
    QVERIFY(QImage(m_home.path() + "/report/loss.png").width() > 1000);
    QVERIFY_EXCEPTION_THROWN(writeReport(folder, m_home.path() + "/report"), Error);
}

void WindowTest::aRunIsExportedBesideTheWindow()
{
    const QString folder = m_home.path() + "/runs/exported", out = m_home.path() + "/tables";
    MainWindow window(catalog());
    loadTinyQuickstart(window.document(), 3);
    QSignalSpy ended(&window.session(), &Session::trainingEnded);
    window.session().start({.experiment = window.document().experiment(), .folder = folder, .steps = 3, .evaluateAtEnd = false});
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QStringList offered;
    for (const QAction* action : window.findChildren<QAction*>()) offered << action->text();
    for (const ExportFormat& format : exportFormats()) QVERIFY(offered.contains(QString::fromStdString(format.title) + "…"));

    RunExport& exporter = window.files().exporter();
    QSignalSpy wrote(&exporter, &RunExport::message), failed(&exporter, &RunExport::failed);
    exporter.write(folder, "csv", out, false);
    exporter.write(folder, "csv", out + "2", false);
    QVERIFY(failed.takeFirst().first().toString().contains("Another export is being written"));
    QTRY_COMPARE_WITH_TIMEOUT(wrote.count(), 1, kPatience);
    QVERIFY(wrote.takeFirst().first().toString().contains(out));
    QVERIFY(QFileInfo(out + "/steps.csv").isFile());

    exporter.write(folder, "csv", out, false);
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, kPatience);
    QVERIFY(failed.takeFirst().first().toString().contains("Nothing is overwritten"));

    const QString encoder = m_home.path() + "/encoder.pt";
    exporter.write(folder, "torchscript", encoder, false);
    const auto dialogs = window.findChildren<QProgressDialog*>();  // those of before may not be deleted yet
    dialogs.last()->findChild<QPushButton*>()->click();
    QTRY_COMPARE_WITH_TIMEOUT(wrote.count(), 1, kPatience);
    QVERIFY(wrote.takeFirst().first().toString().contains("cancelled"));
    QVERIFY(!QFileInfo::exists(encoder));
    exporter.write(folder, "torchscript", encoder, false);
    QTRY_COMPARE_WITH_TIMEOUT(wrote.count(), 1, kPatience);
    QVERIFY(QFileInfo(encoder).size() > 10'000);
}

void WindowTest::aLongRunIsRefinedWhereItIsLookedAtAndFollowedAsItGrows()
{
    constexpr StepColumns kColumns{1, 3};
    const std::string folder = m_home.path().toStdString() + "/runs/long";
    std::filesystem::create_directories(m_home.path().toStdString() + "/runs");
    makeRun(folder, 70'000, kColumns);
    MainWindow window(catalog());
    QVERIFY(window.files().open(QString::fromStdString(folder)));
    CurvePlot& loss = *window.panels().loss;
    QTRY_VERIFY_WITH_TIMEOUT(loss.csv().contains("\ntotal,70000,"), kPatience);
    QVERIFY(loss.csv().size() < 500'000);  // rows of 64 steps, not steps
    QVERIFY(window.session().state()->phase == RunPhase::Stopped);

    QCPGraph* raw = loss.plot()->graph(0);
    loss.plot()->xAxis->setRange(40'000, 40'150);
    const auto valueAt = [&](double step) {
        loss.plot()->replot();
        const auto found = raw->data()->findBegin(step, false);
        return found != raw->data()->constEnd() && found->key == step ? static_cast<float>(found->value) : std::nanf("");
    };
    QTRY_COMPARE_WITH_TIMEOUT(valueAt(40'077), madeStep(40'077, kColumns).terms[0], kPatience);
    QCOMPARE(valueAt(40'078), madeStep(40'078, kColumns).terms[0]);

    // Another program goes on with it.
    const auto writer = RunWriter::reopen(folder, 70'000);
    for (std::int64_t step = 70'001; step <= 70'020; ++step) writer->write(madeStep(step, kColumns));
    QTRY_VERIFY_WITH_TIMEOUT(loss.csv().contains("\ntotal,70020,"), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(window.session().state()->elsewhere, kPatience);
    QVERIFY(window.controls().startAction()->isEnabled() && window.controls().stopAction()->isEnabled());
    QVERIFY(!window.controls().pauseAction()->isEnabled());
    writer->write(madeStep(70'021, kColumns));
    QTRY_VERIFY_WITH_TIMEOUT(loss.csv().contains("\ntotal,70021,"), kPatience);
    QCOMPARE(loss.csv().count("\ntotal,69633,"), 1);
}

void WindowTest::aRunDeletedWhileItIsShownIsNamedInTheBanner()
{
    const std::string folder = m_home.path().toStdString() + "/runs/deleted";
    std::filesystem::create_directories(m_home.path().toStdString() + "/runs");
    makeRun(folder, 30, {1, 3});
    MainWindow window(catalog());
    QVERIFY(window.files().open(QString::fromStdString(folder)));
    QTRY_COMPARE_WITH_TIMEOUT(lossesIn(*window.panels().loss), 30, kPatience);
    QSignalSpy failed(&window.session(), &Session::failed);
    std::filesystem::remove_all(folder);
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, kPatience);
    QVERIFY(failed[0][0].toString().contains("was deleted, moved or unmounted"));
    QCOMPARE(lossesIn(*window.panels().loss), 30);  // what is shown stays
}

void WindowTest::storedRunsAreListedDrawnBesideTheOneShownAndNamed()
{
    const QString base = m_home.path() + "/listed";
    std::filesystem::create_directories(base.toStdString());
    for (const char* name : {"one", "two", "three"}) makeRun((base + '/' + name).toStdString(), 30, {1, 3});
    qputenv("SELFSIGHT_RUNS", base.toUtf8());
    MainWindow window(catalog());
    qunsetenv("SELFSIGHT_RUNS");
    RunTable& table = *window.panels().runs;
    QTRY_COMPARE_WITH_TIMEOUT(table.visible().size(), 3, kPatience);

    QVERIFY(window.files().open(base + "/one"));
    CurvePlot& loss = *window.panels().loss;
    QTRY_COMPARE_WITH_TIMEOUT(lossesIn(loss), 30, kPatience);
    Q_EMIT table.shownToggled(base + "/two", true);
    Q_EMIT table.shownToggled(base + "/three", true);
    QTRY_VERIFY_WITH_TIMEOUT(loss.csv().contains("\ntwo,30,") && loss.csv().contains("\nthree,30,"), kPatience);
    QVERIFY(loss.hasSeries("total"));
    const std::map<QString, int> colours = window.overlay().colours();
    QCOMPARE(colours.size(), std::size_t(2));
    QVERIFY(colours.at(base + "/two") != colours.at(base + "/three"));

    // Another run is shown: those beside it stay.
    QVERIFY(window.files().open(base + "/two"));
    QTRY_VERIFY_WITH_TIMEOUT(lossesIn(loss) == 30 && loss.csv().contains("\nthree,30,"), kPatience);
    Q_EMIT table.shownToggled(base + "/three", false);
    QVERIFY(!loss.csv().contains("\nthree,"));

    // One slider for all panels.
    {
        const auto writer = RunWriter::reopen((base + "/one").toStdString(), 30);
        writer->write(Snapshot{.step = 10, .figures = {{"own.figure", 1.5, ""}}});
        writer->write(Snapshot{.step = 20, .figures = {{"own.figure", 2.5, ""}}});
    }
    QVERIFY(window.files().open(base + "/one"));
    TimeTrack& track = window.slider().track();
    QTRY_VERIFY_WITH_TIMEOUT(track.last() == 30 && track.moments().size() == 2, kPatience);
    const auto figure = [&window] {
        const auto* tile = window.panels().result->findChild<QWidget*>("own.figure");
        return tile ? tile->findChild<QLabel*>("value")->text() : QString();
    };
    QTRY_COMPARE_WITH_TIMEOUT(figure(), QString("2.5"), kPatience);
    track.choose(15);
    QTRY_COMPARE(figure(), QString("1.5"));
    track.choose(5);
    QTRY_COMPARE(figure(), QString());
    track.choose(std::nullopt);
    QTRY_COMPARE(figure(), QString("2.5"));
    Q_EMIT window.slider().bookmarksEdited({{15, "here"}});
    QCOMPARE(readRunNotes((base + "/one").toStdString()).bookmarks.size(), std::size_t(1));

    Q_EMIT table.titleEdited(base + "/one", "the first");
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().find(base + "/one")->title() == "the first", kPatience);
    QVERIFY(QFileInfo(base + "/one/notes.json").isFile());
    makeRun((base + "/four").toStdString(), 5, {1, 3});  // by another program
    QTRY_COMPARE_WITH_TIMEOUT(table.visible().size(), 4, kPatience);
}

void WindowTest::aTermIsDrawnOnThePlotOfItsScale()
{
    Panels panels(catalog());
    RunInfo info;
    info.termNames = {"total", "accuracy", "divergence", "outputs_used", "center_norm", "of_an_older_run"};
    info.curves = {{"accuracy", CurveScale::Share, ""}, {"divergence", CurveScale::Loss, ""}, {"outputs_used", CurveScale::Share, ""},
                   {"center_norm", CurveScale::Own, ""}};
    showInfo(panels, info);
    for (const char* id : {"total", "divergence", "of_an_older_run"}) QVERIFY2(panels.loss->hasSeries(id), id);
    for (const char* id : {"accuracy", "outputs_used"}) QVERIFY2(panels.figurePlots.front().plot->hasSeries(id), id);
    QVERIFY(panels.methodCurves->hasSeries("center_norm"));
    QVERIFY(!panels.loss->hasSeries("center_norm") && !panels.loss->hasSeries("outputs_used"));
    StepRecord step;
    step.step = 1;
    step.terms = {1, 0.5F, 2, 0.25F, 30, 4};
    showSteps(panels, info, {step});
    QVERIFY(panels.methodCurves->csv().contains("30"));
    QVERIFY(!panels.loss->csv().contains("30"));
}

void WindowTest::anEditIsUndoneAndRedone()
{
    MainWindow window(catalog());
    ExperimentDocument& document = window.document();
    document.load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    const Experiment loaded = document.experiment();
    document.setValue("train.steps", std::int64_t{17});
    const Experiment edited = document.experiment();
    QVERIFY(edited != loaded);
    QVERIFY(window.isWindowModified());
    document.undoStack().undo();
    QVERIFY(document.experiment() == loaded);
    QVERIFY(!window.isWindowModified());
    document.undoStack().redo();
    QVERIFY(document.experiment() == edited);
    document.undoStack().setClean();
}

void WindowTest::theKeysOfUndoReachTheHistoryFromAField()
{
    MainWindow window(catalog());
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    loadTinyQuickstart(window.document(), 5);
    const auto press = [&window](Qt::Key key) { QTest::keyClick(window.windowHandle(), key, Qt::ControlModifier); };
    const auto seed = [&window] {
        const auto& values = window.document().experiment()["train"].values;
        return values.count("seed") ? std::get<std::int64_t>(values.at("seed")) : 1;
    };
    NumberBox* box = nullptr;
    for (NumberBox* each : window.panels().form->findChildren<NumberBox*>())
        if (each->accessibleName() == "seed") box = each;
    QVERIFY(box);
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Up);
    box->selectAll();
    QTest::keyClicks(box, "77");
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(seed(), 77);
    press(Qt::Key_Z);
    QCOMPARE(seed(), 2);
    QCOMPARE(box->value(), 2);
    press(Qt::Key_Z);
    QCOMPARE(seed(), 1);
    press(Qt::Key_Y);
    press(Qt::Key_Y);
    QCOMPARE(seed(), 77);
    window.document().undoStack().setClean();
}

void WindowTest::aHeldSliderIsOneStepOfUndo()
{
    ExperimentDocument document(catalog());
    for (double value : {0.1, 0.2, 0.3}) document.setValue("method.temperature", value, true);
    document.setValue("method.temperature", 0.3, false);
    document.setValue("method.temperature", 0.4, true);
    QCOMPARE(document.undoStack().count(), 2);
}

void WindowTest::savingRefusesAFileThatIsNotItsOwn()
{
    const QString fileName = m_home.path() + "/mine.yaml";
    QFile(fileName).open(QIODevice::WriteOnly);
    ExperimentDocument document(catalog());
    QVERIFY_EXCEPTION_THROWN(document.save(fileName, ExperimentDocument::Existing::Refuse), Error);
    QCOMPARE(QFileInfo(fileName).size(), 0);
    document.save(fileName, ExperimentDocument::Existing::Replace);
    document.setValue("train.steps", std::int64_t{17});
    document.save(fileName, ExperimentDocument::Existing::Refuse);
    std::ofstream(fileName.toStdString()) << "# somebody else's\n";
    QVERIFY_EXCEPTION_THROWN(document.save(fileName, ExperimentDocument::Existing::Refuse), Error);
}

void WindowTest::aSavedExperimentReadsBackEqual()
{
    const QString fileName = m_home.path() + "/saved.yaml";
    ExperimentDocument document(catalog()), other(catalog());
    loadTinyQuickstart(document, 5);
    document.save(fileName, ExperimentDocument::Existing::Refuse);
    other.load(fileName);
    QVERIFY(other.experiment().sections == document.experiment().sections);
    QVERIFY(other.experiment().views == document.experiment().views);
    QVERIFY(document.undoStack().isClean());
}

void WindowTest::everyProblemOfABadPresetIsListed()
{
    const QString fileName = m_home.path() + "/bad.yaml";
    std::ofstream(fileName.toStdString()) << "train: {stepz: 3, batch_size: many}\nmethod: {type: simclr, temperature: -1}\n";
    MainWindow window(catalog());
    window.document().load(fileName);
    std::set<std::string> keys;
    for (const Issue& issue : window.document().issues()) keys.insert(issue.keyPath);
    QCOMPARE(keys, (std::set<std::string>{"train.stepz", "train.batch_size", "method.temperature"}));
    QCOMPARE(window.panels().issues->count(), 3);
}

void WindowTest::aBadExperimentDoesNotStart()
{
    MainWindow window(catalog());
    loadTinyQuickstart(window.document(), 5);
    ViewPlan views = window.document().experiment().views;
    std::swap(views.global.chain.front(), views.global.chain.back());  // normalises first
    window.document().setViews(views);
    window.controls().startAction()->trigger();
    QVERIFY(!window.session().isTraining());
    QVERIFY(!window.banner().text().isEmpty());
    window.document().undoStack().setClean();
}

void WindowTest::aWrongFileIsNamedInTheBanner()
{
    const QString fileName = m_home.path() + "/notes.txt";
    QFile(fileName).open(QIODevice::WriteOnly);
    MainWindow window(catalog());
    QVERIFY(!window.files().open(fileName));
    QVERIFY(window.banner().text().contains("notes.txt"));
    QVERIFY(!window.files().open("quikstart"));
    QVERIFY(window.banner().text().contains("quickstart"));
}

void WindowTest::weightsShowWhatTheyFitAndBeginATraining()
{
    MainWindow window(catalog());
    window.show();
    loadTinyQuickstart(window.document(), 10);
    const QString file = QStringLiteral(SELFSIGHT_SOURCE "/tests/golden/dino_checkpoint_full.pth");
    window.files().showWeights(file);
    auto* dialog = window.findChild<WeightsDialog*>();
    QVERIFY(dialog);
    auto* button = [dialog] {
        for (QPushButton* each : dialog->findChildren<QPushButton*>())
            if (each->text().contains("Start a training")) return each;
        return static_cast<QPushButton*>(nullptr);
    }();
    QVERIFY(button);
    QTRY_VERIFY(button->isEnabled());
    QStringList shown;
    for (const QLabel* label : dialog->findChildren<QLabel*>()) shown += label->text();
    QVERIFY2(shown.join(' ').contains("DINO under teacher.backbone: 18 of 18 tensors match"), qPrintable(shown.join(' ')));
    QCOMPARE(dialog->findChild<QTreeWidget*>()->topLevelItemCount(), 59);
    button->click();
    const Experiment& experiment = window.document().experiment();
    QCOMPARE(experiment["backbone"].type, std::string("vit"));
    QCOMPARE(std::get<std::string>(experiment["train"].values.at("init_weights")), file.toStdString());
    window.document().undoStack().undo();
    QCOMPARE(window.document().experiment()["backbone"].type, std::string("resnet"));
    QTRY_VERIFY(!window.findChild<WeightsDialog*>());
}

void WindowTest::damagedWeightsAreNamedInTheBanner()
{
    MainWindow window(catalog());
    window.show();
    const QString fileName = m_home.filePath("broken.pth");
    QFile file(fileName);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("PK\3\4 hello, this is no archive");
    file.close();
    QSignalSpy failed(&window.files(), &FileCommands::failed);
    QVERIFY(window.files().open(fileName));
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY2(failed.first().first().toString().contains("broken.pth"), qPrintable(failed.first().first().toString()));
    QTRY_VERIFY(!window.findChild<WeightsDialog*>());
}

void WindowTest::thePreviewShowsSourcesAndViews()
{
    MainWindow window(catalog());
    loadTinyQuickstart(window.document(), 5);
    QTRY_COMPARE_WITH_TIMEOUT(window.panels().preview->count(), 8 * 3, kPatience);
    ViewPlan views = window.document().experiment().views;
    views.global.count = 3;
    window.document().setViews(views);
    QTRY_COMPARE_WITH_TIMEOUT(window.panels().preview->count(), 8 * 4, kPatience);
}

void WindowTest::ofSignalsThePreviewSaysThatItIsNotForThem()
{
    MainWindow window(catalog());
    loadTinyQuickstart(window.document(), 5);
    QSignalSpy failed(&window.preview(), &Preview::failed);
    window.document().setType("data", "tones");
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, kPatience);
    QVERIFY2(failed[0][0].toString().startsWith("Not for signals"), qPrintable(failed[0][0].toString()));
    QCOMPARE(window.panels().preview->count(), 0);
    QVERIFY(window.panels().chain->findChild<QLabel*>("notForSignals")->isVisibleTo(window.panels().chain));
    QVERIFY(std::ranges::any_of(window.document().issues(), [](const Issue& issue) { return issue.keyPath == "data.type"; }));
}

void WindowTest::aStoredLayoutSurvives()
{
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QTest::qWait(50);
        window.layout().dock("log")->hide();
        window.layout().save();
    }
    MainWindow window(catalog());
    window.show();
    QTRY_VERIFY(window.layout().dock("log")->isHidden());
    QVERIFY(!window.layout().dock("experiment")->isHidden());
    window.layout().reset();
    QVERIFY(!window.layout().dock("log")->isHidden());
}

void WindowTest::allPanelsFitOnASmallScreen()
{
    MainWindow window(catalog());
    window.show();
    window.layout().showAll();
    const QSize least = window.minimumSizeHint();
    QVERIFY2(least.height() <= 700 && least.width() <= 1280, qPrintable(QString("%1 x %2").arg(least.width()).arg(least.height())));
}

void WindowTest::aNameStandsInTheTabOrTheTitle()
{
    MainWindow window(catalog());
    window.show();
    const auto named = [&window](const char* key) {
        const QDockWidget* dock = window.layout().dock(key);
        for (const QLabel* label : dock->titleBarWidget()->findChildren<QLabel*>())
            if (label->text() == dock->windowTitle()) return !label->isHidden();
        return false;
    };
    QTRY_VERIFY(!named("loss"));
    QVERIFY(named("experiment"));
    for (const char* other : {"sweep", "embedding", "gradients", "evaluation", "attention"}) window.layout().dock(other)->hide();
    window.layout().dock("loss")->setFloating(true);
    QTRY_VERIFY(named("loss"));
    QTRY_VERIFY(named("learning_rate"));
    window.layout().reset();
    QTRY_VERIFY(!named("loss"));
}

void WindowTest::theHelpIsReadAndSearched()
{
    MainWindow window(catalog());
    window.show();
    window.showHelp("keyboard.md");
    auto& help = *window.findChild<HelpWindow*>();
    auto& text = *help.findChild<QTextBrowser*>();
    QVERIFY(help.isVisible());
    for (const char* shown : {"Start", "F5", "Ctrl+Z", "Ctrl+Y"}) QVERIFY2(text.toPlainText().contains(shown), shown);
    auto& list = *help.findChild<QListWidget*>();
    for (int row = 0; row < list.count(); ++row) {
        list.setCurrentRow(row);
        QVERIFY2(text.toPlainText().size() > 100, qPrintable(help.page()));
        QVERIFY(!text.toPlainText().contains("**"));  // read as Markdown
        QVERIFY(QRegularExpression("^[a-z_]+\\.md$").match(help.page()).hasMatch());
    }
    help.findChild<QLineEdit*>()->setText("effective rank");
    QCOMPARE(text.textCursor().selectedText().toLower(), QString("effective rank"));
    help.showPage("first_run.md");
    text.setSource(text.source().resolved(QUrl("curves.md")));  // as a link does
    QCOMPARE(list.currentItem()->text(), QString("Reading the curves"));
    QVERIFY(text.isBackwardAvailable());
}

void WindowTest::onlyTheNewestResultArrives()
{
    std::vector<int> arrived;
    LatestJob<int> job([&arrived](int result) { arrived.push_back(result); }, [](const QString&) {});
    for (int number = 1; number <= 5; ++number) {
        job.start([number](const auto& isCancelled) {
            for (int i = 0; i < 20 && !isCancelled(); ++i) QThread::msleep(1);
            return number;
        });
        QThread::msleep(2);
    }
    QTRY_COMPARE(arrived.size(), 1u);
    QTest::qWait(100);
    QCOMPARE(arrived, std::vector<int>{5});
}

void WindowTest::aFailedJobSaysWhy()
{
    QString reason;
    LatestJob<int> job([](int) {}, [&reason](const QString& text) { reason = text; });
    job.start([](const auto&) -> int { throw Error("cat.png", "it is truncated"); });
    QTRY_COMPARE(reason, QString("cat.png: it is truncated."));
}

void WindowTest::noResultArrivesAfterTheJobIsGone()
{
    bool arrived = false;
    {
        std::atomic<bool> worked = false;
        LatestJob<int> job([&arrived](int) { arrived = true; }, [](const QString&) {});
        job.start([&worked](const auto&) {
            worked = true;
            return 1;
        });
        while (!worked) QThread::msleep(1);
        QThread::msleep(5);
    }
    QTest::qWait(50);
    QVERIFY(!arrived);
}

QTEST_MAIN(WindowTest)
#include "tst_window.moc"
