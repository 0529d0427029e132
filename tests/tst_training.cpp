// Whole trainings, small: reproducibility, control, the run folder, and how a training fails.
#include <QtTest>

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "core/base/error.h"
#include "core/catalog.h"
#include "core/config/experiment.h"
#include "core/config/sweep.h"
#include "core/data/data_set.h"
#include "core/io/safetensors.h"
#include "core/runs/event_files.h"
#include "core/runs/run_reader.h"
#include "core/train/checkpoint_files.h"
#include "core/train/lock_step.h"
#include "core/train/device.h"
#include "core/train/loss_scale.h"
#include "core/train/machine.h"
#include "core/train/online_probe.h"
#include "core/train/replay.h"
#include "core/train/trainer.h"
#include "tests/made_files.h"
#include "tests/tiny_run.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

bool holdsSignals(const Experiment& experiment)
{
    return dataSets().at(experiment["data"].type).samples == SampleKind::Signal;
}

/// Whatever a preset trains, a few seconds' worth of it: small views, a small network, few images a step.
Experiment shrink(const Experiment& experiment)
{
    std::vector<std::pair<std::string, std::string>> values = {{"train.batch_size", "16"}, {"train.device", "cpu"}, {"record.probe_budget", "0"}};
    if (holdsSignals(experiment)) {
        values.insert(values.end(), {{"backbone.channels", "16"}, {"views.global.size", std::to_string(std::min(experiment.views.global.size, 5120))}});
        return with(experiment, values);
    }
    const bool large = experiment.views.global.size > 64;
    if (large) values.insert(values.end(), {{"views.global.size", "64"}, {"views.local.size", "32"}});
    if (experiment["backbone"].type == "resnet") values.emplace_back("backbone.width", "8");
    else values.insert(values.end(), {{"backbone.dim", "24"}, {"backbone.depth", "2"}, {"backbone.heads", "2"}});
    if (large && experiment["backbone"].type == "vit") values.emplace_back("backbone.image_size", "64");
    if (large && experiment["method"].type == "cpc") values.insert(values.end(), {{"method.patch", "16"}, {"method.stride", "8"}});
    return with(experiment, values);
}

}  // namespace

class TestTraining : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoRunsWithTheSameSeedAreEqualToTheLastBit_data();
    void twoRunsWithTheSameSeedAreEqualToTheLastBit();
    void theNumberOfLoaderThreadsChangesNothing();
    void eachComputeThreadKeepsItsOwnNumberOfThreads();
    void probesChangeNothingInTheTraining();
    void anotherSeedGivesOtherLosses();
    void theLossFalls();
    void everyPresetRunsThreeTinySteps_data();
    void everyPresetRunsThreeTinySteps();
    void pauseHoldsSingleStepAdvancesOneResumeGoesOn();
    void runsInLockStepGoStepByStepAsTheyWouldAlone();
    void aPairPausesTogetherStepsTogetherAndStops();
    void aRunThatFailsEndsItsPair();
    void aLearningRateChangedWhileItRunsIsUsedAndRecorded();
    void stopSavesAndSaysSo();
    void aFinishedRunOpensAgainWithEverythingItSaid();
    void stepsAndSnapshotsOfALiveRunAreFetchedFromItsFolder();
    void aCutTailLosesOneRowAndNothingElse();
    void aDamagedRowIsLeftOutAndSaid();
    void aNewerRunFolderIsRefusedWithASentence();
    void nothingIsEverOverwritten();
    void probesMeasureWithinARun();
    void theEvaluationComparesTrainedUntrainedAndPixels();
    void withoutLabelsThereIsNoKnnAndTheRunGoesOn();
    void cudaOnAMachineWithoutOneIsAPlainSentence();
    void halfPrecisionWithoutAGpuIsAPlainSentence();
    void theLossScaleHalvesAtAnOverflowAndGrowsAgain();
    void memoryThatIsNotThereIsKnownByItsError();
    void theCollapseOfDistributionsIsThatOfTheTeacher();
    void theTeachersEntropyIsAFigureWhileItTrains();
    void theCollapseOfVicregIsThatOfItsOutputsAsTheyAre();
    void labelsThatAreNotThereAreNamed();
    void aLossThatIsNotFiniteStopsBeforeTheWeightsAreTouched();
    void stepsThatAreNotFiniteAreLeftOutTwentyTimes();
    void weightsGoBackToTheLastCheckpoint();
    void aSpikeIsToldLiveAndItsStepIsKept();
    void aStepSeenAgainGivesTheSameNumbers_data();
    void aStepSeenAgainGivesTheSameNumbers();
    void denseKnnComesEverySoManySteps();
    void theOnlineProbeLearnsWhatIsLinear();
    void theOnlineProbeTouchesNothingAndGoesOn();
    void recordingsTrainAndBadOnesAreListed();
    void tooFewViewsAreNamed();
    void aBatchLargerThanTheDataIsNamed();
    void aRunRefusedBeforeItsFirstStepLeavesNothing();
    void missingDataAreNamed();
    void anOutputThatCannotBeWrittenIsNamed();

private:
    QTemporaryDir m_folder;
    fs::path fresh(const char* name) { return fs::path(m_folder.path().toStdString()) / name; }
};

void TestTraining::twoRunsWithTheSameSeedAreEqualToTheLastBit_data()
{
    QTest::addColumn<QString>("precision");
    QTest::newRow("fp32") << "fp32";
    QTest::newRow("bf16") << "bf16";
}

void TestTraining::twoRunsWithTheSameSeedAreEqualToTheLastBit()
{
    QFETCH(QString, precision);
    const Experiment experiment = with(tiny(), {{"train.precision", precision.toStdString()}});
    const Heard first = run(experiment), second = run(experiment);
    QCOMPARE(first.losses().size(), std::size_t(6));
    QCOMPARE(first.losses(), second.losses());
    for (std::size_t i = 0; i < first.steps.size(); ++i) QCOMPARE(first.steps[i].gradientNorms, second.steps[i].gradientNorms);
}

