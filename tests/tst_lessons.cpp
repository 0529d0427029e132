// The lessons: every file that comes with the program, and the window that runs two experiments side by side.
#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QTextBrowser>
#include <QtTest>

#include "app/window/lesson_files.h"
#include "app/window/lesson_window.h"
#include "app/window/main_window.h"
#include "app/window/wiring.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "tests/left_behind.h"
#include "tests/own_home.h"
#include "widgets/banner.h"
#include "widgets/curve_plot.h"
#include "widgets/help_window.h"
#include "widgets/run_controls.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // milliseconds: other programs may keep the cores busy

/// A run of the same kind that takes seconds: drawn shapes, a narrow network, few images.
Experiment tiny(Experiment experiment, std::int64_t steps)
{
    experiment.sections["data"] = {"shapes", {{"count", std::int64_t{96}}, {"test_count", std::int64_t{32}}}};
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"backbone.width", "8"},
                                                                                     {"train.batch_size", "32"},
                                                                                     {"train.threads", "1"},
                                                                                     {"train.steps", std::to_string(steps)},
                                                                                     {"record.probe_every_steps", "1"},
                                                                                     {"record.knn_bank", "64"},
                                                                                     {"record.knn_queries", "32"},
                                                                                     {"record.quality_images", "32"}})
        if (const auto issue = setValue(experiment, key, value, catalog())) qFatal("%s", describe(*issue).c_str());
    return experiment;
}

Lesson tiny(Lesson lesson, std::int64_t steps)
{
    for (Experiment& run : lesson.runs) run = tiny(run, steps);
    return lesson;
}

std::vector<std::string> plotKeys()
{
    return Panels(catalog()).plotKeys();
}

Lesson lessonNamed(const QString& part)
{
    for (const QString& file : lessonFiles())
        if (file.contains(part)) return readLesson(file, catalog(), plotKeys());
    qFatal("no such lesson");
}

void addLessonRows()
{
    QTest::addColumn<QString>("file");
    for (const QString& file : lessonFiles()) QTest::newRow(qPrintable(QFileInfo(file).baseName())) << file;
}

}  // namespace

class LessonsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void fiveLessonsStandInTheMenu();
    void everyLessonIsComplete_data() { addLessonRows(); }
    void everyLessonIsComplete();
    void everyLessonDrawsBothRuns_data() { addLessonRows(); }
    void everyLessonDrawsBothRuns();
    void bothRunsAreSteeredTogether();
    void aClosedLessonStopsItsRunsAndIsGone();
    void anotherLessonTakesTheWindowsPlace();
    void onlyOneThingTrains();
    void missingDataAreASentenceInTheLesson();
    void theAnswerIsShownWhenAskedFor();
    void tryingItYourselfCanBeUndone();
    void aLinkOpensTheHelp();
};

void LessonsTest::initTestCase()
{
    QVERIFY(m_home.isValid());
    liveIn(m_home.path());
}

void LessonsTest::cleanup()
{
    QSettings().clear();
    failIfAnythingIsLeftBehind();
    QVERIFY2(!QFileInfo::exists(m_home.path() + "/runs"), "a lesson keeps nothing");
}

void LessonsTest::fiveLessonsStandInTheMenu()
{
    MainWindow window(catalog());
    window.show();
    QStringList texts;
    for (QMenu* menu : window.findChildren<QMenu*>())
        if (menu->title() == "&Lessons")
            for (QAction* action : menu->actions()) texts << action->text();
    QCOMPARE(texts, QStringList({"&1  Collapse", "&2  Temperature", "&3  Negatives and queue length", "&4  Augmentations",
                                 "&5  Batch norm leakage"}));
}

void LessonsTest::everyLessonIsComplete()
{
    QFETCH(QString, file);
    const Lesson lesson = readLesson(file, catalog(), plotKeys());
    for (const std::string* text : {&lesson.idea, &lesson.lookFor, &lesson.question, &lesson.seen}) QVERIFY(text->size() > 60);
    QVERIFY(!lesson.panels.empty());
    for (const Experiment& run : lesson.runs) {
        for (const Issue& issue : problems(run, catalog())) QFAIL(describe(issue).c_str());
        QCOMPARE(run["train"].values.at("steps"), lesson.runs.front()["train"].values.at("steps"));
    }
    // Links lead to pages of the help that exist.
    const QRegularExpression link("\\]\\(([a-z_]+\\.md)\\)");
    for (const std::string* text : {&lesson.idea, &lesson.lookFor, &lesson.question, &lesson.seen})
        for (auto each = link.globalMatch(QString::fromStdString(*text)); each.hasNext();)
            QVERIFY(QFileInfo::exists(":/help/" + each.next().captured(1)));
}

