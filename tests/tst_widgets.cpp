// The smaller widgets with made-up data, the themes and the icons.
#include <QAction>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <QtTest>

#include <algorithm>

#include "tests/left_behind.h"
#include "widgets/banner.h"
#include "widgets/curve_plot.h"
#include "widgets/icons.h"
#include "widgets/image_grid.h"
#include "widgets/issue_list.h"
#include "widgets/log_panel.h"
#include "widgets/plot_library.h"
#include "widgets/result_view.h"
#include "widgets/run_controls.h"
#include "widgets/theme.h"

using namespace selfsight;

namespace {

RgbImage plainImage(int side, std::uint8_t value)
{
    RgbImage image(side, side);
    std::fill(image.pixels.begin(), image.pixels.end(), value);
    return image;
}

}  // namespace

class WidgetsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { failIfAnythingIsLeftBehind(); }

    void thePhaseDecidesWhichActionsAreEnabled_data();
    void thePhaseDecidesWhichActionsAreEnabled();
    void pauseTurnsIntoResume();
    void theProgressCountsSteps();

    void theLogFiltersAndFinds();
    void theLogForgetsItsOldestLines();
    void anIssueIsActivated();
    void aBannerShowsItsActionAndGoes();
    void theResultIsToldInWords();
    void collapseIsNamed();

    void imagesAreShownSelectedAndSaved();
    void oneImageIsCopiedPixelByPixel();

    void bothThemesAreReadable_data();
    void bothThemesAreReadable();
    void iconsFollowThePalette();
    void everyIconCanBeDrawn();
};

void WidgetsTest::thePhaseDecidesWhichActionsAreEnabled_data()
{
    QTest::addColumn<RunPhase>("phase");
    QTest::addColumn<QString>("enabled");
    QTest::newRow("preparing") << RunPhase::Preparing << "stop";
    QTest::newRow("running") << RunPhase::Running << "pause stop";
    QTest::newRow("paused") << RunPhase::Paused << "pause step stop";
    QTest::newRow("evaluating") << RunPhase::Evaluating << "stop";
    QTest::newRow("finished") << RunPhase::Finished << "start";
    QTest::newRow("stopped") << RunPhase::Stopped << "start";
    QTest::newRow("failed") << RunPhase::Failed << "start";
}

void WidgetsTest::thePhaseDecidesWhichActionsAreEnabled()
{
    QFETCH(RunPhase, phase);
    QFETCH(QString, enabled);
    RunControls controls;
    const auto names = [&controls] {
        QStringList result;
        for (const QAction* action :
             {controls.startAction(), controls.pauseAction(), controls.stepAction(), controls.stopAction()})
            if (action->isEnabled()) result << action->objectName();
        return result.join(' ');
    };
    QCOMPARE(names(), QString("start"));
    controls.showState({.phase = phase}, nullptr);
    QCOMPARE(names(), enabled);
    controls.setIdle();
    QCOMPARE(names(), QString("start"));
}

void WidgetsTest::pauseTurnsIntoResume()
{
    RunControls controls;
    QSignalSpy start(&controls, &RunControls::startRequested);
    QSignalSpy pause(&controls, &RunControls::pauseRequested);
    QSignalSpy resume(&controls, &RunControls::resumeRequested);
    QSignalSpy step(&controls, &RunControls::stepRequested);
    QSignalSpy stop(&controls, &RunControls::stopRequested);
    controls.startAction()->trigger();
    controls.showState({.phase = RunPhase::Running}, nullptr);
    controls.pauseAction()->trigger();
    controls.showState({.phase = RunPhase::Paused}, nullptr);
    QCOMPARE(controls.pauseAction()->text(), QString("Resume"));
    controls.stepAction()->trigger();
    controls.pauseAction()->trigger();
    controls.stopAction()->trigger();
    for (const QSignalSpy* spy : {&start, &pause, &resume, &step, &stop}) QCOMPARE(spy->size(), 1);
}