void TestTraining::theNumberOfLoaderThreadsChangesNothing()
{
    const std::vector<float> one = run(with(tiny(), {{"train.loader_threads", "1"}})).losses();
    QCOMPARE(one.size(), std::size_t(6));
    QCOMPARE(run(with(tiny(), {{"train.loader_threads", "2"}})).losses(), one);
    QCOMPARE(run(with(tiny(), {{"train.loader_threads", "4"}})).losses(), one);
}

void TestTraining::eachComputeThreadKeepsItsOwnNumberOfThreads()
{
    // A checkpoint's writer asks for one thread while a trainer that asked for two has not computed yet.
    int training = 0, writing = 0;
    std::thread([&] {
        prepareComputeThread(2, 0);
        std::thread([&] {
            prepareComputeThread(1, 0);
            writing = computeThreads();
        }).join();
        training = computeThreads();
    }).join();
    QCOMPARE(training, 2);
    QCOMPARE(writing, 1);
}

void TestTraining::probesChangeNothingInTheTraining()
{
    const Heard with1 = run(with(tiny(), {{"record.probe_budget", "1"}}));
    QVERIFY(!with1.snapshots.empty());
    QCOMPARE(with1.losses(), run(with(tiny(), {{"record.probe_budget", "0"}})).losses());
}

void TestTraining::anotherSeedGivesOtherLosses()
{
    QVERIFY(run(tiny()).losses() != run(with(tiny(), {{"train.seed", "8"}})).losses());
}

void TestTraining::theLossFalls()
{
    const std::vector<float> losses = run(with(tiny(), {{"train.steps", "60"}, {"train.batch_size", "32"}})).losses();
    QCOMPARE(losses.size(), std::size_t(60));
    float early = 0, late = 0;
    for (int i = 0; i < 10; ++i) {
        early += losses[i];
        late += losses[50 + i];
    }
    QVERIFY2(late < early, qPrintable(QString("first ten %1, last ten %2").arg(early / 10).arg(late / 10)));
}

void TestTraining::everyPresetRunsThreeTinySteps_data()
{
    QTest::addColumn<QString>("file");
    for (const auto& entry : fs::directory_iterator(fs::path(SELFSIGHT_SOURCE) / "presets"))
        if (entry.path().extension() == ".yaml") QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
}

void TestTraining::everyPresetRunsThreeTinySteps()
{
    QFETCH(QString, file);
    LoadedExperiment loaded;
    if (isSweep(file.toStdString())) {
        LoadedSweep sweep = loadSweep(file.toStdString(), catalog());
        loaded.issues = sweep.issues;
        if (!sweep.sweep.points.empty()) loaded.experiment = sweep.sweep.points.back().experiment;
    } else {
        loaded = loadExperiment(file.toStdString(), catalog());
    }
    for (const Issue& issue : loaded.issues) QFAIL(describe(issue).c_str());
    QVERIFY2(!loaded.experiment.purpose.empty(), "a preset's first line is a sentence of purpose");
    const bool signals = holdsSignals(loaded.experiment);
    loaded.experiment.sections["data"] = {signals ? "tones" : "shapes", {{"count", std::int64_t{48}}, {"test_count", std::int64_t{16}}}};
    const Experiment shrunk = shrink(loaded.experiment);
    TrainerOptions options;
    options.steps = 3;
    options.evaluateAtEnd = false;
    const Heard heard = run(shrunk, options);
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QCOMPARE(heard.steps.size(), std::size_t(3));
}

void TestTraining::pauseHoldsSingleStepAdvancesOneResumeGoesOn()
{
    TrainerOptions options;
    options.startPaused = true;
    options.evaluateAtEnd = false;
    Trainer trainer(catalog(), with(tiny(), {{"train.steps", "5"}}), options);
    Heard heard;
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.state.phase == RunPhase::Paused; }));
    QCOMPARE(heard.steps.size(), std::size_t(0));

    trainer.stepOnce();
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.steps.size() == 1 && h.state.phase == RunPhase::Paused; }));
    trainer.stepOnce();
    trainer.stepOnce();
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.steps.size() == 3 && h.state.phase == RunPhase::Paused; }));

    trainer.resume();
    trainer.join();
    heard.hear(*trainer.feed());
    QCOMPARE(heard.steps.size(), std::size_t(5));
    QCOMPARE(heard.state.phase, RunPhase::Finished);
    // Pausing is no part of the mathematics.
    QCOMPARE(heard.losses(), run(with(tiny(), {{"train.steps", "5"}}), {.evaluateAtEnd = false}).losses());
}

