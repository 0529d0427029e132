// The Evaluation panel on a real run: figures arrive, the chart and the confusions with them, images after a closer look.
#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <QtTest>

#include <filesystem>
#include <fstream>

#include "app/window/main_window.h"
#include "app/window/panels.h"
#include "core/catalog.h"
#include "tests/own_home.h"
#include "tests/tiny_run.h"
#include "widgets/banner.h"
#include "widgets/evaluation_view.h"

using namespace selfsight;

namespace
{

constexpr int kPatience = 120'000;  // ms: other programs may keep the cores busy

}  // namespace

class EvaluationPanelTest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_home;
    QString m_run;

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        liveIn(m_home.path());
        qputenv("XDG_CACHE_HOME", (m_home.path() + "/cache").toUtf8());
        m_run = m_home.path() + "/runs/pipeline/pretrain";
        QCOMPARE(run(tiny(), {.runFolder = m_run.toStdString(), .steps = {}, .evaluateAtEnd = false}).state.phase,
                 RunPhase::Finished);
        std::ofstream((m_home.path() + "/runs/pipeline/chart.json").toStdString())
            << R"({"points":[{"series":"linear","stage":"pretrain","labels":0.01,"labelled":1,"top1":0.5,"top5":0.9},
                             {"series":"distilled","stage":"distil_1","labels":0.01,"labelled":0,"top1":0.6,"top5":0.9}]})";
    }

    void cleanup()
    {
        QSettings().clear();
        QVERIFY2(QApplication::topLevelWidgets().isEmpty(), "a test left a widget behind");
    }

    void withoutARunItSaysSo()
    {
        MainWindow window(catalog());
        window.panels().evaluation->evaluateAction()->trigger();
        QVERIFY2(window.banner().text().contains("no run to judge"), qPrintable(window.banner().text()));
    }

    void aShareThatIsNoneIsNamed()
    {
        MainWindow window(catalog());
        QVERIFY(window.files().open(m_run));
        EvaluationView& view = *window.panels().evaluation;
        view.findChild<QLineEdit*>()->setText("1, many");
        view.evaluateAction()->trigger();
        QVERIFY2(window.banner().text().contains("'many'"), qPrintable(window.banner().text()));
        QVERIFY(view.evaluateAction()->isEnabled());
    }

    void figuresArriveAndAnotherRunTakesThemAway()
    {
        MainWindow window(catalog());
        QVERIFY(window.files().open(m_run));
        EvaluationView& view = *window.panels().evaluation;
        QTRY_COMPARE_WITH_TIMEOUT(view.chart().curves(), 2, kPatience);  // of the pipeline that the run is a stage of
        QCOMPARE(view.protocols(), QStringList({"knn", "linear"}));
        view.findChild<QLineEdit*>()->setText("25, 100 %");
        view.evaluateAction()->trigger();
        QVERIFY(!view.evaluateAction()->isEnabled() && view.stopAction()->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(view.evaluateAction()->isEnabled(), kPatience);
        QCOMPARE(view.list().topLevelItemCount(), 4);
        QCOMPARE(view.list().topLevelItem(0)->text(1), QString("25 %"));
        QCOMPARE(view.chart().curves(), 2);
        const HeatValues& confusion = view.confusion().values();
        QVERIFY(confusion.rows.size() > 1 && confusion.cells.size() == static_cast<std::size_t>(confusion.rows.size()));
        double share = 0;
        for (const HeatCell& cell : confusion.cells[0]) share += cell.value;
        QVERIFY(std::abs(share - 100) < 1e-6);

        std::filesystem::copy(m_run.toStdString(), (m_home.path() + "/runs/other").toStdString(), std::filesystem::copy_options::recursive);
        std::filesystem::remove((m_home.path() + "/runs/other/evaluations.jsonl").toStdString());
        QVERIFY(window.files().open(m_home.path() + "/runs/other"));
        QTRY_COMPARE_WITH_TIMEOUT(view.list().topLevelItemCount(), 0, kPatience);

        QVERIFY(window.files().open(m_run));  // what it was judged by is kept with it
        QTRY_COMPARE_WITH_TIMEOUT(view.list().topLevelItemCount(), 4, kPatience);
        QCOMPARE(view.list().topLevelItem(0)->text(1), QString("25 %"));
    }

    void theThreeStagesRunFromThePanelAndGoOnWhereTheyStood()
    {
        MainWindow window(catalog());
        EvaluationView& view = *window.panels().evaluation;
        window.document().replace(pretraining());
        QVERIFY(window.document().canTrain());
        view.pipelineAction()->trigger();
        QVERIFY(!view.pipelineAction()->isEnabled() && view.stopAction()->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(view.stages().topLevelItemCount() == 4, kPatience);
        view.stopAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(view.pipelineAction()->isEnabled(), kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        QVERIFY(view.stages().topLevelItem(3)->text(1) == "waits");

        view.pipelineAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(view.pipelineAction()->isEnabled(), kPatience);
        QVERIFY2(window.banner().text().isEmpty(), qPrintable(window.banner().text()));
        for (int stage = 0; stage < 4; ++stage) {
            QCOMPARE(view.stages().topLevelItem(stage)->text(1), QString("done"));
            QVERIFY(view.stages().topLevelItem(stage)->text(2).endsWith(" %"));
        }
        QCOMPARE(view.chart().curves(), 4);
    }

    void aCloserLookShowsImagesAndWhereTheNetworkLooked()
    {
        MainWindow window(catalog());
        window.show();
        QVERIFY(window.files().open(m_run));
        EvaluationView& view = *window.panels().evaluation;
        QTRY_COMPARE_WITH_TIMEOUT(view.chart().curves(), 2, kPatience);
        view.inspectAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(view.groups().count() > 3, kPatience);
        QCOMPARE(view.pages().currentIndex(), 3);
        view.groups().setCurrentIndex(view.groups().count() - 1);
        QVERIFY(view.groups().currentText().startsWith("Best of"));
        QVERIFY(view.images().count() > 0);
    }
};

QTEST_MAIN(EvaluationPanelTest)
#include "tst_evaluation_panel.moc"
