// Curves: the numbers behind them, what the plot draws, exports and reports.
#include <QClipboard>
#include <QGuiApplication>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/rng.h"
#include "tests/left_behind.h"
#include "widgets/curve_data.h"
#include "widgets/curve_plot.h"
#include "widgets/curve_series.h"
#include "widgets/plot_library.h"
#include "widgets/step_clock.h"

using namespace selfsight;

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> steps(int count)
{
    std::vector<double> result;
    for (int i = 1; i <= count; ++i) result.push_back(i);
    return result;
}

double largest(const std::vector<CurvePoint>& points)
{
    double result = -std::numeric_limits<double>::infinity();
    for (const CurvePoint& p : points) result = std::max(result, std::isnan(p.y) ? result : p.y);
    return result;
}

}  // namespace

class CurvesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { failIfAnythingIsLeftBehind(); }

    void aSpikeSurvivesAnyZoom_data();
    void aSpikeSurvivesAnyZoom();
    void aColumnHoldsAtMostTwoPoints();
    void aGapInterruptsTheLine();
    void stepsThatGoBackAreRefused();
    void theAverageEqualsItsFormula();
    void theAverageNeverReachesAcrossAGap();

    void thePlotExportsWhatWasAppended();
    void thePlotWritesEveryFormat();
    void aFailedExportSaysSo();
    void crosshairsOfTwoPlotsAreLinked();
    void newDataWaitsForTheTick();
    void textsOfReferencesStayInsideAndApart();
    void aHiddenPlotIsNotDrawn();
    void wheelDragAndDoubleClickZoom();
    void outliersCanRunOutOfThePicture();
    void thePlotTellsItsCurvesInWords();

    void aClockGoesBothWays();
    void rowsOfManyStepsKeepTheirExtremes();
    void averagesOfRowsEqualThoseOfTheirSteps();
    void aCloseLookAsksForSingleSteps();
    void runsLieOverEachOtherByStepEpochOrTime();
    void aRunGoesWithItsCurves();
    void aHundredRunsAndAMillionStepsAreDrawn();
};