void TestTraining::runsInLockStepGoStepByStepAsTheyWouldAlone()
{
    const std::vector<Experiment> experiments = {with(tiny(), {{"record.probe_budget", "1"}}), with(tiny(), {{"method.temperature", "1"}})};
    LockStep pair(catalog(), experiments, 0);
    Heard heard[2];
    while (true) {
        const bool over = pair.isOver();
        // The first is at a step of its own or one ahead, at every moment: the second is asked before and after it.
        heard[1].hear(pair.drain(1));
        const std::size_t before = heard[1].steps.size();
        heard[0].hear(pair.drain(0));
        heard[1].hear(pair.drain(1));
        QVERIFY(heard[0].steps.size() >= before);
        QVERIFY(heard[0].steps.size() <= heard[1].steps.size() + 1);
        QCOMPARE(pair.state().step, static_cast<std::int64_t>(std::min(heard[0].state.step, heard[1].state.step)));
        if (over) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    QCOMPARE(pair.state().phase, RunPhase::Finished);
    for (std::size_t i = 0; i < 2; ++i) QCOMPARE(heard[i].losses(), run(experiments[i]).losses());
    QVERIFY(heard[0].losses() != heard[1].losses());
    QVERIFY(!heard[0].snapshots.empty());
    QVERIFY(heard[0].info->folder.empty());
}

void TestTraining::aPairPausesTogetherStepsTogetherAndStops()
{
    LockStep pair(catalog(), {with(tiny(), {{"train.steps", "100000"}}), with(tiny(), {{"train.steps", "100000"}, {"train.seed", "8"}})}, 0);
    const auto hearUntil = [&pair](Heard (&heard)[2], const auto& reached) {
        for (int i = 0; i < 6000; ++i) {
            for (std::size_t run : {0, 1}) heard[run].hear(pair.drain(run));
            if (reached()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    };
    Heard heard[2];
    QVERIFY(hearUntil(heard, [&] { return heard[1].steps.size() >= 3; }));
    QCOMPARE(pair.state().phase, RunPhase::Running);
    pair.pause();
    QCOMPARE(pair.state().phase, RunPhase::Paused);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    QVERIFY(hearUntil(heard, [&] { return heard[0].steps.size() == heard[1].steps.size(); }));
    const std::size_t atPause = heard[0].steps.size();
    pair.stepOnce();
    pair.stepOnce();
    QVERIFY(hearUntil(heard, [&] { return heard[1].steps.size() == atPause + 2; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    QVERIFY(hearUntil(heard, [] { return true; }));
    QCOMPARE(heard[0].steps.size(), atPause + 2);
    QCOMPARE(heard[1].steps.size(), atPause + 2);
    pair.resume();
    QVERIFY(hearUntil(heard, [&] { return heard[1].steps.size() >= atPause + 4; }));
    pair.stop();
    QVERIFY(hearUntil(heard, [&] { return pair.isOver(); }));
    QVERIFY(hearUntil(heard, [] { return true; }));
    QCOMPARE(pair.state().phase, RunPhase::Stopped);
    QVERIFY(heard[0].steps.size() - heard[1].steps.size() <= 1);
    for (const Heard& each : heard) QCOMPARE(each.steps.back().step, static_cast<std::int64_t>(each.steps.size()));
}

void TestTraining::aRunThatFailsEndsItsPair()
{
    const Experiment good = with(tiny(), {{"train.steps", "100000"}});
    Experiment missing = good;
    missing.name = "missing";
    missing.sections["data"] = {"image_folder", {{"path", std::string("/nowhere/at/all")}}};
    for (const auto& experiments : {std::vector{good, missing}, std::vector{missing, good}}) {
        LockStep pair(catalog(), experiments, 0);
        while (!pair.isOver()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        for (std::size_t run : {0, 1}) pair.drain(run);
        const RunState state = pair.state();
        QCOMPARE(state.phase, RunPhase::Failed);
        QVERIFY2(state.activity.starts_with("missing: ") && state.activity.find("/nowhere/at/all") != std::string::npos, state.activity.c_str());
    }
}

void TestTraining::aLearningRateChangedWhileItRunsIsUsedAndRecorded()
{
    TrainerOptions options{.runFolder = fresh("live"), .evaluateAtEnd = false, .startPaused = true};
    Trainer trainer(catalog(), with(tiny(), {{"optimizer.schedule", "constant"}, {"optimizer.warmup_epochs", "0"}}), options);
    Heard heard;
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.state.phase == RunPhase::Paused; }));
    trainer.stepOnce();
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.steps.size() == 1; }));
    trainer.setOption("optimizer.lr", 0.005);
    trainer.resume();
    trainer.join();
    heard.hear(*trainer.feed());
    QCOMPARE(heard.steps.front().learningRate, 0.05f);
    QCOMPARE(heard.steps.back().learningRate, 0.005f);
    const std::string changes = contents(fresh("live") / "changes.jsonl");
    QVERIFY2(changes.find(R"({"step":1,"key":"optimizer.lr","value":"0.005"})") != std::string::npos, changes.c_str());
}

void TestTraining::stopSavesAndSaysSo()
{
    Trainer trainer(catalog(), with(tiny(), {{"train.steps", "100000"}}), {.runFolder = fresh("stopped")});
    Heard heard;
    QVERIFY(hearUntil(trainer, heard, [](const Heard& h) { return h.steps.size() >= 2; }));
    trainer.stop();
    trainer.join();
    heard.hear(*trainer.feed());
    QCOMPARE(heard.state.phase, RunPhase::Stopped);
    QVERIFY(heard.state.result.has_value());
    QCOMPARE(heard.state.result->steps, heard.steps.back().step);
    std::set<std::string> checkpoints;
    for (const auto& entry : fs::directory_iterator(fresh("stopped") / "checkpoints")) checkpoints.insert(entry.path().filename().string());
    QCOMPARE(checkpoints.size(), std::size_t(4));  // step 0 and the last, tensors and numbers
    QVERIFY(checkpoints.count("step_00000000.safetensors"));
}

void TestTraining::aFinishedRunOpensAgainWithEverythingItSaid()
{
    const Heard live = run(with(tiny(), {{"record.probe_budget", "1"}}), {.runFolder = fresh("finished")});
    QCOMPARE(live.state.phase, RunPhase::Finished);
    Heard stored;
    stored.hear(*openRun(fresh("finished")));
    QCOMPARE(stored.losses(), live.losses());
    QCOMPARE(stored.info->layerNames, live.info->layerNames);
    QCOMPARE(stored.info->termNames, live.info->termNames);
    QCOMPARE(stored.info->references.size(), live.info->references.size());
    QCOMPARE(stored.snapshots.size(), live.snapshots.size());
    QCOMPARE(stored.snapshots.front()->figures.size(), live.snapshots.front()->figures.size());
    QCOMPARE(stored.log.size(), live.log.size());
    QCOMPARE(stored.state.phase, RunPhase::Finished);
    QCOMPARE(stored.state.result->knn->trained, live.state.result->knn->trained);
    QCOMPARE(stored.state.result->knn->further.at(0).untrained, live.state.result->knn->further.at(0).untrained);
    QCOMPARE(stored.state.result->linear->trained, live.state.result->linear->trained);
    QCOMPARE(stored.state.result->linear->pixels, live.state.result->linear->pixels);
    // The experiment of the folder trains the same run again.
    const LoadedExperiment again = loadExperiment(fresh("finished") / "experiment.yaml", catalog());
    for (const Issue& issue : again.issues) QFAIL(describe(issue).c_str());
    QCOMPARE(run(again.experiment).losses(), live.losses());
}

void TestTraining::stepsAndSnapshotsOfALiveRunAreFetchedFromItsFolder()
{
    Trainer trainer(catalog(), with(tiny(), {{"record.probe_budget", "1"}}), {.runFolder = fresh("fetched"), .evaluateAtEnd = false});
    trainer.join();
    const std::shared_ptr<RunSource> feed = trainer.feed();
    Heard heard;
    heard.hear(*feed);
    const StepTable steps = feed->steps({.first = 2, .last = 4});
    QCOMPARE(steps.rows(), std::size_t(3));
    QCOMPARE(steps.columns.at(0).values, (std::vector<float>{heard.steps[1].terms[0], heard.steps[2].terms[0], heard.steps[3].terms[0]}));
    const auto measured = std::ranges::find_if(heard.snapshots, [](const auto& snapshot) { return !snapshot->singularValues.empty(); });
    QVERIFY(measured != heard.snapshots.end());
    QCOMPARE(feed->snapshot((*measured)->step)->singularValues, (*measured)->singularValues);
    QVERIFY(!feed->snapshot(12345));
}

void TestTraining::aCutTailLosesOneRowAndNothingElse()
{
    run(tiny(), {.runFolder = fresh("cut"), .evaluateAtEnd = false});
    const fs::path file = fresh("cut") / "steps.tail";
    fs::resize_file(file, fs::file_size(file) - 5);
    Heard stored;
    stored.hear(*openRun(fresh("cut")));
    QCOMPARE(stored.steps.size(), std::size_t(5));
}

void TestTraining::aDamagedRowIsLeftOutAndSaid()
{
    run(tiny(), {.runFolder = fresh("damaged"), .evaluateAtEnd = false});
    std::fstream stream(fresh("damaged") / "steps.tail", std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(-10, std::ios::end);
    stream.put('\x7f');
    stream.close();
    Heard stored;
    stored.hear(*openRun(fresh("damaged")));
    QCOMPARE(stored.steps.size(), std::size_t(5));
    QVERIFY(std::any_of(stored.log.begin(), stored.log.end(), [](const LogLine& line) { return line.text.find("damaged row") != std::string::npos; }));
}

void TestTraining::aNewerRunFolderIsRefusedWithASentence()
{
    run(tiny(), {.runFolder = fresh("newer"), .steps = 1, .evaluateAtEnd = false});
    std::fstream stream(fresh("newer") / "steps.bin", std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(8);
    stream.put('\x09');
    stream.close();
    try {
        openRun(fresh("newer"));
        QFAIL("a newer format was opened");
    } catch (const Error& error) {
        QVERIFY2(QString(error.what()).contains("newer Selfsight"), error.what());
    }
}

void TestTraining::nothingIsEverOverwritten()
{
    const fs::path folder = fresh("occupied");
    fs::create_directories(folder);
    std::ofstream(folder / "thesis.txt") << "three years of work";
    const Heard heard = run(tiny(), {.runFolder = folder});
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("is not empty"), heard.state.activity.c_str());
    QCOMPARE(contents(folder / "thesis.txt"), std::string("three years of work"));
}

void TestTraining::probesMeasureWithinARun()
{
    const Heard heard = run(with(tiny(), {{"record.probe_budget", "1"}, {"train.steps", "30"}}), {.evaluateAtEnd = false});
    QVERIFY(!heard.snapshots.empty());
    std::set<std::string> names;
    for (const auto& snapshot : heard.snapshots)
        for (const ProbeFigure& figure : snapshot->figures) {
            names.insert(figure.name);
            QVERIFY(std::isfinite(figure.value));
            if (figure.name == "knn.top1") QVERIFY2(figure.note.find("subset") != std::string::npos, figure.note.c_str());
        }
    QCOMPARE(names, (std::set<std::string>{"knn.top1", "knn.color", "alignment", "uniformity", "collapse.std_sqrt_d", "collapse.effective_rank", "linear.online"}));
}

void TestTraining::theEvaluationComparesTrainedUntrainedAndPixels()
{
    const Heard heard = run(tiny());
    QVERIFY(heard.state.result.has_value() && heard.state.result->knn.has_value());
    const RunResult::Knn& knn = *heard.state.result->knn;
    for (double share : {knn.trained, knn.untrained, knn.pixels}) QVERIFY(share >= 0 && share <= 1);
    QCOMPARE(knn.bank, std::int64_t{96});
    QCOMPARE(knn.queries, std::int64_t{32});
    QCOMPARE(knn.neighbours, 20);
    QCOMPARE(knn.further.size(), std::size_t(1));
    QCOMPARE(knn.further[0].name, std::string("color"));
    for (double share : {knn.further[0].trained, knn.further[0].untrained, knn.further[0].pixels}) QVERIFY(share >= 0 && share <= 1);
    const RunResult::Linear& linear = *heard.state.result->linear;
    for (double share : {linear.trained, *linear.untrained, *linear.pixels}) QVERIFY(share >= 0 && share <= 1);
    // The untrained encoder is that of step 0: training for no time at all gives the same figure.
    const Heard still = run(with(tiny(), {{"optimizer.lr", "0"}, {"train.steps", "1"}, {"optimizer.weight_decay", "0"}}));
    QCOMPARE(still.state.result->knn->untrained, knn.untrained);
    QCOMPARE(still.state.result->linear->untrained, linear.untrained);
}

void TestTraining::withoutLabelsThereIsNoKnnAndTheRunGoesOn()
{
    const fs::path folder = fresh("photos");
    fs::create_directories(folder);
    for (int i = 0; i < 16; ++i) {
        std::ofstream picture(folder / (std::to_string(i) + ".ppm"), std::ios::binary);
        picture << "P6\n32 32\n255\n";
        for (int p = 0; p < 32 * 32 * 3; ++p) picture.put(static_cast<char>((p * (i + 3)) % 251));
    }
    Experiment experiment = tiny();
    experiment.sections["data"] = {"image_folder", {{"path", folder.string()}}};
    const Heard heard = run(with(experiment, {{"record.probe_budget", "1"}}));
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QVERIFY(!heard.state.result->knn.has_value());
    QVERIFY(std::any_of(heard.log.begin(), heard.log.end(), [](const LogLine& line) { return line.text.find("no labels") != std::string::npos; }));
}

void TestTraining::cudaOnAMachineWithoutOneIsAPlainSentence()
{
    const Heard heard = run(with(tiny(), {{"train.device", "cuda:7"}}));
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("train.device"), heard.state.activity.c_str());
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("Use cpu"), heard.state.activity.c_str());
}