void WidgetsTest::theProgressCountsSteps()
{
    RunControls controls;
    RunInfo info;
    info.totalSteps = 400;
    info.device = "cpu (2 threads)";
    controls.showState(
        {.phase = RunPhase::Running, .step = 100, .imagesPerSecond = 512, .etaSeconds = 75, .memoryBytes = 1 << 20}, &info);
    auto* progress = controls.findChild<QProgressBar*>("progress");
    QCOMPARE(progress->value() * 4, progress->maximum());
    QVERIFY(progress->format().contains("100") && progress->format().contains("400"));
    const QString figures = controls.findChild<QLabel*>("figures")->text();
    for (const char* part : {"512 images/s", "1 min 15 s", "MB", "cpu (2 threads)"})
        QVERIFY2(figures.contains(part), qPrintable(figures));
    QVERIFY(!figures.contains("GPU"));
    controls.showState({.phase = RunPhase::Running, .step = 100, .deviceMemory = RunState::DeviceMemory{3LL << 30, 80LL << 30}}, &info);
    const QString device = controls.findChild<QLabel*>("figures")->text();
    QVERIFY2(device.contains("GPU 3.0 GB of 80 GB"), qPrintable(device));
    controls.showState({.phase = RunPhase::Failed, .step = 100, .activity = "The disk is full."}, &info);
    QVERIFY(controls.findChild<QLabel*>("activity")->text().contains("The disk is full."));
}

void WidgetsTest::theLogFiltersAndFinds()
{
    LogPanel panel;
    panel.append({LogLine::Level::Debug, 0, "a detail"});
    panel.append(
        std::vector<LogLine>{{LogLine::Level::Info, 1, "reading <images>"}, {LogLine::Level::Error, 2, "cat.png is truncated"}});
    QVERIFY(!panel.shownText().contains("a detail"));
    QVERIFY(panel.shownText().contains("reading <images>"));
    panel.setLevel(LogLine::Level::Error);
    QVERIFY(!panel.shownText().contains("reading"));
    QVERIFY(panel.shownText().contains("error"));  // the level as a word, not only as a colour
    panel.setLevel(LogLine::Level::Debug);
    QVERIFY(panel.shownText().contains("a detail"));
    panel.findChild<QLineEdit*>()->setText("truncated");
    QVERIFY(panel.findNext());
    QVERIFY(panel.findNext());  // once round
    QCOMPARE(panel.findChild<QPlainTextEdit*>()->textCursor().selectedText(), QString("truncated"));
    panel.findChild<QLineEdit*>()->setText("nothing like it");
    QVERIFY(!panel.findNext());
    panel.clear();
    QVERIFY(panel.shownText().isEmpty());
}

void WidgetsTest::theLogForgetsItsOldestLines()
{
    LogPanel panel;
    for (std::size_t i = 0; i < LogPanel::kKeptLines + 5; ++i)
        panel.append({LogLine::Level::Info, 0, "line " + std::to_string(i) + "."});
    QVERIFY(!panel.shownText().contains("line 4."));
    QVERIFY(panel.shownText().contains("line 5."));
    panel.setLevel(LogLine::Level::Debug);
    QVERIFY(!panel.shownText().contains("line 4."));
    QCOMPARE(panel.findChild<QPlainTextEdit*>()->blockCount(), static_cast<int>(LogPanel::kKeptLines));
}

void WidgetsTest::anIssueIsActivated()
{
    IssueList list;
    list.showIssues({{Issue::Severity::Warning, "a.yaml", 3, "train.steps", "is large"},
                     {Issue::Severity::Error, "a.yaml", 9, "method.type", "is unknown"}});
    QCOMPARE(list.count(), 2);
    QSignalSpy activated(&list, &IssueList::issueActivated);
    auto* tree = list.findChild<QTreeWidget*>();
    tree->setCurrentItem(tree->topLevelItem(1));
    QTest::keyClick(tree, Qt::Key_Return);
    QCOMPARE(activated.size(), 1);
    QCOMPARE(activated[0][0].value<Issue>().keyPath, std::string("method.type"));
    list.copyAll();
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QString("a.yaml:3: warning: train.steps: is large\na.yaml:9: method.type: is unknown"));
}

void WidgetsTest::aBannerShowsItsActionAndGoes()
{
    Banner banner;
    QVERIFY(banner.isHidden());
    banner.showMessage(Tone::Error, "The data set is missing.", "Install");
    QVERIFY(!banner.isHidden());
    QCOMPARE(banner.text(), QString("The data set is missing."));
    QSignalSpy triggered(&banner, &Banner::actionTriggered);
    banner.findChild<QPushButton*>("action")->click();
    QCOMPARE(triggered.size(), 1);
    banner.showMessage(Tone::Good, "Done.");
    QVERIFY(banner.findChild<QPushButton*>("action")->isHidden());
    QTest::keyClick(&banner, Qt::Key_Escape);
    QVERIFY(banner.isHidden());
}

