// The sentence that tells collapse from learning, and the picture under it.
#include <QImage>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "widgets/collapse_meter.h"

using namespace selfsight;

class CollapseMeterTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSentenceFitsTheFigures_data()
    {
        QTest::addColumn<double>("spread");
        QTest::addColumn<double>("rank");
        QTest::addColumn<double>("alignment");
        QTest::addColumn<QString>("part");
        QTest::newRow("one point") << 0.01 << 1.0 << 0.0 << "Collapsed: nearly every image";
        QTest::newRow("one line") << 0.6 << 1.2 << 0.1 << "hardly more than one direction";
        QTest::newRow("a cap of the sphere") << 0.3 << 20.0 << 0.1 << "Partly collapsed";
        QTest::newRow("few of many directions") << 0.9 << 6.0 << 0.1 << "Most of the 128 directions carry little";
        QTest::newRow("all well") << 0.95 << 60.0 << 0.2 << "No collapse: the features are spread out. The two views of an image lie close";
        QTest::newRow("views apart") << 0.95 << 60.0 << 1.5 << "still far apart";
        QTest::newRow("not a number") << std::nan("") << 60.0 << 1.5 << "";
    }

    void theSentenceFitsTheFigures()
    {
        QFETCH(double, spread);
        QFETCH(double, rank);
        QFETCH(double, alignment);
        QFETCH(QString, part);
        const QString text = collapseMeaning({{"collapse.std_sqrt_d", spread}, {"collapse.effective_rank", rank}, {"alignment", alignment}}, 128);
        if (part.isEmpty()) QVERIFY2(text.isEmpty(), qPrintable(text));
        else QVERIFY2(text.contains(part), qPrintable(text));
        QVERIFY(collapseMeaning({{"collapse.std_sqrt_d", spread}}, 128).isEmpty());
    }

    void distributionsAreJudgedByTheTeacher()
    {
        const auto meaning = [](double entropy, double divergence) {
            return collapseMeaning({{"collapse.std_sqrt_d", 0.05}, {"collapse.effective_rank", 1.0}, {"collapse.teacher_entropy", entropy},
                                    {"collapse.teacher_divergence", divergence}}, 128);
        };
        QVERIFY(meaning(0.01, 0.001).startsWith("Collapsed: the teacher gives every image the same answer."));
        QVERIFY(meaning(0.99, 0.001).startsWith("Collapsed: the teacher's answer to every image is that all outputs are alike."));
        QVERIFY(meaning(0.99, 0.05).startsWith("Partly collapsed: to the teacher all outputs are nearly alike"));
        QVERIFY(meaning(0.9, 0.2).startsWith("No collapse: the teacher's answers differ and are sharp. Most of the 128"));
    }

    void figuresComeFromSeveralSnapshots()
    {
        CollapseMeter meter;
        meter.resize(500, 300);
        const QImage before = meter.grab().toImage();
        Snapshot spread{.step = 5, .figures = {{"collapse.std_sqrt_d", 0.9, {}}}};
        Snapshot rank{.step = 9, .figures = {{"collapse.effective_rank", 3.5, {}}, {"alignment", 0.2, {}}, {"uniformity", -3.1, {}}}, .singularValues = {4, 2, 1, 0.1f}};
        meter.showFigures(spread);
        QVERIFY(!meter.sentence().contains("Step"));
        meter.showFigures(rank);
        QVERIFY2(meter.sentence().startsWith("Step 9: No collapse"), qPrintable(meter.sentence()));
        QVERIFY(meter.grab().toImage() != before);
        meter.showFigures({.step = 12, .figures = {{"knn.top1", 0.9, {}}}});
        QVERIFY2(meter.sentence().startsWith("Step 9: "), qPrintable(meter.sentence()));
        meter.clear();
        QCOMPARE(meter.grab().toImage(), before);
    }

    void theSpectrumOfAStoredSnapshotIsAskedFor()
    {
        CollapseMeter meter;
        QSignalSpy wanted(&meter, &CollapseMeter::spectrumWanted);
        const std::vector<ProbeFigure> rank = {{"collapse.effective_rank", 3.5, {}}};
        meter.showFigures({.step = 5, .figures = {{"knn.top1", 0.9, {}}}, .hasMore = true});
        QCOMPARE(wanted.count(), 0);
        meter.showFigures({.step = 9, .figures = rank, .hasMore = true});
        meter.showFigures({.step = 12, .figures = rank, .hasMore = true});
        QCOMPARE(wanted.count(), 2);
        QCOMPARE(wanted.last().first().toLongLong(), 12);
        meter.showSpectrum(9, {3, 2, 1});
        QVERIFY(meter.isExpectingSpectrum());
        QCOMPARE(meter.directions(), std::size_t{0});
        meter.showSpectrum(12, {4, 2, 1, 0.1f});
        QVERIFY(!meter.isExpectingSpectrum());
        QCOMPARE(meter.directions(), std::size_t{4});
        meter.showFigures({.step = 20, .figures = rank, .singularValues = {2, 1}});
        QCOMPARE(meter.directions(), std::size_t{2});
        QVERIFY(!meter.isExpectingSpectrum());
    }
};

QTEST_MAIN(CollapseMeterTest)
#include "tst_collapse_meter.moc"