void TestTraining::halfPrecisionWithoutAGpuIsAPlainSentence()
{
    const Heard heard = run(with(tiny(), {{"train.precision", "fp16"}}));
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("train.precision: fp16 needs a GPU"), heard.state.activity.c_str());
}

void TestTraining::theLossScaleHalvesAtAnOverflowAndGrowsAgain()
{
    LossScale scale;
    const double first = scale.value();
    QVERIFY(!scale.accept(false));
    QCOMPARE(scale.value(), first / 2);
    for (int step = 0; step < 1999; ++step) QVERIFY(scale.accept(true));
    QCOMPARE(scale.value(), first / 2);
    QVERIFY(scale.accept(true));
    QCOMPARE(scale.value(), first);
    for (int step = 0; step < 100; ++step) scale.accept(false);
    QCOMPARE(scale.value(), 1.0);
}

void TestTraining::memoryThatIsNotThereIsKnownByItsError()
{
    try {
        torch::empty({std::int64_t{1} << 46});  // more than addresses exist for
        QFAIL("that much memory was found");
    } catch (const c10::Error& error) {
        QVERIFY2(isOutOfMemory(error), error.what_without_backtrace());
    }
    try {
        torch::ones({2, 3}).mm(torch::ones({2, 3}));
        QFAIL("these do not multiply");
    } catch (const c10::Error& error) {
        QVERIFY2(!isOutOfMemory(error), error.what_without_backtrace());
    }
}