void WidgetsTest::theResultIsToldInWords()
{
    ResultView view;
    RunResult result;
    result.steps = 400;
    result.loss = 3.25;
    result.knn = RunResult::Knn{.trained = 0.82,
                                .untrained = 0.7,
                                .pixels = 0.75,
                                .neighbours = 200,
                                .temperature = 0.1,
                                .bank = 60000,
                                .queries = 10000};
    result.linear = RunResult::Linear{0.837, 0.791, std::nullopt};
    view.showResult(result);
    QVERIFY(view.findChild<QLabel*>("knn")->text().contains("trained 83.7 %, untrained 79.1 %."));
    QVERIFY(view.findChild<QLabel*>("headline")->text().contains("3.25"));
    QString bars;
    for (const QWidget* widget : view.findChildren<QWidget*>()) bars += widget->accessibleDescription();
    for (const char* part : {"82.0 %", "70.0 %", "75.0 %"}) QVERIFY2(bars.contains(part), qPrintable(bars));
    QVERIFY(view.findChild<QLabel*>("collapse")->isHidden());

    view.showFigures({.step = 40, .figures = {{"knn.top1", 0.5, "subset: 4,000 bank"}, {"own.figure", 1.5, ""}}});
    view.showFigures({.step = 60, .figures = {{"own.figure", 2.5, ""}}});
    auto* knn = view.findChild<QWidget*>("knn.top1");
    QCOMPARE(knn->findChild<QLabel*>("value")->text(), QString("50.0 %"));
    QVERIFY(knn->findChild<QLabel*>("note")->text().contains("subset: 4,000 bank"));
    QVERIFY(knn->findChild<QLabel*>("note")->text().contains("40"));  // its own age, not the newest snapshot's
    QCOMPARE(view.findChild<QWidget*>("own.figure")->findChild<QLabel*>("value")->text(), QString("2.5"));
    view.clear();
    QVERIFY(!view.findChild<QWidget*>("knn.top1"));
}

void WidgetsTest::collapseIsNamed()
{
    QVERIFY(collapseSentence({.stdSqrtD = 0.01, .effectiveRank = 30}).startsWith("Collapsed"));
    QVERIFY(collapseSentence({.stdSqrtD = 0.9, .effectiveRank = 1.2}).startsWith("Collapsed"));
    QVERIFY(collapseSentence({.stdSqrtD = 0.3, .effectiveRank = 20}).startsWith("Partly"));
    QVERIFY(collapseSentence({.stdSqrtD = 0.95, .effectiveRank = 40}).startsWith("No collapse"));

    const auto ofTargets = [](double entropyShare, double divergence) {
        return RunResult::Collapse{.stdSqrtD = 0.05, .effectiveRank = 1, .targets = RunResult::Collapse::Targets{entropyShare, divergence}};
    };
    QVERIFY(collapseSentence(ofTargets(0.5, 0.3)).startsWith("No collapse"));
    QVERIFY(collapseSentence(ofTargets(0.05, 0.3)).startsWith("Collapsed: the teacher gives every image the same answer"));
    QVERIFY(collapseSentence(ofTargets(0.99, 0.001)).startsWith("Collapsed: the teacher's answer"));
    QVERIFY(!isCollapsed(ofTargets(0.99, 0.1)));  // even, but not yet matched
    QVERIFY(isCollapsed({.stdSqrtD = 0.09, .effectiveRank = 50}) && !isCollapsed({.stdSqrtD = 0.11, .effectiveRank = 50}));
    QVERIFY(isCollapsed({.stdSqrtD = 0.3, .effectiveRank = 1.9}) && !isCollapsed({.stdSqrtD = 0.3, .effectiveRank = 2.1}));
}

void WidgetsTest::imagesAreShownSelectedAndSaved()
{
    ImageGrid grid;
    grid.resize(500, 400);
    QTemporaryDir folder;
    QSignalSpy said(&grid, &ImageGrid::message);
    QVERIFY(!grid.exportTo(folder.filePath("none.png")));
    grid.showImages({{plainImage(8, 10), "one", "first", {}},
                     {plainImage(8, 200), "two", "second", Box{1, 1, 4, 4}},
                     {RgbImage(), "empty", "", {}}});
    auto* list = grid.findChild<QListWidget*>();
    QCOMPARE(list->count(), 3);
    QCOMPARE(list->iconSize().width(), list->iconSize().height());
    QCOMPARE(list->item(1)->data(Qt::AccessibleTextRole).toString(), QString("two"));
    grid.show();
    QVERIFY(QTest::qWaitForWindowExposed(&grid));
    QSignalSpy activated(&grid, &ImageGrid::imageActivated);
    list->setCurrentRow(0);
    QTest::keyClick(list, Qt::Key_Right);
    QCOMPARE(grid.selected(), 1);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(activated.size(), 1);
    QCOMPARE(activated[0][0].toInt(), 1);
    QVERIFY(grid.exportTo(folder.filePath("all.png")));
    QVERIFY(said.last()[0].toString().contains("all.png"));
    QVERIFY(!QImage(folder.filePath("all.png")).isNull());
    grid.showImages({{plainImage(8, 1), "other", "", {}}});
    QCOMPARE(list->count(), 1);
}