void CurvesTest::aSpikeSurvivesAnyZoom_data()
{
    QTest::addColumn<int>("spike");
    for (const int spike : {0, 7, 123'456, 524'288, 999'999}) QTest::addRow("point %d", spike) << spike;
}

void CurvesTest::aSpikeSurvivesAnyZoom()
{
    QFETCH(int, spike);
    constexpr int kPoints = 1'000'000;
    CurveData data;
    Rng rng({3});
    for (int i = 0; i < kPoints; ++i) QVERIFY(data.append(i, i == spike ? 100 : rng.uniform()));
    for (double width = kPoints; width > 10; width /= 3) {
        const double from = spike - width * 0.37;
        for (const int columns : {100, 333, 1200}) QCOMPARE(largest(data.columns(from, from + width, columns)), 100.0);
    }
}

void CurvesTest::aColumnHoldsAtMostTwoPoints()
{
    CurveData data;
    Rng rng({4});
    for (int i = 0; i < 100'000; ++i) data.append(i, rng.normal());
    const std::vector<CurvePoint> drawn = data.columns(0, 99'999, 500);
    QVERIFY(drawn.size() <= 1000);
    QVERIFY(std::is_sorted(drawn.begin(), drawn.end(), [](const CurvePoint& a, const CurvePoint& b) { return a.x < b.x; }));
    // Few points are drawn as they are, with one beyond either edge.
    const std::vector<CurvePoint> few = data.columns(10, 20, 500);
    QCOMPARE(few.size(), 13u);
    QCOMPARE(few.front(), data.at(9));
    QCOMPARE(few.back(), data.at(21));
}

void CurvesTest::aGapInterruptsTheLine()
{
    CurveData data;
    for (int i = 0; i < 10'000; ++i) data.append(i, i == 5000 ? kNaN : i == 7000 ? std::numeric_limits<double>::infinity() : 1);
    const std::vector<CurvePoint> drawn = data.columns(0, 9999, 100);
    QCOMPARE(std::count_if(drawn.begin(), drawn.end(), [](const CurvePoint& p) { return std::isnan(p.y); }), 2);
    QCOMPARE(largest(drawn), 1.0);
    const CurveData::Extremes nothing = data.extremes(5000, 5001);
    QVERIFY(nothing.lowest == CurveData::kNone && nothing.gap);
}

void CurvesTest::stepsThatGoBackAreRefused()
{
    CurveData data;
    QVERIFY(data.append(5, 1));
    QVERIFY(data.append(5, 2));
    QVERIFY(!data.append(4, 3));
    QVERIFY(!data.append(kNaN, 3));
    QCOMPARE(data.size(), 2u);
}

void CurvesTest::theAverageEqualsItsFormula()
{
    for (const double b : {0.0, 0.6, 0.999}) {
        Rng rng({5});
        DebiasedAverage average(b);
        std::vector<double> values;
        for (int n = 1; n <= 50; ++n) {
            values.push_back(rng.normal());
            double sum = 0;
            for (int i = 1; i <= n; ++i) sum += std::pow(b, n - i) * values[static_cast<std::size_t>(i - 1)];
            QVERIFY(std::abs(average.push(values.back()) - (1 - b) * sum / (1 - std::pow(b, n))) < 1e-9);
        }
    }
    DebiasedAverage constant(0.9);
    for (int i = 0; i < 20; ++i) QVERIFY(std::abs(constant.push(3) - 3) < 1e-12);
}

void CurvesTest::theAverageNeverReachesAcrossAGap()
{
    DebiasedAverage average(0.9);
    average.push(1000);
    QVERIFY(std::isnan(average.push(kNaN)));
    QVERIFY(std::abs(average.push(1) - 1) < 1e-12);
    QVERIFY(std::abs(average.push(1) - 1) < 1e-12);
}

void CurvesTest::thePlotExportsWhatWasAppended()
{
    CurvePlot plot("Loss");
    plot.addSeries("a", "run, with comma", 0);
    plot.addSeries("b", "other", 1);
    plot.append("a", steps(2), std::vector{0.1, kNaN});
    plot.append("b", std::vector{7.0}, std::vector{-2e-7});
    plot.append("nobody", steps(1), std::vector{1.0});
    QCOMPARE(plot.csv(), QByteArray("series,step,value\n\"run, with comma\",1,0.1\n\"run, with comma\",2,nan\nother,7,-2e-07\n"));
    plot.copyData();
    QVERIFY(QGuiApplication::clipboard()->text().contains("other\t7\t-2e-07"));
    plot.clearSeries();
    QCOMPARE(plot.csv(), QByteArray("series,step,value\n"));
}

void CurvesTest::thePlotWritesEveryFormat()
{
    CurvePlot plot("Loss");
    plot.resize(500, 300);
    plot.addSeries("a", "run", 0);
    plot.append("a", steps(100), std::vector<double>(100, 2.0));
    plot.setExportNote("simclr at step 100");
    QTemporaryDir folder;
    QSignalSpy said(&plot, &CurvePlot::message);
    for (const auto& [suffix, start] : {std::pair{"png", "\x89PNG"}, {"pdf", "%PDF"}, {"svg", "<?xml"}, {"csv", "series"}}) {
        const QString path = folder.filePath(QString("loss.%1").arg(suffix));
        QVERIFY(plot.exportTo(path));
        QVERIFY(said.last()[0].toString().contains(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        QVERIFY2(bytes.startsWith(start), suffix);
        if (QByteArray(suffix) == "svg") QVERIFY(bytes.contains("simclr at step 100") && bytes.contains("<polyline"));
    }
    const QImage image(folder.filePath("loss.png"));
    QCOMPARE(image.text("Description"), QString("simclr at step 100"));
    QVERIFY(image.width() >= 500);
}

void CurvesTest::aFailedExportSaysSo()
{
    CurvePlot plot("Loss");
    plot.addSeries("a", "run", 0);
    plot.append("a", steps(3), std::vector{1.0, 2.0, 3.0});
    QSignalSpy said(&plot, &CurvePlot::message);
    QTemporaryDir folder;
    QVERIFY(!plot.exportTo(folder.filePath("no/such/folder/loss.png")));
    QVERIFY(said.last()[0].toString().contains("was not saved"));
    QVERIFY(!plot.exportTo(folder.filePath("loss.docx")));
    QVERIFY(said.last()[0].toString().contains("docx"));
    QVERIFY(!QFile::exists(folder.filePath("loss.docx")));
}

void CurvesTest::crosshairsOfTwoPlotsAreLinked()
{
    CurvePlot loss("Loss");
    CurvePlot knn("kNN");
    for (CurvePlot* plot : {&loss, &knn}) {
        plot->resize(500, 300);
        plot->addSeries("a", "run", 0);
        plot->append("a", steps(100), steps(100));
        plot->setSmoothing(0);
        plot->show();
        QVERIFY(QTest::qWaitForWindowExposed(plot));
        plot->plot()->replot();
    }
    connect(&loss, &CurvePlot::crosshairMoved, &knn, &CurvePlot::showCrosshair);
    QSignalSpy moved(&loss, &CurvePlot::crosshairMoved);
    QSignalSpy echoed(&knn, &CurvePlot::crosshairMoved);
    const auto readout = [](CurvePlot& plot) {
        for (int i = 0; i < plot.plot()->itemCount(); ++i)
            if (auto* text = qobject_cast<QCPItemText*>(plot.plot()->item(i)); text && text->visible()) return text->text();
        return QString();
    };
    const QPoint at(static_cast<int>(loss.plot()->xAxis->coordToPixel(40)), loss.plot()->axisRect()->center().y());
    QTest::mouseMove(loss.plot(), at - QPoint(5, 0));
    QTest::mouseMove(loss.plot(), at);
    QTRY_COMPARE(moved.isEmpty() ? 0 : moved.last()[0].toDouble(), 40.0);
    QVERIFY2(readout(loss).contains("run: 40"), qPrintable(readout(loss)));
    QVERIFY2(readout(knn).contains("run: 40"), qPrintable(readout(knn)));
    QVERIFY(echoed.isEmpty());
    QTest::keyClick(loss.plot(), Qt::Key_Right);
    QVERIFY(readout(knn).contains("run: 41"));
    QTest::keyClick(loss.plot(), Qt::Key_Escape);
    QVERIFY(readout(knn).isEmpty());
}

void CurvesTest::newDataWaitsForTheTick()
{
    CurvePlot plot("Loss");
    plot.addSeries("a", "run", 0);
    plot.append("a", steps(3), steps(3));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    while (plot.tick()) QCoreApplication::processEvents();
    QCoreApplication::processEvents();
    QSignalSpy drawn(plot.plot(), &QCustomPlot::afterReplot);
    for (int i = 0; i < 5; ++i) plot.append("a", std::vector{10.0 + i}, std::vector{1.0});
    QCoreApplication::processEvents();
    QVERIFY(drawn.isEmpty());
    QVERIFY(plot.tick());
    QVERIFY(!plot.tick());
    QTRY_COMPARE(drawn.size(), 1);
}

void CurvesTest::aHiddenPlotIsNotDrawn()
{
    CurvePlot plot("Loss");
    plot.addSeries("a", "run", 0);
    QCoreApplication::processEvents();  // a new QCustomPlot draws itself once
    QSignalSpy drawn(plot.plot(), &QCustomPlot::afterReplot);
    plot.append("a", steps(3), steps(3));
    QVERIFY(!plot.tick());
    plot.setSmoothing(0.9);
    QCoreApplication::processEvents();
    QVERIFY(drawn.isEmpty());
    plot.show();
    QTRY_VERIFY(!drawn.isEmpty());
}

void CurvesTest::textsOfReferencesStayInsideAndApart()
{
    CurvePlot widget("Accuracy");
    widget.resize(500, 220);
    widget.addSeries("a", "run", 0);
    widget.append("a", steps(3), std::vector{0.2, 0.5, 0.7});
    widget.setReferences({{"a", 0.05, "chance"}, {"a", 0.0, "chance in the batch"}, {"a", 0.8, "best"}, {"b", 0.8, "the other's best"}});
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
    QCustomPlot& plot = *widget.plot();
    plot.replot();
    std::vector<QRectF> texts;
    QStringList labels;
    for (int i = 0; i < plot.itemCount(); ++i)
        if (auto* text = qobject_cast<QCPItemText*>(plot.item(i)); text && text->visible()) {
            texts.emplace_back(text->topLeft->pixelPosition(), text->bottomRight->pixelPosition());
            labels << text->text();
        }
    QCOMPARE(labels, (QStringList{"chance", "chance in the batch", "best, the other's best"}));
    for (std::size_t k = 0; k < texts.size(); ++k) {
        QVERIFY(texts[k].top() >= plot.axisRect()->top() && texts[k].bottom() <= plot.axisRect()->bottom());
        for (std::size_t other = 0; other < k; ++other) QVERIFY(!texts[k].intersects(texts[other].adjusted(0, 1, 0, -1)));
    }
}

void CurvesTest::wheelDragAndDoubleClickZoom()
{
    CurvePlot widget("Loss");
    widget.resize(600, 400);
    widget.addSeries("a", "run", 0);
    widget.append("a", steps(1000), steps(1000));
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
    QCustomPlot& plot = *widget.plot();
    plot.replot();
    const QCPRange all = plot.xAxis->range();
    const QPoint center = plot.axisRect()->center();
    QWheelEvent wheel(center, plot.mapToGlobal(center), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&plot, &wheel);
    plot.replot();
    const QCPRange zoomed = plot.xAxis->range();
    QVERIFY(zoomed.size() < all.size());
    widget.append("a", std::vector{2000.0}, std::vector{0.0});
    plot.replot();
    QCOMPARE(plot.xAxis->range(), zoomed);  // new data don't take the user's view away

    const auto drag = [&plot](QPoint from, QPoint to, Qt::KeyboardModifiers keys) {
        QTest::mousePress(&plot, Qt::LeftButton, keys, from);
        for (const QPoint& at : {from + (to - from) / 2, to}) {
            QMouseEvent move(QEvent::MouseMove, at, plot.mapToGlobal(at), Qt::NoButton, Qt::LeftButton, keys);
            QApplication::sendEvent(&plot, &move);
        }
        QTest::mouseRelease(&plot, Qt::LeftButton, keys, to);
        plot.replot();
    };
    drag(center, center + QPoint(-50, 0), Qt::NoModifier);
    QVERIFY(plot.xAxis->range().lower > zoomed.lower);
    const QCPRange panned = plot.xAxis->range();
    drag(center - QPoint(60, 40), center + QPoint(60, 40), Qt::ShiftModifier);
    QVERIFY(plot.xAxis->range().size() < panned.size() / 2);
    QTest::mouseDClick(&plot, Qt::LeftButton, Qt::NoModifier, center);
    plot.replot();
    QVERIFY(plot.xAxis->range().contains(1) && plot.xAxis->range().contains(2000));
    QTest::keyClick(&plot, Qt::Key_Plus);
    plot.replot();
    QVERIFY(plot.xAxis->range().size() < 2000);
}

void CurvesTest::outliersCanRunOutOfThePicture()
{
    CurvePlot plot("Loss");
    plot.resize(600, 400);
    std::vector<double> values(1000, 1.0);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += 0.001 * static_cast<double>(i % 7);
    values[500] = 1000;
    plot.addSeries("a", "run", 0);
    plot.append("a", steps(1000), values);
    plot.plot()->replot();
    QVERIFY(plot.plot()->yAxis->range().contains(1000));
    plot.setIgnoreOutliers(true);
    plot.plot()->replot();
    QVERIFY(plot.plot()->yAxis->range().upper < 2);
    plot.setIgnoreOutliers(false);
    plot.setLogarithmic(true);
    plot.plot()->replot();
    QVERIFY(plot.plot()->yAxis->range().contains(1000));
    QVERIFY(plot.plot()->yAxis->range().lower > 0);
}

void CurvesTest::thePlotTellsItsCurvesInWords()
{
    CurvePlot plot("Loss");
    plot.setEmptyText("Start a run.");
    QCOMPARE(plot.summary(), QString("Start a run."));
    plot.addSeries("a", "run", 0);
    plot.append("a", steps(4), std::vector{5.0, 1.0, 9.0, 3.0});
    QCOMPARE(plot.summary(), QString("run: 3 at step 4; smallest 1 at step 2, largest 9 at step 3."));
}

void CurvesTest::aClockGoesBothWays()
{
    StepClock clock;
    QCOMPARE(clock.secondsAt(7), 7.0);
    for (int step = 1; step <= 1000; ++step) clock.append(step, step <= 500 ? 0.5 * step : 250 + 2.0 * (step - 500));
    clock.append(900, 1e9);  // back: ignored
    for (const double step : {1.0, 250.0, 700.5, 1000.0}) QVERIFY(std::abs(clock.stepAt(clock.secondsAt(step)) - step) < 1e-6);
    QVERIFY(std::abs(clock.secondsAt(300) - 150) < 1e-9);
    QVERIFY(std::abs(clock.secondsAt(1000) - 1250) < 1e-9);
    QVERIFY(std::abs(clock.secondsAt(1010) - 1270) < 1e-6);
}

namespace {

/// `steps` steps of `values`, 64 to a row.
struct Rows {
    explicit Rows(const std::vector<float>& values)
    {
        for (std::size_t begin = 0; begin + 64 <= values.size(); begin += 64) {
            const auto [low, high] = std::minmax_element(values.begin() + static_cast<long>(begin), values.begin() + static_cast<long>(begin) + 64);
            double sum = 0;
            for (std::size_t i = begin; i < begin + 64; ++i) sum += values[i];
            first.push_back(static_cast<double>(begin + 1));
            last.push_back(static_cast<double>(begin + 64));
            lowest.push_back(*low);
            highest.push_back(*high);
            mean.push_back(static_cast<float>(sum / 64));
        }
    }
    CurveRows rows() const { return {first, last, lowest, highest, mean}; }
    std::vector<double> first, last;
    std::vector<float> lowest, highest, mean;
};

std::vector<float> noise(std::size_t count, std::uint64_t seed)
{
    Rng rng({seed});
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(rng.normal());
    return values;
}

}  // namespace

void CurvesTest::rowsOfManyStepsKeepTheirExtremes()
{
    std::vector<float> values = noise(64'000, 3);
    values[33'333] = 50;
    CurveSeries series;
    series.append(Rows(values).rows());
    QCOMPARE(series.firstStep(), 1.0);
    QCOMPARE(series.lastStep(), 64'000.0);
    QCOMPARE(largest(series.raw(1, 64'000).columns(1, 64'000, 200)), 50.0);
    double lowest = 0, highest = 0;
    QVERIFY(series.coarseAt(33'334, lowest, highest));
    QCOMPARE(highest, 50.0);
    series.append(steps(3), std::vector{0.0, 0.0, 0.0});  // before the last row: refused
    QCOMPARE(series.lastStep(), 64'000.0);
}

void CurvesTest::averagesOfRowsEqualThoseOfTheirSteps()
{
    // With a memory much longer than a row, the average of means is that of the values.
    const std::vector<float> values = noise(64 * 500, 9);
    CurveSeries coarse;
    coarse.setSmoothing(0.999);
    coarse.append(Rows(values).rows());
    DebiasedAverage exact(0.999);
    double last = 0;
    for (const float value : values) last = exact.push(value);
    QVERIFY(std::abs(coarse.smooth(0, 1e9).nearest(32'000).y - last) < 2e-3);
    DebiasedAverage once(0.9), often(0.9);
    once.push(3, 5);
    for (int i = 0; i < 5; ++i) often.push(3);
    QVERIFY(std::abs(once.push(1) - often.push(1)) < 1e-12);
}

void CurvesTest::aCloseLookAsksForSingleSteps()
{
    const std::vector<float> values = noise(128'000, 4);
    CurvePlot plot("Loss");
    plot.resize(600, 400);
    plot.addRun({});
    plot.addSeries("a", "run", 0);
    plot.append("a", Rows(values).rows());
    plot.setSmoothing(0.9);
    QSignalSpy wanted(&plot, &CurvePlot::detailWanted);
    plot.plot()->replot();
    QVERIFY(wanted.isEmpty());
    plot.plot()->xAxis->setRange(50'000, 50'150);
    plot.plot()->replot();
    plot.plot()->replot();
    QCOMPARE(wanted.size(), 1);
    const double lead = wanted[0][1].toDouble(), from = wanted[0][2].toDouble(), to = wanted[0][3].toDouble();
    QVERIFY(lead <= from - 80 && from <= 49'850 && to >= 50'300);
    std::vector<CurvePoint> points;
    for (double step = lead; step <= to; ++step) points.push_back({step, values[static_cast<std::size_t>(step) - 1]});
    plot.showDetail("a", 0, 1, points);  // nobody asked for that
    plot.showDetail("a", from, to, points);
    plot.plot()->replot();
    QCPGraph* smooth = plot.plot()->graph(1);
    QCOMPARE(plot.plot()->graph(0)->data()->size(), 153);  // every step of the range, and one beyond on either side
    DebiasedAverage exact(0.9);
    double average = 0;
    for (std::size_t i = 0; i < 50'100; ++i) average = exact.push(values[i]);
    QVERIFY(std::abs(smooth->data()->findBegin(50'100, false)->value - average) < 1e-3);
    plot.plot()->xAxis->setRange(50'050, 50'200);  // still within what is here
    plot.plot()->replot();
    QCOMPARE(wanted.size(), 1);
}

void CurvesTest::runsLieOverEachOtherByStepEpochOrTime()
{
    CurvePlot plot("Loss");
    plot.resize(600, 400);
    plot.addRun({"small", 10});
    plot.addRun({"large", 40});
    for (const QString& run : {QString("small"), QString("large")}) {
        plot.addSeries(run + "/total", run, run == "small" ? 0 : 1, CurvePlot::Values::Noisy, run);
        plot.append(run + "/total", steps(100), steps(100));
        std::vector<double> seconds = steps(100);
        for (double& second : seconds) second *= run == "small" ? 2 : 6;
        plot.appendTimes(run, steps(100), seconds);
    }
    const auto lastX = [&plot](int graph) {
        plot.plot()->replot();
        return (plot.plot()->graph(graph)->data()->constEnd() - 1)->key;
    };
    QCOMPARE(lastX(1), 100.0);
    QCOMPARE(lastX(3), 100.0);
    plot.setAlignment(Align::Epoch);
    QCOMPARE(lastX(1), 10.0);
    QCOMPARE(lastX(3), 2.5);
    QVERIFY(plot.plot()->xAxis->range().upper < 11);
    plot.setAlignment(Align::Time);
    QCOMPARE(lastX(1), 200.0);
    QCOMPARE(lastX(3), 600.0);
    QVERIFY(plot.csv().contains("small,100,100"));  // exports speak of steps
}

void CurvesTest::aRunGoesWithItsCurves()
{
    CurvePlot plot("Loss");
    for (const QString& run : {QString("a"), QString("b")}) {
        plot.addRun({run});
        for (const QString& curve : {QString("total"), QString("term")}) plot.addSeries(run + '/' + curve, curve, 0, CurvePlot::Values::Noisy, run);
    }
    plot.removeRun("a");
    QVERIFY(!plot.hasSeries("a/total") && !plot.hasSeries("a/term") && plot.hasSeries("b/total"));
    QCOMPARE(plot.plot()->graphCount(), 4);
}

void CurvesTest::aHundredRunsAndAMillionStepsAreDrawn()
{
    // Durations are printed, never asserted.
    const auto milliseconds = [](const QElapsedTimer& timer) { return static_cast<double>(timer.nsecsElapsed()) / 1e6; };
    {
        const Rows rows(noise(1'000'000, 1));
        CurvePlot plot("Loss");
        plot.resize(1200, 800);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QElapsedTimer timer;
        timer.start();
        for (const char* id : {"total", "term", "other"}) {
            plot.addSeries(id, id, 0);
            plot.append(id, rows.rows());
        }
        const double filled = milliseconds(timer);
        plot.plot()->replot();
        timer.start();
        constexpr int kFrames = 20;
        for (int i = 0; i < kFrames; ++i) {
            plot.plot()->xAxis->setRange(10'000 * i, 500'000 + 10'000 * i);
            plot.plot()->replot();
        }
        qInfo("a million steps, three curves: filled in %.1f ms, a replot while scrolling %.1f ms", filled, milliseconds(timer) / kFrames);
        QVERIFY(plot.plot()->graph(1)->data()->size() > 100);
    }
    CurvePlot plot("Loss");
    plot.resize(1200, 800);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    std::vector<std::vector<float>> runs;
    for (std::uint64_t run = 0; run < 100; ++run) runs.push_back(noise(10'000, run));
    const std::vector<double> x = steps(10'000);
    plot.addSeries("shown", "shown before", 0);
    plot.append("shown", x, x);
    plot.setSmoothing(0.6);
    QCoreApplication::processEvents();
    plot.plot()->replot();
    plot.removeSeries("shown");
    QElapsedTimer timer;
    timer.start();
    for (std::size_t run = 0; run < runs.size(); ++run) {
        const QString id = QString::number(run);
        plot.addRun({id});
        plot.addSeries(id, id, static_cast<int>(run), CurvePlot::Values::Noisy, id);
        plot.append(id, CurveRows{x, x, runs[run], runs[run], runs[run]});
    }
    const double filled = milliseconds(timer);
    plot.plot()->replot();
    const double first = milliseconds(timer);
    timer.start();
    plot.plot()->replot();
    qInfo("a hundred runs of 10,000 steps: filled in %.1f ms, drawn after %.1f ms, a further replot %.1f ms", filled, first, milliseconds(timer));
    QCOMPARE(plot.plot()->graphCount(), 200);
    QVERIFY(!plot.plot()->legend->visible());
    QVERIFY(plot.summary().contains("88 more"));
}

QTEST_MAIN(CurvesTest)
#include "tst_curves.moc"