void TestTraining::theCollapseOfDistributionsIsThatOfTheTeacher()
{
    const auto collapseOf = [](const std::vector<std::pair<std::string, std::string>>& settings) {
        const Heard heard = run(with(tiny(), settings), {.evaluateAtEnd = false});
        return heard.state.result && heard.state.result->collapse ? *heard.state.result->collapse : RunResult::Collapse{};
    };
    const RunResult::Collapse simclr = collapseOf({});
    QVERIFY(simclr.stdSqrtD > 0.1 && !simclr.targets && !isCollapsed(simclr));
    // Softer than anything can be sharp: the teacher's answer is even from the first step, and the student's as well.
    const RunResult::Collapse even =
        collapseOf({{"method.type", "dino"}, {"method.outputs", "64"}, {"method.teacher_temperature", "10"},
                    {"method.warmup_teacher_temperature", "10"}, {"method.student_temperature", "10"}});
    QVERIFY(even.targets && even.targets->entropyShare > 0.98 && even.targets->divergence < 0.01);
    QVERIFY(isCollapsed(even));
}

void TestTraining::theTeachersEntropyIsAFigureWhileItTrains()
{
    const Heard heard = run(with(tiny(), {{"method.type", "dino"}, {"method.outputs", "64"}, {"record.probe_budget", "1"}, {"train.steps", "30"}}),
                            {.evaluateAtEnd = false});
    const auto& terms = heard.info->termNames;
    const auto entropy = static_cast<std::size_t>(std::ranges::find(terms, "teacher_entropy") - terms.begin());
    int told = 0;
    for (const auto& snapshot : heard.snapshots)
        for (const ProbeFigure& figure : snapshot->figures)
            if (figure.name == "collapse.teacher_entropy") {
                ++told;
                double sum = 0;  // over the last twenty steps
                const std::int64_t first = std::max<std::int64_t>(0, snapshot->step - 20);
                for (std::int64_t step = first; step < snapshot->step; ++step) sum += heard.steps[static_cast<std::size_t>(step)].terms[entropy];
                QCOMPARE(figure.value, sum / static_cast<double>(snapshot->step - first) / std::log(64.0));
            }
    QVERIFY(told > 0);
}

void TestTraining::theCollapseOfVicregIsThatOfItsOutputsAsTheyAre()
{
    const Heard heard = run(with(tiny(), {{"method.type", "vicreg"}, {"optimizer.lr", "0.0001"}}), {.evaluateAtEnd = false});
    QVERIFY(heard.state.result && heard.state.result->collapse);
    const auto& terms = heard.info->termNames;
    const auto hinge = static_cast<std::size_t>(std::ranges::find(terms, "variance_hinge") - terms.begin());
    QVERIFY(hinge < terms.size());
    // The hinge is what the deviations of the channels lack to 1, here of each of the two views.
    const double lacking = heard.steps.back().terms[hinge];
    QVERIFY(lacking > 0.1 && lacking < 1);
    QVERIFY2(std::abs(heard.state.result->collapse->stdSqrtD - (1 - lacking)) < 0.05, std::to_string(heard.state.result->collapse->stdSqrtD + lacking).c_str());
}