void WidgetsTest::oneImageIsCopiedPixelByPixel()
{
    ImageGrid grid;
    RgbImage image = plainImage(5, 40);
    image.row(2)[3] = 250;
    grid.showImages({{image, "", "", {}}});
    grid.findChild<QListWidget*>()->setCurrentRow(0);
    grid.copySelected();
    const QImage copied = QGuiApplication::clipboard()->image();
    QCOMPARE(copied.size(), QSize(5, 5));
    QCOMPARE(copied.pixelColor(1, 2), QColor(250, 40, 40));
    QCOMPARE(copied.pixelColor(0, 0), QColor(40, 40, 40));
}

void WidgetsTest::bothThemesAreReadable_data()
{
    QTest::addColumn<QPalette>("palette");
    QTest::newRow("light") << lightPalette();
    QTest::newRow("dark") << darkPalette();
}

void WidgetsTest::bothThemesAreReadable()
{
    QFETCH(QPalette, palette);
    const auto pairs = {std::pair{QPalette::Text, QPalette::Base},
                        {QPalette::Text, QPalette::AlternateBase},
                        {QPalette::WindowText, QPalette::Window},
                        {QPalette::ButtonText, QPalette::Button},
                        {QPalette::HighlightedText, QPalette::Highlight},
                        {QPalette::ToolTipText, QPalette::ToolTipBase},
                        {QPalette::PlaceholderText, QPalette::Base},
                        {QPalette::PlaceholderText, QPalette::Window},
                        {QPalette::Link, QPalette::Base}};
    for (const auto& [text, background] : pairs) {
        const double ratio = contrast(palette.color(text), palette.color(background));
        QVERIFY2(ratio >= 4.5, qPrintable(QString("roles %1 on %2: %3").arg(text).arg(background).arg(ratio)));
    }
    for (const Tone tone : {Tone::Neutral, Tone::Good, Tone::Warning, Tone::Error})
        for (const QPalette::ColorRole background : {QPalette::Base, QPalette::Window, QPalette::AlternateBase})
            QVERIFY2(contrast(toneColour(tone, palette), palette.color(background)) >= 4.5,
                     qPrintable(QString("tone %1").arg(static_cast<int>(tone))));
    QSet<QRgb> different;
    for (int i = 0; i < kPlotColours; ++i) {
        QVERIFY(contrast(plotColour(i, palette), palette.color(QPalette::Base)) >= 3);
        different.insert(plotColour(i, palette).rgb());
    }
    QCOMPARE(different.size(), kPlotColours);
    QCOMPARE(plotColour(kPlotColours + 1, palette), plotColour(1, palette));

    // A plot takes the colours over, also while it lives.
    CurvePlot plot("Loss");
    plot.setPalette(palette);
    QCOMPARE(plot.plot()->xAxis->tickLabelColor(), palette.color(QPalette::Text));
    QCOMPARE(plot.plot()->legend->textColor(), palette.color(QPalette::Text));
}

void WidgetsTest::iconsFollowThePalette()
{
    const QIcon start = icon("start");
    const auto brightness = [&start] { return start.pixmap(24, 24).toImage().pixelColor(10, 12).lightness(); };
    applyTheme(*qApp, Theme::Dark);
    QVERIFY(isDark(QGuiApplication::palette()));
    const int onDark = brightness();
    applyTheme(*qApp, Theme::Light);
    QVERIFY(!isDark(QGuiApplication::palette()));
    QVERIFY(onDark > 150);
    QVERIFY(brightness() < 100);
    QVERIFY(icon("no_such_icon").isNull());
}

void WidgetsTest::everyIconCanBeDrawn()
{
    icon("start");  // loads the resources
    const QStringList files = QDir(":/icons").entryList();
    QVERIFY(files.size() > 15);
    for (const QString& file : files) {
        const QImage image = icon(file.chopped(4)).pixmap(32, 32).toImage();
        bool drawn = false;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) drawn |= image.pixelColor(x, y).alpha() > 200;
        QVERIFY2(drawn, qPrintable(file));
    }
}

QTEST_MAIN(WidgetsTest)
#include "tst_widgets.moc"