void LessonsTest::everyLessonDrawsBothRuns()
{
    QFETCH(QString, file);
    LessonWindow window(tiny(readLesson(file, catalog(), plotKeys()), 12), catalog(), nullptr);
    MainWindow main(catalog());
    wireLesson(window, main);
    window.show();
    QSignalSpy ended(&window.session(), &LockStepSession::ended);
    window.controls().startAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QCOMPARE(window.session().state().phase, RunPhase::Finished);
    QCOMPARE(window.session().state().step, 12);
    // Every panel shows both runs, and every curve named is somewhere.
    int curves = 0;
    for (CurvePlot* plot : window.panels().plots()) {
        if (!plot->isVisible()) continue;
        for (const Experiment& run : window.lesson().runs) {
            const auto shown = plot->summary().count(QString::fromStdString(run.name) + ':') +
                               plot->summary().count(QString::fromStdString(run.name) + " (subset):");
            QVERIFY2(shown > 0, qPrintable(plot->summary()));
            curves += static_cast<int>(shown);
        }
        QVERIFY2(!plot->summary().contains("no values yet"), qPrintable(plot->summary()));
    }
    QCOMPARE(curves, 2 * static_cast<int>(window.lesson().curves.size()));
}

void LessonsTest::bothRunsAreSteeredTogether()
{
    MainWindow main(catalog());
    LessonWindow window(tiny(lessonNamed("temperature"), 100'000), catalog(), nullptr);
    wireLesson(window, main);
    window.show();
    RunControls& controls = window.controls();
    LockStepSession& session = window.session();
    std::int64_t steps[2] = {0, 0};
    connect(&session, &LockStepSession::stepsArrived, this, [&steps](std::size_t run, const std::vector<StepRecord>& arrived) {
        steps[run] += static_cast<std::int64_t>(arrived.size());
    });
    QSignalSpy ended(&session, &LockStepSession::ended);

    controls.startAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(steps[1] >= 5, kPatience);
    QVERIFY(!controls.startAction()->isEnabled());
    QVERIFY(controls.pauseAction()->isEnabled());
    controls.pauseAction()->trigger();
    QCOMPARE(session.state().phase, RunPhase::Paused);
    QTest::qWait(500);
    QTRY_COMPARE_WITH_TIMEOUT(steps[0], steps[1], kPatience);
    const std::int64_t atPause = steps[0];
    QVERIFY(controls.stepAction()->isEnabled());
    controls.stepAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(steps[1], atPause + 1, kPatience);
    QTest::qWait(300);
    QCOMPARE(steps[0], atPause + 1);
    QCOMPARE(steps[1], atPause + 1);
    controls.pauseAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(steps[1] >= atPause + 4, kPatience);

    controls.stopAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QCOMPARE(session.state().phase, RunPhase::Stopped);
    QVERIFY(steps[0] - steps[1] == 0 || steps[0] - steps[1] == 1);
    QCOMPARE(window.findChild<QLabel*>("activity")->text(), QString("Stopped"));

    // Again from the first step on.
    steps[0] = steps[1] = 0;
    controls.startAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(steps[1] >= 2, kPatience);
    QVERIFY(window.panels().loss->csv().count("temperature 0.2,") <= steps[0]);
}

void LessonsTest::aClosedLessonStopsItsRunsAndIsGone()
{
    MainWindow main(catalog());
    QPointer<LessonWindow> window = new LessonWindow(tiny(lessonNamed("collapse"), 100'000), catalog(), &main);
    wireLesson(*window, main);
    window->show();
    QSignalSpy steps(&window->session(), &LockStepSession::stepsArrived);
    window->controls().startAction()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(steps.count() >= 1, kPatience);
    QVERIFY(window->close());
    QTRY_VERIFY_WITH_TIMEOUT(window.isNull(), kPatience);
}

void LessonsTest::anotherLessonTakesTheWindowsPlace()
{
    MainWindow main(catalog());
    main.openLesson(lessonFiles().front());
    QPointer<LessonWindow> first = main.lesson();
    QVERIFY(first && first->isVisible());
    main.openLesson(lessonFiles().back());
    QVERIFY(main.lesson() && main.lesson() != first);
    QTRY_VERIFY(first.isNull());
    QVERIFY(main.lesson()->isVisible());
    main.openLesson(":/lessons/9_none.yaml");
    QVERIFY(main.banner().text().contains("9_none.yaml"));
}

void LessonsTest::onlyOneThingTrains()
{
    MainWindow main(catalog());
    main.document().load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    main.document().replace(tiny(main.document().experiment(), 100'000));
    main.openLesson(lessonFiles().front());
    LessonWindow& lesson = *main.lesson();
    const auto saidBy = [](QWidget& window) { return window.findChild<Banner*>()->text(); };

    main.session().start({.experiment = main.document().experiment(), .folder = {}, .steps = {}, .evaluateAtEnd = false});
    lesson.controls().startAction()->trigger();
    QVERIFY(!lesson.session().isTraining());
    QVERIFY(saidBy(lesson).contains("main window"));
    QVERIFY(main.session().isTraining());
    main.session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!main.session().isTraining(), kPatience);

    lesson.session().start({tiny(lesson.lesson().runs[0], 100'000), tiny(lesson.lesson().runs[1], 100'000)});
    main.controls().startAction()->trigger();
    QVERIFY(!main.session().isTraining());
    QVERIFY(main.banner().text().contains("lesson"));
    QVERIFY(lesson.session().isTraining());
}

void LessonsTest::missingDataAreASentenceInTheLesson()
{
    Lesson lesson = tiny(lessonNamed("collapse"), 5);
    for (Experiment& run : lesson.runs) run.sections["data"] = {"image_folder", {{"path", std::string("/nowhere/at/all")}}};
    MainWindow main(catalog());
    LessonWindow window(lesson, catalog(), nullptr);
    wireLesson(window, main);
    window.show();
    QSignalSpy ended(&window.session(), &LockStepSession::ended);
    window.controls().startAction()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatience);
    QVERIFY2(window.findChild<Banner*>()->text().contains("/nowhere/at/all"), qPrintable(window.findChild<Banner*>()->text()));
    QVERIFY(window.controls().startAction()->isEnabled());
}

void LessonsTest::theAnswerIsShownWhenAskedFor()
{
    const Lesson lesson = lessonNamed("collapse");
    LessonWindow window(lesson, catalog(), nullptr);
    QVERIFY(window.text().toPlainText().contains("What to look for"));
    QVERIFY(!window.text().toPlainText().contains("What was seen"));
    for (QPushButton* button : window.findChildren<QPushButton*>())
        if (button->isCheckable()) button->click();
    QVERIFY(window.text().toPlainText().contains("What was seen"));
    QVERIFY(!window.text().toPlainText().contains("**"));
}

void LessonsTest::tryingItYourselfCanBeUndone()
{
    MainWindow main(catalog());
    main.document().load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    const Experiment before = main.document().experiment();
    main.openLesson(lessonFiles().front());
    main.lesson()->findChild<QPushButton*>("try")->click();
    const Experiment& first = main.lesson()->lesson().runs.front();
    QVERIFY(main.document().experiment().sections == first.sections);
    QVERIFY(main.document().experiment().views == first.views);
    QCOMPARE(main.document().title(), QString("quickstart"));
    QVERIFY(main.isWindowModified());
    QVERIFY(main.document().canTrain());
    main.document().undoStack().undo();
    QVERIFY(main.document().experiment() == before);
    QVERIFY(!main.isWindowModified());
}

void LessonsTest::aLinkOpensTheHelp()
{
    MainWindow main(catalog());
    main.openLesson(lessonFiles().front());
    Q_EMIT main.lesson()->text().anchorClicked(QUrl("collapse.md"));
    QCOMPARE(main.findChild<HelpWindow*>()->page(), QString("collapse.md"));
}

QTEST_MAIN(LessonsTest)
#include "tst_lessons.moc"