void TestTraining::labelsThatAreNotThereAreNamed()
{
    const fs::path folder = fresh("nameless");
    fs::create_directories(folder);
    for (int i = 0; i < 16; ++i) {
        std::ofstream picture(folder / (std::to_string(i) + ".ppm"), std::ios::binary);
        picture << "P6\n32 32\n255\n" << std::string(32 * 32 * 3, static_cast<char>(i));
    }
    Experiment experiment = with(tiny(), {{"method.type", "supcon"}});
    experiment.sections["data"] = {"image_folder", {{"path", folder.string()}}};
    const Heard heard = run(experiment);
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("learns from labels, and this data has none"), heard.state.activity.c_str());
}

void TestTraining::aLossThatIsNotFiniteStopsBeforeTheWeightsAreTouched()
{
    // A rate that throws the weights out of the range of floats within a few steps.
    const Heard heard = run(with(tiny(), {{"optimizer.lr", "1000"}, {"optimizer.schedule", "constant"}, {"optimizer.warmup_epochs", "0"},
                                          {"optimizer.weight_decay", "1"}, {"train.steps", "400"}}),
                            {.runFolder = fresh("exploded"), .evaluateAtEnd = false});
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("is not finite"), heard.state.activity.c_str());
    Heard stored;
    stored.hear(*openRun(fresh("exploded")));
    QCOMPARE(stored.steps.size(), heard.steps.size());  // the batch that broke it is on record
    QCOMPARE(stored.state.phase, RunPhase::Failed);
}

namespace {

/// Its weights leave the range of floats within a few steps.
Experiment exploding(const char* policy)
{
    return with(tiny(), {{"optimizer.lr", "1000"}, {"optimizer.schedule", "constant"}, {"optimizer.warmup_epochs", "0"}, {"optimizer.weight_decay", "1"},
                         {"train.not_finite", policy}, {"train.steps", "400"}, {"train.checkpoint_every_steps", "5"}, {"record.probe_budget", "0"}});
}

int countLines(const Heard& heard, const char* words)
{
    return static_cast<int>(std::ranges::count_if(heard.log, [words](const LogLine& line) { return line.text.find(words) != std::string::npos; }));
}

}  // namespace

void TestTraining::stepsThatAreNotFiniteAreLeftOutTwentyTimes()
{
    const Heard heard = run(exploding("skip_step"), {.runFolder = fresh("skipping"), .evaluateAtEnd = false});
    QCOMPARE(heard.state.phase, RunPhase::Failed);  // weights that have gone far come not back by waiting
    QVERIFY(countLines(heard, "is skipped") >= 20);
    std::size_t bad = 0;
    for (auto step = heard.steps.rbegin(); step != heard.steps.rend() && !std::isfinite(step->terms[0]); ++step) ++bad;
    QVERIFY2(bad >= 21, qPrintable(QString::number(bad)));
    // Running statistics are as they were before the first bad batch.
    const fs::path checkpoints = fresh("skipping") / "checkpoints";
    std::vector<std::string> warnings;
    for (const Checkpoint& checkpoint : checkpointsIn(checkpoints, warnings)) {
        const SafetensorsFile file = SafetensorsFile::open(checkpoint.file);
        for (const TensorInfo& tensor : file.tensors())
            if (tensor.name.find("running_") != std::string::npos)
                for (const float value : file.values<float>(tensor.name)) QVERIFY2(!std::isnan(value), tensor.name.c_str());
    }
    const std::vector<std::int64_t> kept = evidenceSteps(fresh("skipping"));
    QVERIFY(!kept.empty());
    const auto evidence = readEvidence(fresh("skipping"), kept.front());
    QVERIFY(evidence && evidence->clippedNorms.empty());
    QVERIFY2(evidence->reason.find("is not finite") != std::string::npos, evidence->reason.c_str());
}

void TestTraining::weightsGoBackToTheLastCheckpoint()
{
    const Heard heard = run(with(exploding("roll_back"), {{"train.steps", "60"}}), {.runFolder = fresh("rolling"), .evaluateAtEnd = false});
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QVERIFY(countLines(heard, "the weights go back") > 0);
    QCOMPARE(countLines(heard, "the weights go back"), countLines(heard, "again"));
    QCOMPARE(heard.steps.size(), std::size_t(60));
    // Where one checkpoint does not help, the one before does.
    int inARow = 0, longest = 0;
    for (const StepRecord& step : heard.steps) longest = std::max(longest, inARow = std::isfinite(step.terms[0]) ? 0 : inARow + 1);
    QVERIFY2(longest >= 1 && longest <= 4, qPrintable(QString::number(longest)));  // the last three and the first are kept
}

