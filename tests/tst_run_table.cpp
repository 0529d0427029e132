// The list of runs, the lines across their options and the slider through a run's time, with made-up runs.
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

#include "widgets/parallel_coordinates.h"
#include "widgets/run_table.h"
#include "widgets/time_slider.h"

using namespace selfsight;

namespace {

std::vector<RunRow> madeRows()
{
    std::vector<RunRow> rows(3);
    rows[0] = {.id = "/runs/a", .title = "a", .state = "finished", .method = "SimCLR", .startedAt = 300, .knnBest = 0.5};
    rows[0].options = {{"method.type", "simclr"}, {"method.temperature", "0.1"}, {"train.steps", "100"}};
    rows[1] = {.id = "/runs/b", .title = "b", .state = "cut off", .method = "BYOL", .tags = {"paper"}, .startedAt = 100, .knnBest = 0.09};
    rows[1].options = {{"method.type", "byol"}, {"train.steps", "100"}};
    rows[2] = {.id = "/runs/c", .title = "c", .state = "finished", .method = "SimCLR", .startedAt = 200};
    rows[2].options = {{"method.type", "simclr"}, {"method.temperature", "0.5"}, {"train.steps", "100"}};
    return rows;
}

QTableView& viewOf(RunTable& table)
{
    return *table.findChild<QTableView*>();
}

}  // namespace

class RunTableTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theNewestRunComesFirstAndNumbersSortAsNumbers()
    {
        RunTable table;
        table.setRows(madeRows());
        QCOMPARE(table.visible(), QStringList({"/runs/a", "/runs/c", "/runs/b"}));
        viewOf(table).sortByColumn(RunTableModel::KnnBest, Qt::DescendingOrder);
        QCOMPARE(table.visible(), QStringList({"/runs/a", "/runs/b", "/runs/c"}));  // 50 %, 9 %, nothing
    }

    void aBranchHangsUnderItsParent()
    {
        std::vector<RunRow> rows = madeRows();
        rows.push_back({.id = "/runs/c2", .title = "c2", .parent = "/runs/c", .branch = "at step 5: temperature 0.5 → 0.1", .startedAt = 900, .knnBest = 0.2});
        rows.push_back({.id = "/runs/c3", .title = "c3", .parent = "/runs/c", .branch = "at step 7: lr 1 → 2", .startedAt = 800, .knnBest = 0.9});
        rows.push_back({.id = "/runs/c4", .title = "c4", .parent = "/runs/c3", .branch = "at step 9: nothing changed", .startedAt = 850});
        rows.push_back({.id = "/runs/lost", .title = "lost", .parent = {}, .branch = "gone at step 1: lr 1 → 2", .startedAt = 250});
        RunTable table;
        table.setRows(madeRows());
        QVERIFY(viewOf(table).isColumnHidden(RunTableModel::Branch));
        table.setRows(rows);
        QVERIFY(!viewOf(table).isColumnHidden(RunTableModel::Branch));
        QCOMPARE(table.visible(), QStringList({"/runs/a", "/runs/lost", "/runs/c", "/runs/c2", "/runs/c3", "/runs/c4", "/runs/b"}));
        viewOf(table).sortByColumn(RunTableModel::KnnBest, Qt::AscendingOrder);
        QCOMPARE(table.visible().indexOf("/runs/c2"), table.visible().indexOf("/runs/c") + 1);
        QCOMPARE(table.visible().indexOf("/runs/c4"), table.visible().indexOf("/runs/c3") + 1);
        const auto title = [&table](int row, int role) { return table.model().index(row, RunTableModel::Title).data(role).toString(); };
        QCOMPARE(title(3, Qt::DisplayRole), QString("└ c2"));
        QVERIFY(title(5, Qt::DisplayRole).endsWith("└ c4") && title(5, Qt::DisplayRole).size() > 4);
        QCOMPARE(title(5, Qt::EditRole), QString("c4"));
        QSignalSpy wishes(&table, &RunTable::branchRequested);
        viewOf(table).selectRow(0);
        for (QAction* action : viewOf(table).actions())
            if (action->text().startsWith("Branch")) action->trigger();
        QCOMPARE(wishes.size(), 1);
    }

    void onlyOptionsThatDifferHaveAColumn()
    {
        RunTable table;
        table.setRows(madeRows());
        QCOMPARE(table.model().optionKeys(), QStringList({"method.temperature"}));
        QCOMPARE(table.model().headerData(RunTableModel::FirstOption, Qt::Horizontal, Qt::DisplayRole).toString(), QString("temperature"));
        QCOMPARE(table.model().index(1, RunTableModel::FirstOption).data().toString(), QString());
        QCOMPARE(table.model().index(2, RunTableModel::FirstOption).data().toString(), QString("0.5"));
    }

    void everyWordOfTheFilterHasToMatch()
    {
        RunTable table;
        table.setRows(madeRows());
        table.setFilter("simclr temperature=0.5");
        QCOMPARE(table.visible(), QStringList({"/runs/c"}));
        QVERIFY(table.findChild<QLabel*>() != nullptr);
        table.setFilter("PAPER");
        QCOMPARE(table.visible(), QStringList({"/runs/b"}));
        table.setFilter("");
        QCOMPARE(table.visible().size(), 3);
    }

    void theSelectionOutlivesNewRows()
    {
        RunTable table;
        table.setRows(madeRows());
        viewOf(table).selectRow(1);
        QCOMPARE(table.selected(), QStringList({"/runs/c"}));
        std::vector<RunRow> rows = madeRows();
        rows.push_back({.id = "/runs/d", .title = "d", .startedAt = 400});
        table.setRows(rows);
        QCOMPARE(table.selected(), QStringList({"/runs/c"}));
    }

    void keysOpenTickAndDelete()
    {
        RunTable table;
        table.setRows(madeRows());
        table.show();
        QSignalSpy opened(&table, &RunTable::openRequested), ticked(&table, &RunTable::shownToggled), deleted(&table, &RunTable::deleteRequested),
            compared(&table, &RunTable::compareRequested);
        QTableView& view = viewOf(table);
        view.selectRow(0);
        QTest::keyClick(&view, Qt::Key_Return);
        QCOMPARE(opened.takeFirst().first().toString(), QString("/runs/a"));
        QTest::keyClick(&view, Qt::Key_Space);
        QCOMPARE(ticked.takeFirst(), QVariantList({"/runs/a", true}));
        for (QAction* action : table.findChildren<QAction*>())
            if (action->text() == "Move to the bin") action->trigger();
        QCOMPARE(deleted.takeFirst().first().toStringList(), QStringList({"/runs/a"}));
        for (QAction* action : table.findChildren<QAction*>())
            if (action->text() == "Compare two") QVERIFY(!action->isEnabled());
        view.selectionModel()->select(view.model()->index(1, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
        for (QAction* action : table.findChildren<QAction*>())
            if (action->text() == "Compare two") action->trigger();
        QCOMPARE(compared.takeFirst().first().toStringList(), QStringList({"/runs/a", "/runs/c"}));
    }

    void aTitleAndTagsAreEditedInPlace()
    {
        RunTable table;
        table.setRows(madeRows());
        QSignalSpy titled(&table, &RunTable::titleEdited), tagged(&table, &RunTable::tagsEdited);
        table.model().setData(table.model().index(0, RunTableModel::Title), "a", Qt::EditRole);
        QVERIFY(titled.isEmpty());  // as it was
        table.model().setData(table.model().index(0, RunTableModel::Title), " best ", Qt::EditRole);
        QCOMPARE(titled.takeFirst(), QVariantList({"/runs/a", "best"}));
        table.model().setData(table.model().index(1, RunTableModel::Tags), "paper, good,, good", Qt::EditRole);
        QCOMPARE(tagged.takeFirst().at(1).toStringList(), QStringList({"paper", "good"}));
    }

    void aStretchKeepsTheRunsThatPassThroughIt()
    {
        ParallelCoordinates plot;
        plot.setRuns({"a", "b", "c", "d"}, {{"method", {"byol", "simclr", "byol", ""}, false},
                                            {"rate", {"0.001", "0.01", "0.1", "0.1"}, false},
                                            {"kNN", {"0.2", "0.4", "0.6", "0.8"}, true}});
        QCOMPARE(plot.kept(), (std::vector<int>{0, 1, 2, 3}));
        plot.markStretch(2, 0.3, 1);  // 38 % and above
        QCOMPARE(plot.kept(), (std::vector<int>{1, 2, 3}));
        plot.markStretch(0, 0, 0.1);  // byol; d has no method
        QCOMPARE(plot.kept(), (std::vector<int>{2}));
        plot.clearStretches();
        plot.markStretch(1, 0.4, 0.6);  // logarithmic: 0.01 is half way
        QCOMPARE(plot.kept(), (std::vector<int>{1}));
    }

    void aLineIsClickedAndAnAxisIsDragged()
    {
        ParallelCoordinates plot;
        plot.resize(600, 400);
        plot.setRuns({"a", "b"}, {{"x", {"0", "1"}, false}, {"y", {"0", "1"}, false}});
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QSignalSpy clicked(&plot, &ParallelCoordinates::runClicked);
        const QImage picture = plot.picture();
        QVERIFY(picture.width() >= 1200);
        // Between the axes both lines are level: b at the top, a at the foot.
        const int top = plot.fontMetrics().height() * 3, foot = 400 - plot.fontMetrics().height() * 3 / 2;
        QTest::mouseClick(&plot, Qt::LeftButton, {}, {300, top});
        QCOMPARE(clicked.takeFirst().first().toInt(), 1);
        QTest::mouseClick(&plot, Qt::LeftButton, {}, {300, foot});
        QCOMPARE(clicked.takeFirst().first().toInt(), 0);
        const int left = plot.fontMetrics().averageCharWidth() * 9;
        QTest::mousePress(&plot, Qt::LeftButton, {}, {left, top - 2});
        QMouseEvent move(QEvent::MouseMove, QPointF(left, top + 60), plot.mapToGlobal(QPointF(left, top + 60)), Qt::NoButton, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&plot, &move);
        QTest::mouseRelease(&plot, Qt::LeftButton, {}, {left, top + 60});
        QCOMPARE(plot.kept(), (std::vector<int>{1}));
        QTest::keyClick(&plot, Qt::Key_Escape);
        QCOMPARE(plot.kept().size(), std::size_t(2));
    }

    void theSliderGoesFromMomentToMomentAndBackToNow()
    {
        TimeSlider slider;
        slider.resize(600, 40);
        slider.show();
        TimeTrack& track = slider.track();
        QSignalSpy chosen(&slider, &TimeSlider::stepChosen), newest(&slider, &TimeSlider::newestChosen);
        track.setLast(100);
        track.setMoments({0, 40, 80});
        track.setFocus();
        QTest::keyClick(&track, Qt::Key_Left);
        QCOMPARE(chosen.takeFirst().first().toLongLong(), qint64(80));
        QTest::keyClick(&track, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(chosen.takeFirst().first().toLongLong(), qint64(79));
        QTest::keyClick(&track, Qt::Key_Home);
        QCOMPARE(chosen.takeFirst().first().toLongLong(), qint64(0));
        QTest::keyClick(&track, Qt::Key_Right);
        QCOMPARE(chosen.takeFirst().first().toLongLong(), qint64(40));
        track.setLast(200);  // the run grows: what is shown stays
        QCOMPARE(*track.chosen(), qint64(40));
        QTest::keyClick(&track, Qt::Key_End);
        QCOMPARE(newest.count(), 1);
        QVERIFY(!track.chosen());
        QTest::mouseClick(&track, Qt::LeftButton, {}, track.rect().center());
        QVERIFY(std::abs(*track.chosen() - 100) <= 2);
        track.setLast(10);  // another run
        QVERIFY(!track.chosen());
    }

    void theFilmEndsAtNow()
    {
        TimeSlider slider;
        slider.show();
        slider.track().setLast(30);
        slider.track().setMoments({0, 10, 20});
        QSignalSpy chosen(&slider, &TimeSlider::stepChosen), newest(&slider, &TimeSlider::newestChosen);
        slider.play(true);
        QTRY_COMPARE(newest.count(), 1);
        std::vector<qint64> steps;
        for (const QVariantList& each : chosen) steps.push_back(each.first().toLongLong());
        QCOMPARE(steps, (std::vector<qint64>{0, 10, 20}));
    }

    void aBookmarkIsTakenAwayAgain()
    {
        TimeSlider slider;
        slider.track().setLast(30);
        slider.setBookmarks({{20, "b"}, {10, "a"}});
        QCOMPARE(slider.track().bookmarks().front().text, QString("a"));
        QSignalSpy edited(&slider, &TimeSlider::bookmarksEdited);
        slider.track().choose(20);
        QTest::keyClick(&slider.track(), Qt::Key_B);
        QCOMPARE(edited.count(), 1);
        QCOMPARE(slider.track().bookmarks(), (std::vector<Bookmark>{{10, "a"}}));
    }
};

QTEST_MAIN(RunTableTest)
#include "tst_run_table.moc"
