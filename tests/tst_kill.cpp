// kill -9 at random moments, saves included: every run opens, goes on, and ends with the numbers of one that was never killed.
// SELFSIGHT_KILLS is how often; tests/kill.sh asks for 200.
#include <QtTest>

#include <QTemporaryDir>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "core/base/rng.h"
#include "core/runs/run_end.h"
#include "core/runs/run_reader.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 120'000;  // ms; only a hang exceeds it

/// A checkpoint every third step: about half of the time one is being written.
const QByteArray kExperiment = R"(# What is killed again and again.
data:      {type: shapes, image_size: 32, count: 48, test_count: 16}
backbone:  {type: resnet, depth: 10, width: 16, stem: strided}
method:    {type: simclr, hidden: 64, output: 16}
views:     {global: {count: 2, size: 32, chain: [{type: random_resized_crop}, {type: horizontal_flip}, {type: normalize}]}}
optimizer: {type: sgd, lr: 0.05, schedule: constant, warmup_epochs: 0}
train:     {steps: 1000000, batch_size: 8, precision: fp32, device: cpu, threads: 1, checkpoint_every_steps: 3, keep_last_checkpoints: 2}
record:    {probe_budget: 0}
)";

void start(QProcess& process, const QStringList& arguments)
{
    process.setProcessChannelMode(QProcess::SeparateChannels);
    process.start(SELFSIGHT_BIN "/selfsight-cli", arguments);
    QVERIFY(process.waitForStarted(kPatience));
}

}  // namespace

class TestKill : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKilledRunGoesOnAsIfItHadLived()
    {
        const int kills = std::max(1, qEnvironmentVariableIntValue("SELFSIGHT_KILLS") ? qEnvironmentVariableIntValue("SELFSIGHT_KILLS") : 20);
        QFile file(m_folder.filePath("killed.yaml"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(kExperiment) == kExperiment.size());
        file.close();
        const QString run = m_folder.filePath("run");
        Rng random({20251125});
        std::int64_t steps = 0, lost = 0, anew = 0, duringStart = 0;
        for (int kill = 0; kill < kills; ++kill) {
            const bool begun = QFile::exists(run + "/experiment.yaml");
            if (!begun) {
                anew += kill > 0;
                QDir(run).removeRecursively();
            }
            QProcess process;
            start(process, begun ? QStringList{"resume", run, "--json"} : QStringList{"train", file.fileName(), "--out", run, "--json"});
            if (kill % 4 == 3) {
                process.waitForFinished(static_cast<int>(random.below(1500)));  // while it starts, reads its checkpoint, cuts its records
                ++duringStart;
            } else {
                QByteArray out;
                while (!out.contains("\"event\":\"step\"") && process.waitForReadyRead(kPatience)) out += process.readAllStandardOutput();
                process.waitForFinished(static_cast<int>(random.below(300)));
            }
            QVERIFY2(process.state() == QProcess::Running, process.readAllStandardError());
            ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
            QVERIFY(process.waitForFinished(kPatience));

            if (!QFile::exists(run + "/experiment.yaml")) continue;
            QVERIFY(isCutOff(run.toStdString()));
            const RunUpdate update = openRun(run.toStdString())->drain();
            for (const LogLine& line : update.log) QVERIFY2(line.text.find("damaged") == std::string::npos, line.text.c_str());
            const auto now = static_cast<std::int64_t>(update.steps.size());
            for (std::int64_t i = 0; i < now; ++i) QCOMPARE(update.steps[static_cast<std::size_t>(i)].step, i + 1);  // a torn row is the last
            lost = std::max(lost, steps - now);
            steps = std::max(steps, now);
        }
        QProcess last;
        start(last, {"resume", run, "--steps", "5", "--json"});
        QVERIFY(last.waitForFinished(kPatience));
        QVERIFY2(last.exitCode() == 0, last.readAllStandardError());

        const RunUpdate killed = openRun(run.toStdString())->drain();
        QProcess whole;
        const QString reference = m_folder.filePath("reference");
        start(whole, {"train", file.fileName(), "--out", reference, "--steps", QString::number(killed.steps.size())});
        QVERIFY(whole.waitForFinished(10 * kPatience));
        const RunUpdate lived = openRun(reference.toStdString())->drain();
        QCOMPARE(lived.steps.size(), killed.steps.size());
        for (std::size_t i = 0; i < lived.steps.size(); ++i) QCOMPARE(killed.steps[i].terms, lived.steps[i].terms);
        std::printf("%d kills (%lld of them while it started): %d runs opened and went on (%lld had not begun and were started anew), "
                    "no record torn but the last; %zu steps in all, every loss equal to that of a run never killed; a kill took back at most %lld recorded steps\n",
                    kills, static_cast<long long>(duringStart), kills, static_cast<long long>(anew), killed.steps.size(), static_cast<long long>(lost));
        std::fflush(stdout);
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestKill)
#include "tst_kill.moc"