void TestTraining::aSpikeIsToldLiveAndItsStepIsKept()
{
    const fs::path folder = fresh("spiking");
    Trainer trainer(catalog(), with(tiny(), {{"train.steps", "100000"}, {"method.temperature", "1"}, {"optimizer.lr", "0.001"}, {"record.probe_budget", "0"}}),
                    {.runFolder = folder, .evaluateAtEnd = false});
    Heard heard;
    QVERIFY(hearUntil(trainer, heard, [](const Heard& all) { return all.steps.size() > 130; }));
    trainer.setOption("method.temperature", Value(0.01));  // gradients grow with 1/T
    QVERIFY(hearUntil(trainer, heard, [](const Heard& all) { return !all.events.empty(); }));
    QVERIFY(heard.events[0].open);
    trainer.stop();
    trainer.join();
    heard.hear(*trainer.feed());
    QCOMPARE(heard.events.size(), std::size_t(1));
    const SpikeEvent& event = heard.events[0];
    QVERIFY(!event.open);
    QVERIFY(event.layers.size() > 5);

    Heard stored;
    stored.hear(*openRun(folder));
    QVERIFY(stored.events == heard.events);
    SpikeDetector detector(stored.info->layerNames.size());  // what `spikes` does
    for (const StepRecord& step : stored.steps) detector.observe(step.step, step.gradientNorms);
    detector.finish();
    QVERIFY(detector.takeEnded() == heard.events);

    const auto evidence = readEvidence(folder, event.first);
    QVERIFY(evidence.has_value());
    QCOMPARE(evidence->weightsStep, event.first - 1);
    QCOMPARE(evidence->images, imagesOfStep(folder, event.first, catalog()));
    QCOMPARE(evidence->losses.size(), std::size_t(8));
    QCOMPARE(evidence->side, std::int64_t(8));
    QCOMPARE(evidence->clippedNorms.size(), evidence->gradientNorms.size());
    QCOMPARE(evidenceSteps(folder).size(), std::size_t(1));
}

void TestTraining::aStepSeenAgainGivesTheSameNumbers_data()
{
    QTest::addColumn<QString>("method");
    for (const char* method : {"simclr", "moco_v2", "byol", "inst_disc", "moco_v3"}) QTest::newRow(method) << method;
}

void TestTraining::aStepSeenAgainGivesTheSameNumbers()
{
    QFETCH(QString, method);
    const fs::path folder = fresh(qPrintable("again_" + method));
    Experiment experiment = with(tiny(), {{"train.checkpoint_every_steps", "1"}, {"train.keep_last_checkpoints", "0"}});
    if (method != "simclr") {
        experiment.sections["method"] = OptionSet{method.toStdString(), {}};
        if (method == "moco_v2") experiment = with(experiment, {{"method.queue_length", "32"}, {"method.batch_norm_groups", "2"}});
    }
    const Heard heard = run(experiment, {.runFolder = folder, .evaluateAtEnd = false});
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    const StepEvidence again = evidenceOfStep(folder, 4, catalog(), 1);
    QCOMPARE(again.weightsStep, std::int64_t(3));
    QVERIFY(!again.isRecomputed());
    QCOMPARE(again.gradientNorms, heard.steps[3].gradientNorms);  // to the last bit
    const std::vector<ReplayedImage> images = replayViews(folder, 4, {2, 0}, catalog(), [] { return false; });
    QCOMPARE(images.size(), std::size_t(2));
    QCOMPARE(images[0].image, again.images[2]);
    QCOMPARE(images[0].views.size(), std::size_t(2));
    QVERIFY(!(images[0].views[0] == images[0].views[1]));
    QVERIFY_EXCEPTION_THROWN(evidenceOfStep(folder, 7, catalog(), 1), Error);
}

void TestTraining::denseKnnComesEverySoManySteps()
{
    const Heard heard = run(with(tiny(), {{"data.count", "640"}, {"train.steps", "90"}, {"record.dense_knn_every_steps", "10"}, {"record.probe_budget", "0"}}), {.evaluateAtEnd = false});
    std::vector<std::int64_t> steps;
    for (const auto& snapshot : heard.snapshots)
        for (const ProbeFigure& figure : snapshot->figures)
            if (figure.name == "knn.dense") {
                steps.push_back(snapshot->step);
                QVERIFY(figure.value >= 0 && figure.value <= 1);
            }
    // The bank shall be half full: 256 views of 8 a step.
    QCOMPARE(steps, (std::vector<std::int64_t>{40, 50, 60, 70, 80, 90}));
}

void TestTraining::theOnlineProbeLearnsWhatIsLinear()
{
    const DataSplits data = dataSets().at("shapes").open({.type = "shapes", .values = {{"count", std::int64_t{400}}}}, {});
    const std::vector<std::int32_t>& labels = data.train->labelTables().front().labels;
    RecordOptions options;
    options.denseKnnEverySteps = 10;
    const auto lastAccuracy = [&](double distance) {
        torch::manual_seed(3);
        OnlineProbe probe(*data.train, options, torch::kCPU);
        const torch::Tensor means = torch::randn({8, 16}) * distance;
        std::optional<ProbeFigure> last;
        for (std::int64_t step = 1; step <= 100; ++step) {
            std::vector<std::int64_t> images;
            std::vector<std::int64_t> classes;
            for (std::int64_t i = 0; i < 32; ++i) {
                images.push_back((step * 32 + i) % 400);
                classes.push_back(labels[static_cast<std::size_t>(images.back())]);
            }
            const torch::Tensor rows = 50 + 100 * (means.index_select(0, torch::tensor(classes)) + torch::randn({32, 16}));  // any scale and place
            if (auto figure = probe.take(step, rows, images)) last = figure;
        }
        return last->value;
    };
    const double apart = lastAccuracy(3), mixed = lastAccuracy(0);
    QVERIFY2(apart > 0.95, qPrintable(QString::number(apart)));
    QVERIFY2(mixed < 0.3, qPrintable(QString::number(mixed)));
}

