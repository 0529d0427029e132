// Runs that go on, seen from the window: resumed, offered after a crash, and what becomes of them when it closes.
#include <QAbstractButton>
#include <QInputDialog>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QStatusBar>
#include <QtTest>

#include <filesystem>
#include <fstream>

#include "app/window/main_window.h"
#include "app/window/panels.h"
#include "core/catalog.h"
#include "core/config/experiment.h"
#include "core/runs/run_end.h"
#include "tests/own_home.h"
#include "widgets/banner.h"
#include "widgets/curve_plot.h"
#include "widgets/run_controls.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // ms: other programs may keep the cores busy

/// The quick start on drawn shapes, small enough for a test.
Experiment tinyQuickstart(std::int64_t steps)
{
    ExperimentDocument document(catalog());
    document.load(SELFSIGHT_SOURCE "/presets/quickstart.yaml");
    document.setType("data", "shapes");
    const std::vector<std::pair<QString, Value>> values = {{"backbone.width", std::int64_t{8}},      {"train.batch_size", std::int64_t{16}},
                                                           {"train.threads", std::int64_t{1}},       {"train.steps", steps},
                                                           {"record.knn_bank", std::int64_t{64}},    {"record.knn_queries", std::int64_t{32}},
                                                           {"record.quality_images", std::int64_t{32}}};
    for (const auto& [keyPath, value] : values) document.setValue(keyPath, value);
    return document.experiment();
}

int lossesIn(MainWindow& window)
{
    return static_cast<int>(window.panels().loss->csv().count("\ntotal,"));
}

/// Presses the button of that role in the next question.
void answer(QMessageBox::ButtonRole role)
{
    QTimer::singleShot(0, qApp, [role] {
        auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        for (QAbstractButton* button : question->buttons())
            if (question->buttonRole(button) == role) return button->click();
    });
}

}  // namespace

class WindowResumeTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        liveIn(m_home.path());
    }

    void cleanup()
    {
        QSettings().clear();
        QVERIFY2(QApplication::topLevelWidgets().isEmpty(), "a test left a widget behind");
    }

    void aShownRunGoesOnWithItsPast()
    {
        const QString folder = stopped("stopped", 100'000);
        const std::int64_t before = endOf(folder.toStdString())->step;
        MainWindow window(catalog());
        window.files().resumeShown();
        QVERIFY2(window.banner().text().contains("No run is shown"), qPrintable(window.banner().text()));
        QVERIFY(window.files().open(folder));
        QTRY_COMPARE_WITH_TIMEOUT(lossesIn(window), static_cast<int>(before), kPatience);
        window.files().resumeShown();
        QVERIFY(window.session().isTraining());
        QTRY_VERIFY_WITH_TIMEOUT(lossesIn(window) >= before + 2, kPatience);
        QCOMPARE(std::get<std::int64_t>(window.document().experiment()["train"].values.at("steps")), std::int64_t{100'000});
        window.files().resumeShown();  // once is enough
        QVERIFY2(window.banner().text().contains("a training is running"), qPrintable(window.banner().text()));
        window.session().stop();
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        QVERIFY(endOf(folder.toStdString())->step >= before + 2);
    }

    void aFinishedRunAsksHowMuchFurther()
    {
        const QString folder = m_home.path() + "/runs/finished";
        MainWindow window(catalog());
        window.session().start({.experiment = tinyQuickstart(3), .folder = folder, .steps = {}, .evaluateAtEnd = false});
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        QTimer::singleShot(0, qApp, [] {
            auto* question = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
            question->setIntValue(2);
            question->accept();
        });
        QVERIFY(window.files().resume(folder));
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        QCOMPARE(endOf(folder.toStdString())->step, std::int64_t{5});
        QCOMPARE(lossesIn(window), 5);
    }

    void aRunCutOffIsOfferedOnce()
    {
        const QString folder = stopped("cut_off", 100'000);
        QVERIFY(QFile::remove(folder + "/result.json"));
        {
            MainWindow window(catalog());
            window.show();
            window.offerLeftRun();
            QTRY_VERIFY2_WITH_TIMEOUT(window.banner().isVisible() && window.banner().text().contains("cut_off"), qPrintable(window.banner().text()), kPatience);
            window.banner().findChild<QPushButton*>("action")->click();
            QVERIFY(window.session().isTraining());
            QCOMPARE(window.session().folder(), folder);
            QTRY_VERIFY_WITH_TIMEOUT(lossesIn(window) >= 4, kPatience);
            MainWindow other(catalog());
            other.offerLeftRun();  // it lives
            QTRY_VERIFY_WITH_TIMEOUT(!other.banner().text().isEmpty(), kPatience);
            QVERIFY2(other.banner().text().contains("is being trained"), qPrintable(other.banner().text()));
            window.session().stop();
            QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        }
        QVERIFY(QFile::remove(folder + "/result.json"));
        MainWindow window(catalog());
        window.offerLeftRun();
        QTRY_VERIFY_WITH_TIMEOUT(!window.banner().text().isEmpty(), kPatience);
        window.banner().dismiss();
        MainWindow next(catalog());
        next.offerLeftRun();
        QTRY_VERIFY_WITH_TIMEOUT(!next.runs().runs().empty(), kPatience);
        QVERIFY2(next.banner().text().isEmpty(), qPrintable(next.banner().text()));
        QVERIFY(QDir(folder).removeRecursively());
    }

    void aRunThatAnotherProgramTrainsIsWatchedAndStopped()
    {
        const QString folder = m_home.path() + "/runs/elsewhere";
        std::ofstream(m_home.filePath("tiny.yaml").toStdString()) << toYaml(tinyQuickstart(100'000), catalog(), YamlStyle::Resolved);
        QProcess other;
        other.start(SELFSIGHT_BIN "/selfsight-cli", {"train", m_home.filePath("tiny.yaml"), "--out", folder});
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(folder + "/steps.tail").size() > 500 || QFileInfo(folder + "/steps.bin").size() > 500 || other.state() == QProcess::NotRunning, kPatience);

        MainWindow window(catalog());
        window.show();
        window.offerLeftRun();
        QTRY_VERIFY2_WITH_TIMEOUT(window.banner().isVisible() && window.banner().text().contains("elsewhere"), qPrintable(window.banner().text()), kPatience);
        const auto button = [&window](const char* name) { return window.banner().findChild<QPushButton*>(name); };
        QCOMPARE(button("action")->text(), QString("Watch"));
        QVERIFY(button("other")->isVisible());
        button("action")->click();
        QCOMPARE(window.session().folder(), folder);
        QVERIFY(!window.session().isTraining() && window.banner().isHidden());
        QTRY_VERIFY_WITH_TIMEOUT(lossesIn(window) >= 4, kPatience);
        const int seen = lossesIn(window);
        QTRY_VERIFY_WITH_TIMEOUT(lossesIn(window) > seen, kPatience);
        QVERIFY(window.session().state()->elsewhere && window.controls().stopAction()->isEnabled() && !window.controls().pauseAction()->isEnabled());
        window.controls().stopAction()->trigger();
        window.controls().stopAction()->trigger();  // a second signal would make it leave without saving
        QVERIFY2(window.statusBar()->currentMessage().contains("was asked already"), qPrintable(window.statusBar()->currentMessage()));
        QVERIFY(other.waitForFinished(kPatience));
        QCOMPARE(other.exitStatus(), QProcess::NormalExit);
        QCOMPARE(other.exitCode(), 130);
        QCOMPARE(endOf(folder.toStdString())->phase, RunPhase::Stopped);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().state()->phase == RunPhase::Stopped, kPatience);
        window.stopTraining();  // it is over: nothing happens
        QVERIFY(window.banner().isHidden());
        QVERIFY(QDir(folder).removeRecursively());
    }

    void aRunIsBranchedWithAnOptionChanged()
    {
        const QString parent = stopped("parent", 100'000);
        const std::int64_t at = endOf(parent.toStdString())->step;
        MainWindow window(catalog());
        window.show();
        window.branchFrom({}, 1);
        QVERIFY2(window.banner().text().contains("No run is shown"), qPrintable(window.banner().text()));
        window.branchFrom(parent, at + 1000);
        QVERIFY2(window.branching().isOn() && window.banner().text().contains(QString("step %1").arg(at)), qPrintable(window.banner().text()));
        window.banner().dismiss();
        QVERIFY(!window.branching().isOn());

        // What does not fit is said, and can be mended.
        window.branchFrom(parent, at);
        window.document().setValue("backbone.width", std::int64_t{16});
        window.startTraining();
        QTRY_VERIFY2_WITH_TIMEOUT(window.banner().text().contains("backbone.width=16:"), qPrintable(window.banner().text()), kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isTraining(), kPatience);
        QVERIFY(window.branching().isOn() && !QFile::exists(window.session().folder()));
        window.document().setValue("backbone.width", std::int64_t{8});
        window.document().setValue("method.temperature", 0.9);
        window.startTraining();
        QTRY_VERIFY_WITH_TIMEOUT(lossesIn(window) >= at + 2, kPatience);
        QVERIFY(!window.branching().isOn());
        QCOMPARE(window.session().info()->parent->step, at);
        QVERIFY(window.overlay().colours().count(parent));
        const QString branch = window.session().folder();
        window.document().undoStack().setClean();  // nobody is here to be asked
        window.branchFrom(branch, at + 1);  // it trains: the user is asked
        QVERIFY(!window.branching().isOn());
        window.banner().findChild<QPushButton*>("action")->click();
        QTRY_VERIFY_WITH_TIMEOUT(window.branching().isOn(), kPatience);
        QCOMPARE(endOf(branch.toStdString())->phase, RunPhase::Stopped);

        window.runs().refresh();
        const auto row = [&]() -> std::optional<RunRow> {
            for (const RunRow& each : window.runs().rows({}))
                if (each.id == branch) return each;
            return {};
        };
        QTRY_VERIFY_WITH_TIMEOUT(row() && !row()->parent.isEmpty(), kPatience);
        QCOMPARE(row()->parent, parent);
        QVERIFY2(row()->branch.endsWith("temperature 0.2 → 0.9"), qPrintable(row()->branch));
    }

    void anInterruptSavesTheTraining()
    {
        MainWindow window(catalog());
        const QString folder = begin(window, "interrupted", 100'000);
        QTimer::singleShot(0, &window, [&window] { window.saveAndExit(130); });
        QCOMPARE(qApp->exec(), 130);
        QCOMPARE(endOf(folder.toStdString())->phase, RunPhase::Stopped);
        QVERIFY(endOf(folder.toStdString())->step >= 2);
        QCOMPARE(window.session().isTraining(), false);
    }

    void aClosedWindowDiscards()
    {
        MainWindow window(catalog());
        const QString folder = begin(window, "discarded", 100'000);
        answer(QMessageBox::DestructiveRole);
        QVERIFY(!window.close());
        QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), kPatience);
        QCOMPARE(endOf(folder.toStdString())->phase, RunPhase::Stopped);
        QCOMPARE(QDir(folder + "/checkpoints").entryList({"*.json"}), QStringList("step_00000000.json"));
    }

    void aClosedWindowGoesOnInTheBackground()
    {
        MainWindow window(catalog());
        const QString folder = begin(window, "background", 200);
        answer(QMessageBox::ApplyRole);
        QVERIFY(!window.close());
        QVERIFY(!window.isVisible());
        QTimer::singleShot(kPatience, &window, [] { qApp->exit(1); });
        QCOMPARE(qApp->exec(), 0);  // by itself
        QVERIFY(!window.session().isTraining());
        QCOMPARE(endOf(folder.toStdString())->phase, RunPhase::Finished);
        QCOMPARE(endOf(folder.toStdString())->step, std::int64_t{200});
    }

private:
    /// A run with some steps, still going.
    QString begin(MainWindow& window, const QString& name, std::int64_t steps)
    {
        const QString folder = m_home.path() + "/runs/" + name;
        window.show();
        window.session().start({.experiment = tinyQuickstart(steps), .folder = folder, .steps = {}, .evaluateAtEnd = false});
        if (!QTest::qWaitFor([&] { return lossesIn(window) >= 2; }, kPatience)) qFatal("the training does not begin");
        return folder;
    }

    QString stopped(const QString& name, std::int64_t steps)
    {
        MainWindow window(catalog());
        const QString folder = begin(window, name, steps);
        window.session().stop();
        if (!QTest::qWaitFor([&] { return !window.session().isTraining(); }, kPatience)) qFatal("the training does not end");
        return folder;
    }
};

QTEST_MAIN(WindowResumeTest)
#include "tst_window_resume.moc"