void TestTraining::theOnlineProbeTouchesNothingAndGoesOn()
{
    const Experiment experiment = with(tiny(), {{"train.steps", "40"}, {"optimizer.schedule", "constant"}, {"optimizer.warmup_epochs", "0"}, {"record.dense_knn_every_steps", "5"}, {"record.probe_budget", "0"}});
    const auto accuracies = [](const Heard& heard) {
        std::map<std::int64_t, double> found;
        for (const auto& snapshot : heard.snapshots)
            for (const ProbeFigure& figure : snapshot->figures)
                if (figure.name == "linear.online") found[snapshot->step] = figure.value;
        return found;
    };
    const Heard whole = run(experiment, {.runFolder = fresh("online_whole"), .evaluateAtEnd = false});
    const auto accuracy = accuracies(whole);
    QCOMPARE(accuracy.size(), std::size_t(8));
    QCOMPARE(run(with(experiment, {{"record.online_probe", "false"}}), {.evaluateAtEnd = false}).losses(), whole.losses());

    const fs::path cut = fresh("online_cut");
    run(experiment, {.runFolder = cut, .steps = 13, .evaluateAtEnd = false});
    Trainer further(catalog(), ResumeOptions{.runFolder = cut, .furtherSteps = 27, .evaluateAtEnd = false});
    further.join();
    Heard rest;
    rest.hear(*further.feed());
    QCOMPARE(rest.state.phase, RunPhase::Finished);
    const auto again = accuracies(rest);
    QCOMPARE(again.size(), std::size_t(6));
    for (const auto& [step, value] : again) QCOMPARE(value, accuracy.at(step));
}

void TestTraining::recordingsTrainAndBadOnesAreListed()
{
    for (int i = 0; i < 60; ++i) write(fresh("sounds") / (i % 2 ? "anna" : "ben") / (std::to_string(i) + ".wav"), wavNoise(i == 1 ? 100 : 900, i + 1));
    write(fresh("sounds") / "ben" / "bad.wav", "no sound");
    const std::string yaml = "data: {type: wav_folder, test_share: 0.2, path: " + fresh("sounds").string() + R"(}
backbone:  {type: conv1d, layers: 3, channels: 8}
method:    {type: cpc_sequence, context_size: 8, horizon: 3}
views:     {global: {count: 1, size: 800}}
optimizer: {type: adam, lr: 0.01}
train:     {steps: 4, batch_size: 8, device: cpu, threads: 1}
record:    {probe_budget: 1}
)";
    const LoadedExperiment loaded = parseExperiment(yaml, "sounds", catalog());
    for (const Issue& issue : loaded.issues) QFAIL(describe(issue).c_str());
    for (const char* precision : {"fp32", "bf16"}) {
        const Heard heard = run(with(loaded.experiment, {{"train.precision", precision}}));
        QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
        QCOMPARE(heard.losses(), run(with(loaded.experiment, {{"train.precision", precision}, {"train.loader_threads", "3"}})).losses());
        QVERIFY(heard.state.result->knn.has_value());
        QCOMPARE(heard.state.result->knn->queries, std::int64_t{12});
        const auto says = [&heard](const char* words) {
            return std::ranges::any_of(heard.log, [words](const LogLine& line) { return line.text.find(words) != std::string::npos; });
        };
        QVERIFY(says("48 signals to train on, 12 to test on"));
        QVERIFY(says("bad.wav: is too short for a WAV file"));
    }
}

void TestTraining::tooFewViewsAreNamed()
{
    const Heard heard = run(with(tiny(), {{"views.global.count", "1"}}));
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("views.global.count"), heard.state.activity.c_str());
}

void TestTraining::aBatchLargerThanTheDataIsNamed()
{
    const Heard heard = run(with(tiny(), {{"train.batch_size", "512"}}));
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("96"), heard.state.activity.c_str());
}

void TestTraining::aRunRefusedBeforeItsFirstStepLeavesNothing()
{
    const Experiment refused = with(tiny(), {{"train.batch_size", "512"}});
    const fs::path base = fresh("refused");

    // Not even the folders above it that were made for it.
    QCOMPARE(run(refused, {.runFolder = base / "deep" / "run/"}).state.phase, RunPhase::Failed);
    QVERIFY(!fs::exists(base));

    // What was there stays, and the folder can be used.
    fs::create_directories(base / "empty");
    std::ofstream(base / "notes.txt") << "mine";
    QCOMPARE(run(refused, {.runFolder = base / "empty"}).state.phase, RunPhase::Failed);
    QVERIFY(fs::is_empty(base / "empty"));
    QCOMPARE(contents(base / "notes.txt"), std::string("mine"));

    // The checkpoint of step 0 is on its way when the first batch cannot be made.
    Experiment unreadable = tiny();
    unreadable.sections["data"] = {"image_folder", {{"path", (base / "images").string()}}};
    fs::create_directories(base / "images");
    for (int i = 0; i < 16; ++i) std::ofstream(base / "images" / (std::to_string(i) + ".png")) << "no picture";
    const Heard late = run(unreadable, {.runFolder = base / "empty"});
    QCOMPARE(late.state.phase, RunPhase::Failed);
    QVERIFY2(fs::is_empty(base / "empty"), late.state.activity.c_str());

    QCOMPARE(run(tiny(), {.runFolder = base / "empty", .steps = 1, .evaluateAtEnd = false}).state.phase, RunPhase::Finished);

    // A run with steps stays, also when it is refused to go on.
    QCOMPARE(run(tiny(), {.runFolder = base / "empty"}).state.phase, RunPhase::Failed);
    QVERIFY(fs::exists(base / "empty" / "steps.bin"));
}

void TestTraining::missingDataAreNamed()
{
    Experiment experiment = tiny();
    experiment.sections["data"] = {"image_folder", {{"path", std::string("no/such/folder")}}};
    const Heard heard = run(experiment);
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("no/such/folder"), heard.state.activity.c_str());
}

void TestTraining::anOutputThatCannotBeWrittenIsNamed()
{
    const fs::path file = fresh("a_file");
    std::ofstream(file) << "x";
    const Heard heard = run(tiny(), {.runFolder = file / "run"});
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("a_file"), heard.state.activity.c_str());
}

QTEST_GUILESS_MAIN(TestTraining)
#include "tst_training.moc"
