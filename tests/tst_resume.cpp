// A run that is interrupted goes on as if nothing had happened: every method, whatever was damaged, full or gone meanwhile.
#include <QtTest>

#include <QTemporaryDir>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/io/sha256.h"
#include "core/methods/method.h"
#include "core/runs/run_end.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_writer.h"
#include "core/train/checkpoint.h"
#include "core/train/checkpoint_files.h"
#include "core/train/training.h"
#include "tests/made_files.h"
#include "tests/tiny_run.h"
#include "tests/tiny_training.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kBefore = 5, kAfter = 5;  // steps; an epoch has three, so that the fifth is in the middle of one

/// What keeps a method small, where it has such an option; queues are full and banks in use within five steps.
const std::vector<std::pair<std::string, std::string>> kSmall = {
    {"hidden", "32"}, {"output", "16"}, {"outputs", "32"}, {"bottleneck", "16"}, {"predictor_hidden", "16"}, {"prototypes", "24"},
    {"negatives", "16"}, {"queue_length", "32"}, {"queue_start_epoch", "0"}, {"memory_length", "32"}, {"decoder_dim", "24"}, {"decoder_heads", "2"}, {"batch_norm_groups", "2"}, {"context_size", "16"}};

Experiment experimentOf(const MethodInfo& info)
{
    Experiment experiment = tiny();
    const bool signals = info.samples == SampleKind::Signal;
    experiment.sections["data"] = {signals ? "tones" : "shapes", {{"count", std::int64_t{24}}, {"test_count", std::int64_t{8}}}};
    if (!signals) experiment.sections["data"].values["image_size"] = std::int64_t{32};
    experiment.sections["method"] = {info.key, {}};
    experiment.sections["backbone"] = tinyBackbone(info, tinySetup(info));
    if (experiment["backbone"].type == "vit") experiment = with(experiment, {{"backbone.drop_path", "0.2"}, {"backbone.image_size", "32"}});
    experiment.views.global.count = info.globalViews;
    if (signals) {
        experiment.views.global.chain.clear();
        experiment.views.global.size = 1600;
        if (info.schema->find("horizon")) experiment = with(experiment, {{"method.horizon", "3"}});
    }
    if (info.localViews) experiment = with(experiment, {{"views.local.count", "1"}, {"views.local.size", "16"}});
    for (const auto& [key, value] : kSmall)
        if (info.schema->find(key)) setValue(experiment, "method." + key, value, catalog());  // where a word means something else it stays
    return experiment;
}

/// Every option that may change while it runs, a little larger, as changes.jsonl would hold it.
std::vector<std::pair<std::string, std::string>> liveChanges(const MethodInfo& info, const Experiment& experiment, double factor)
{
    std::vector<std::pair<std::string, std::string>> changes = {{"optimizer.lr", toText(Value(0.05 / 3 * factor))}};
    for (const Option& option : info.schema->options()) {
        if (!option.live) continue;
        const double now = std::get<double>(info.schema->value(experiment["method"], option.key));
        changes.emplace_back("method." + option.key, toText(Value(std::min(option.maximum, now * factor))));
    }
    return changes;
}

void change(Training& training, const std::vector<std::pair<std::string, std::string>>& changes)
{
    const Experiment changed = with(training.experiment(), changes);
    for (const auto& [keyPath, text] : changes) {
        const auto dot = keyPath.find('.');
        const OptionSet& set = changed[keyPath.substr(0, dot)];
        training.setOption(keyPath, catalog().section(keyPath.substr(0, dot))->schemaOf(set)->value(set, keyPath.substr(dot + 1)));
    }
}

std::vector<StepRecord> take(Training& training, std::int64_t steps)
{
    std::vector<StepRecord> records(static_cast<std::size_t>(steps));
    for (StepRecord& record : records) training.step(record);
    return records;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), 4 * a.size()) == 0;
}

/// Empty: every tensor of both is the same, bit for bit.
std::string difference(const NamedTensors& a, const NamedTensors& b)
{
    if (a.size() != b.size()) return "another number of tensors";
    for (std::size_t i = 0; i < a.size(); ++i) {
        const torch::Tensor x = a[i].second.detach().contiguous(), y = b[i].second.detach().contiguous();
        if (a[i].first != b[i].first || x.sizes() != y.sizes() || x.scalar_type() != y.scalar_type() || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) != 0)
            return a[i].first;
    }
    return {};
}

NamedTensors copied(const NamedTensors& tensors)
{
    NamedTensors copies;
    for (const auto& [name, tensor] : tensors) copies.emplace_back(name, tensor.detach().clone());
    return copies;
}

std::string text(const fs::path& file)
{
    return readFile(file, 1 << 28);
}

bool says(const std::vector<LogLine>& log, const std::string& words)
{
    return std::ranges::any_of(log, [&](const LogLine& line) { return line.text.find(words) != std::string::npos; });
}

Heard resumed(const fs::path& folder, std::optional<std::int64_t> furtherSteps = {}, bool tellPast = false)
{
    Trainer trainer(catalog(), ResumeOptions{.runFolder = folder, .furtherSteps = furtherSteps, .evaluateAtEnd = false, .niceness = 0, .tellPast = tellPast});
    trainer.join();
    Heard heard;
    heard.hear(*trainer.feed());
    return heard;
}

/// What the folder holds now.
Heard stored(const fs::path& folder)
{
    Heard heard;
    const QString problem = errorOf([&] { heard.hear(*openRun(folder)); });
    if (!problem.isEmpty()) QTest::qFail(qPrintable(problem), __FILE__, __LINE__);
    return heard;
}

/// As a training leaves its folder when it is killed: it does not know of the end, and of no checkpoint behind `step`.
void cutOff(const fs::path& folder, std::int64_t step)
{
    fs::remove(folder / "result.json");
    std::vector<std::string> ignored;
    for (const Checkpoint& checkpoint : checkpointsIn(folder / "checkpoints", ignored))
        if (checkpoint.facts.step > step) {
            forget(checkpoint.file);
            fs::remove(checkpoint.file);
        }
}

/// The file that most of a short run's steps are in.
fs::path rows(const fs::path& folder)
{
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().stem() == "steps" && (largest.empty() || entry.file_size() > fs::file_size(largest))) largest = entry.path();
    return largest;
}

std::set<std::int64_t> checkpointSteps(const fs::path& folder)
{
    std::set<std::int64_t> steps;
    std::vector<std::string> warnings;
    for (const Checkpoint& checkpoint : checkpointsIn(folder / "checkpoints", warnings)) steps.insert(checkpoint.facts.step);
    return steps;
}

void flipByte(const fs::path& file, std::uint64_t position)
{
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(static_cast<std::streamoff>(position));
    const char byte = static_cast<char>(stream.get() ^ 0x10);
    stream.seekp(static_cast<std::streamoff>(position));
    stream.put(byte);
}

/// A training that takes single steps, until something is done with it.
struct Stepped {
    Stepped(const Experiment& experiment, const fs::path& folder)
        : trainer(catalog(), experiment, {.runFolder = folder, .evaluateAtEnd = false, .startPaused = true})
    {
    }
    bool steps(int count)
    {
        for (int i = 0; i < count; ++i) trainer.stepOnce();
        const bool there = trainer.waitUntilAtRest();
        heard.hear(*trainer.feed());
        return there;
    }
    void end()
    {
        trainer.join();
        heard.hear(*trainer.feed());
    }

    Trainer trainer;
    Heard heard;
};

}  // namespace

class TestResume : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMethodGoesOnBitForBit_data();
    void everyMethodGoesOnBitForBit();
    void stateThatIsNotRegisteredWouldBeFound();
    void aStoppedRunGoesOnInItsFolder();
    void aRunGoesOnTwiceAsIfItHadNeverStopped();
    void changesAreMadeAgainWhenTheirStepComes();
    void recordsBehindTheCheckpointAreCut();
    void theWindowHearsThePast();
    void aRunGoesFurtherThanItWasMeantTo();
    void aRunCutOffBeforeItsFirstStepBeginsAgain();
    void aFlippedByteIsSaidAndTheOlderCheckpointUsed();
    void damagedNumbersAreSaidAndTheOlderCheckpointUsed();
    void withoutAnyGoodCheckpointNothingIsTouched();
    void aNewerCheckpointIsRefused();
    void anotherExperimentsCheckpointIsRefused();
    void whatIsDifferentIsSaid();
    void oneProgramWritesARun();
    void checkpointsThatNobodyNeedsGo();
    void theBestCheckpointStays();
    void whatInterruptedWritersLeftGoes();
    void discardingKeepsTheLastCheckpoint();
    void aCutOffRunIsFound();
    void aFullDiskIsSaidAndTrainingGoesOn();
    void aDiskTooFullForRecordsEndsTheRunAndNothingElse();
    void aFolderThatMayNotBeWrittenIsSaid();
    void aFolderDeletedWhileItTrainsIsSaidAndTheWeightsAreKept();
    void theHashIsThatOfSha256sum();

private:
    void goesOnBitForBit();

    QTemporaryDir m_folder;
    fs::path fresh(const char* name) { return fs::path(m_folder.path().toStdString()) / name; }
};

void TestResume::everyMethodGoesOnBitForBit_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("precision");
    QTest::addColumn<QString>("setting");
    for (const char* precision : {"fp32", "bf16"})
        for (const MethodInfo& info : methods()) QTest::addRow("%s %s", info.key.c_str(), precision) << QString::fromStdString(info.key) << precision << QString();
    // State that the defaults do not use.
    for (const char* variant : {"moco_v2 two_queues=true,symmetric=true", "moco_v2 symmetric=true", "inst_disc negatives=0", "inst_disc proximal_weight=1", "cmc softmax=true",
                                "simclr_v2 memory_length=32", "swav queue_length=0", "barlow_twins hidden=16"}) {
        const QStringList words = QString(variant).split(' ');
        QTest::newRow(variant) << words[0] << "fp32" << words[1];
    }
    for (const char* optimizer : {"adam", "adamw", "lars"}) QTest::newRow(optimizer) << "byol" << "fp32" << QString("optimizer.type=%1").arg(optimizer);
}

void TestResume::everyMethodGoesOnBitForBit()
{
    const QString problem = errorOf([this] { goesOnBitForBit(); });
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
}

void TestResume::goesOnBitForBit()
{
    QFETCH(QString, method);
    QFETCH(QString, precision);
    QFETCH(QString, setting);
    const MethodInfo& info = methods().at(method.toStdString());
    Experiment experiment = with(experimentOf(info), {{"train.precision", precision.toStdString()}, {"train.steps", std::to_string(kBefore + kAfter)}});
    for (const QString& one : setting.split(',', Qt::SkipEmptyParts)) {
        const std::string key = one.section('=', 0, 0).toStdString(), value = one.section('=', 1).toStdString();
        if (key.find('.') == std::string::npos && !info.schema->find(key)) QSKIP("the method has no such option");
        experiment = with(experiment, {{key.find('.') == std::string::npos ? "method." + key : key, value}});
    }
    const auto early = liveChanges(info, experiment, 1.1), late = liveChanges(info, experiment, 1.2);

    std::vector<StepRecord> whole;
    NamedTensors saved, last;
    CheckpointFacts facts;
    const fs::path file = fresh("state.safetensors");
    {
        Training training(experiment, kBefore + kAfter, 1, 0);
        training.prepare();
        take(training, 2);
        change(training, early);
        take(training, kBefore - 2);
        TensorCopies copies;
        copies.take(training.state());
        copies.write(file);
        facts = training.facts();
        saved = copied(training.state());
        whole = take(training, 2);
        change(training, late);
        const auto rest = take(training, kAfter - 2);
        whole.insert(whole.end(), rest.begin(), rest.end());
        last = copied(training.state());
    }
    QCOMPARE(facts.step, kBefore);
    QCOMPARE(facts.epoch, std::int64_t{1});
    QCOMPARE(facts.batch, std::int64_t{2});

    torch::manual_seed(12345);  // whatever else has drawn meanwhile
    Training again(with(experiment, early), kBefore + kAfter, 1, 0, &facts);
    again.prepare();
    again.restore(loadTensors(file), facts);
    QCOMPARE(difference(again.state(), saved), std::string());
    std::vector<StepRecord> continued = take(again, 2);
    change(again, late);
    const auto rest = take(again, kAfter - 2);
    continued.insert(continued.end(), rest.begin(), rest.end());

    for (std::size_t i = 0; i < whole.size(); ++i) {
        QCOMPARE(continued[i].step, whole[i].step);
        QCOMPARE(continued[i].epoch, whole[i].epoch);
        QCOMPARE(continued[i].batch, whole[i].batch);
        QCOMPARE(continued[i].learningRate, whole[i].learningRate);
        QVERIFY2(sameBits(continued[i].terms, whole[i].terms), qPrintable(QString("terms of step %1").arg(whole[i].step)));
        QVERIFY2(sameBits(continued[i].gradientNorms, whole[i].gradientNorms), qPrintable(QString("gradients of step %1").arg(whole[i].step)));
    }
    QCOMPARE(difference(again.state(), last), std::string());
}

/// The comparison above sees a single bit of a single tensor.
void TestResume::stateThatIsNotRegisteredWouldBeFound()
{
    Training training(tiny(), 6, 1, 0);
    training.prepare();
    take(training, 2);
    const NamedTensors before = copied(training.state());
    std::set<std::string> parts;
    for (const auto& entry : before) parts.insert(entry.first.substr(0, entry.first.find('.')));
    QCOMPARE(parts, (std::set<std::string>{"generator", "method", "optimizer", "recent"}));
    torch::rand({1});
    QCOMPARE(difference(training.state(), before), std::string("generator.cpu"));
    // A tensor that is not among them is refused on the way back, and so is one that is missing.
    NamedTensors more = before, fewer = before;
    more.emplace_back("method.forgotten", torch::zeros({1}));
    QVERIFY(errorOf([&] { training.restore(more, training.facts()); }).contains("'forgotten' belongs to nothing here"));
    std::erase_if(fewer, [](const auto& entry) { return entry.first == "method.backbone.bn1.running_var"; });
    QVERIFY(errorOf([&] { training.restore(fewer, training.facts()); }).contains("there is no 'backbone.bn1.running_var'"));
}

void TestResume::aStoppedRunGoesOnInItsFolder()
{
    const Heard whole = run(tiny());
    const fs::path folder = fresh("stopped");
    {
        Stepped run(tiny(), folder);
        QVERIFY(run.steps(4));
        run.trainer.stop();
        run.end();
        QCOMPARE(run.heard.state.phase, RunPhase::Stopped);
    }
    Trainer trainer(catalog(), ResumeOptions{.runFolder = folder});
    trainer.join();
    Heard heard;
    heard.hear(*trainer.feed());
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QCOMPARE(heard.steps.size(), std::size_t(2));
    QVERIFY(says(heard.log, "goes on after step 4"));
    QVERIFY(!says(heard.log, "not bit-exact"));
    const Heard both = stored(folder);
    QCOMPARE(both.losses(), whole.losses());
    QCOMPARE(both.state.phase, RunPhase::Finished);
    QCOMPARE(both.state.result->loss, whole.state.result->loss);
    QCOMPARE(both.state.result->knn->trained, whole.state.result->knn->trained);
    QCOMPARE(both.state.result->collapse->effectiveRank, whole.state.result->collapse->effectiveRank);
    for (std::size_t i = 1; i < both.steps.size(); ++i) QVERIFY(both.steps[i].wallSeconds >= both.steps[i - 1].wallSeconds);
}

void TestResume::aRunGoesOnTwiceAsIfItHadNeverStopped()
{
    const Experiment experiment = with(tiny(), {{"train.steps", "9"}, {"record.probe_budget", "1"}});
    const std::vector<float> losses = run(experiment, {.evaluateAtEnd = false}).losses();
    const fs::path folder = fresh("twice");
    {
        Stepped run(experiment, folder);
        QVERIFY(run.steps(2));
        run.trainer.stop();
        run.end();
    }
    const Heard some = resumed(folder, 3);
    QCOMPARE(some.state.phase, RunPhase::Finished);
    QCOMPARE(some.state.step, std::int64_t{5});
    QCOMPARE(some.info->totalSteps, std::int64_t{9});
    QCOMPARE(resumed(folder).state.step, std::int64_t{9});
    QCOMPARE(stored(folder).losses(), losses);
}

void TestResume::changesAreMadeAgainWhenTheirStepComes()
{
    const Experiment experiment = with(tiny(), {{"train.steps", "8"}, {"train.checkpoint_every_steps", "3"}, {"train.checkpoint_every_seconds", "0"}});
    const auto changed = [](Stepped& run) {
        QVERIFY(run.steps(2));
        run.trainer.setOption("method.temperature", 0.1 / 3);
        QVERIFY(run.steps(2));
        run.trainer.setOption("optimizer.lr", 0.01 / 3);
    };
    Stepped whole(experiment, {});
    changed(whole);
    QVERIFY(whole.steps(2));
    whole.trainer.resume();
    whole.end();
    const fs::path folder = fresh("changed");
    {
        Stepped run(experiment, folder);
        changed(run);
        QVERIFY(run.steps(1));
        run.trainer.discard();
        run.end();
    }
    QCOMPARE(stored(folder).steps.size(), std::size_t(5));
    const std::string changes = text(folder / "changes.jsonl");
    for (const std::int64_t further : {1, 4}) {  // from step 3, then from 4 and beyond the second change
        cutOff(folder, 4);
        const Heard heard = resumed(folder, further);
        QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    }
    QCOMPARE(stored(folder).losses(), whole.heard.losses());
    QCOMPARE(stored(folder).steps.back().learningRate, whole.heard.steps.back().learningRate);
    QCOMPARE(text(folder / "changes.jsonl"), changes);
}

void TestResume::recordsBehindTheCheckpointAreCut()
{
    const Experiment experiment = with(tiny(), {{"train.checkpoint_every_steps", "2"}, {"train.keep_last_checkpoints", "0"}, {"record.probe_budget", "1"}});
    const std::vector<float> losses = run(experiment, {.evaluateAtEnd = false}).losses();
    for (const int torn : {0, 7}) {
        const fs::path folder = fresh(torn ? "torn" : "behind");
        run(experiment, {.runFolder = folder, .evaluateAtEnd = false});
        cutOff(folder, 4);
        fs::resize_file(rows(folder), fs::file_size(rows(folder)) - static_cast<std::uintmax_t>(torn));
        std::ofstream(folder / "probes.jsonl", std::ios::app) << "{\"step\": 6, \"wall";
        const Heard heard = resumed(folder);
        QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
        const Heard all = stored(folder);
        QCOMPARE(all.losses(), losses);
        QVERIFY(!says(all.log, "damaged"));
        for (std::size_t i = 1; i < all.snapshots.size(); ++i) QVERIFY(all.snapshots[i]->step > all.snapshots[i - 1]->step);
    }
}

void TestResume::theWindowHearsThePast()
{
    const fs::path folder = fresh("past");
    {
        Stepped run(tiny(), folder);
        QVERIFY(run.steps(3));
        run.trainer.stop();
        run.end();
    }
    const Heard heard = resumed(folder, {}, true);
    QCOMPARE(heard.steps.size(), std::size_t(6));
    for (std::size_t i = 0; i < 6; ++i) QCOMPARE(heard.steps[i].step, static_cast<std::int64_t>(i + 1));
    QCOMPARE(heard.info->termNames, stored(folder).info->termNames);
    QCOMPARE(heard.losses(), run(tiny(), {.evaluateAtEnd = false}).losses());
}

void TestResume::aRunGoesFurtherThanItWasMeantTo()
{
    const fs::path folder = fresh("further");
    run(tiny(), {.runFolder = folder, .evaluateAtEnd = false});
    const Heard heard = resumed(folder, 3);
    QVERIFY(says(heard.log, "the run now ends at step 9 instead of 6"));
    QCOMPARE(stored(folder).steps.size(), std::size_t(9));
    QCOMPARE(endOf(folder)->step, std::int64_t{9});
    QCOMPARE(resumed(folder, 1).state.step, std::int64_t{10});
}

void TestResume::aRunCutOffBeforeItsFirstStepBeginsAgain()
{
    const std::vector<float> losses = run(tiny(), {.evaluateAtEnd = false}).losses();
    for (const bool first : {true, false}) {
        const fs::path folder = fresh(first ? "at_0" : "without");
        run(tiny(), {.runFolder = folder, .evaluateAtEnd = false});
        cutOff(folder, 0);
        if (!first) fs::remove_all(folder / "checkpoints");
        const Heard heard = resumed(folder);
        QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
        QCOMPARE(says(heard.log, "begins again"), !first);
        QCOMPARE(stored(folder).losses(), losses);
    }
    QVERIFY(QString::fromStdString(resumed(fresh("nowhere")).state.activity).contains("nowhere"));
}

void TestResume::aFlippedByteIsSaidAndTheOlderCheckpointUsed()
{
    const Experiment experiment = with(tiny(), {{"train.checkpoint_every_steps", "2"}, {"train.keep_last_checkpoints", "0"}});
    const std::vector<float> losses = run(experiment, {.evaluateAtEnd = false}).losses();
    const fs::path folder = fresh("flipped"), file = checkpointFile(folder / "checkpoints", 4);
    run(experiment, {.runFolder = folder, .evaluateAtEnd = false});
    cutOff(folder, 4);
    flipByte(file, fs::file_size(file) / 2);
    const Heard heard = resumed(folder);
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QVERIFY(says(heard.log, "step_00000004.safetensors: is damaged: its SHA-256 is not that of what was written"));
    QVERIFY(says(heard.log, "the next older checkpoint is used, of step 2"));
    QVERIFY(says(heard.log, "goes on after step 2"));
    QCOMPARE(stored(folder).losses(), losses);
    QVERIFY(fs::exists(file.string() + ".damaged"));
    QCOMPARE(checkpointSteps(folder), (std::set<std::int64_t>{0, 2, 4, 6}));
}

void TestResume::damagedNumbersAreSaidAndTheOlderCheckpointUsed()
{
    const Experiment experiment = with(tiny(), {{"train.checkpoint_every_steps", "2"}, {"train.keep_last_checkpoints", "0"}});
    for (const char* damage : {"{\"version\": 2, \"step\"", "[1]", "{\"version\": 1, \"step\": 4}", "{\"version\": 2, \"step\": \"four\"}"}) {
        const fs::path folder = fresh("numbers");
        fs::remove_all(folder);
        run(experiment, {.runFolder = folder, .evaluateAtEnd = false});
        cutOff(folder, 4);
        std::ofstream(folder / "checkpoints" / "step_00000004.json") << damage;
        const Heard heard = resumed(folder);
        QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
        QVERIFY(says(heard.log, "step_00000004.json: "));
        QVERIFY(says(heard.log, "goes on after step 2"));
    }
}

void TestResume::withoutAnyGoodCheckpointNothingIsTouched()
{
    const fs::path folder = fresh("hopeless");
    run(tiny(), {.runFolder = folder, .steps = 3, .evaluateAtEnd = false});
    for (const std::int64_t step : {0, 3}) flipByte(checkpointFile(folder / "checkpoints", step), 5000);
    const Heard damaged = resumed(folder, 1);
    QCOMPARE(damaged.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(damaged.state.activity).contains("none of its checkpoints can be used"), damaged.state.activity.c_str());
    fs::remove_all(folder / "checkpoints");
    const Heard gone = resumed(folder, 1);
    QCOMPARE(gone.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(gone.state.activity).contains("has no checkpoint to go on from"), gone.state.activity.c_str());
    QCOMPARE(stored(folder).steps.size(), std::size_t(3));
    QCOMPARE(endOf(folder)->phase, RunPhase::Finished);
}

void TestResume::aNewerCheckpointIsRefused()
{
    const fs::path folder = fresh("newer");
    run(tiny(), {.runFolder = folder, .steps = 2, .evaluateAtEnd = false});
    const fs::path file = folder / "checkpoints" / "step_00000002.json";
    auto json = nlohmann::json::parse(text(file));
    QCOMPARE(json["step"].get<int>(), 2);
    QCOMPARE(json["batch"].get<int>(), 2);
    QVERIFY(json["program"].get<std::string>().starts_with("Selfsight "));
    QCOMPARE(json["sha256"].get<std::string>(), sha256Of(folder / "checkpoints" / "step_00000002.safetensors"));
    json["version"] = 9;
    std::ofstream(file) << json;
    const Heard heard = resumed(folder, 1);
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("was written by a newer Selfsight (format 9, this program reads 2). Update Selfsight."), heard.state.activity.c_str());
    QCOMPARE(stored(folder).steps.size(), std::size_t(2));  // nothing was touched
    QVERIFY(endOf(folder).has_value());
}

void TestResume::anotherExperimentsCheckpointIsRefused()
{
    const fs::path folder = fresh("other");
    run(tiny(), {.runFolder = folder, .steps = 2, .evaluateAtEnd = false});
    std::string yaml = text(folder / "experiment.yaml");
    QVERIFY(yaml.find("width: 8") != std::string::npos);
    yaml.replace(yaml.find("width: 8"), 8, "width: 16");
    std::ofstream(folder / "experiment.yaml") << yaml;
    const Heard heard = resumed(folder, 1);
    QCOMPARE(heard.state.phase, RunPhase::Failed);
    QVERIFY2(QString::fromStdString(heard.state.activity).contains("was saved with another"), heard.state.activity.c_str());
    QCOMPARE(checkpointSteps(folder), (std::set<std::int64_t>{0, 2}));
}

void TestResume::whatIsDifferentIsSaid()
{
    const fs::path folder = fresh("different"), file = folder / "checkpoints" / "step_00000002.json";
    run(tiny(), {.runFolder = folder, .steps = 2, .evaluateAtEnd = false});
    auto json = nlohmann::json::parse(text(file));
    QCOMPARE(json["environment"]["threads"].get<std::string>(), std::string("1"));
    json["environment"]["threads"] = "4";
    json["environment"]["processor"] = "Difference Engine No. 2";
    std::ofstream(file) << json;
    const Heard heard = resumed(folder, 1);
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QVERIFY(says(heard.log, "not bit-exact: processor: Difference Engine No. 2 then, "));
    QVERIFY(says(heard.log, "; threads: 4 then, 1 now"));
}

void TestResume::oneProgramWritesARun()
{
    const fs::path folder = fresh("shared");
    Stepped run(tiny(), folder);
    QVERIFY(run.steps(2));
    QVERIFY(RunLock::isHeld(folder));
    const Heard second = resumed(folder);
    QCOMPARE(second.state.phase, RunPhase::Failed);
    const std::string who = "another training writes this run (process " + std::to_string(::getpid());
    QVERIFY2(second.state.activity.find(who) != std::string::npos, second.state.activity.c_str());
    QVERIFY(run.steps(1));
    run.trainer.stop();
    run.end();
    QCOMPARE(stored(folder).steps.size(), std::size_t(3));
    QVERIFY(!RunLock::isHeld(folder));
    QVERIFY(!fs::exists(folder / "lock"));
    QCOMPARE(resumed(folder).state.phase, RunPhase::Finished);
}

void TestResume::checkpointsThatNobodyNeedsGo()
{
    const Experiment experiment = with(tiny(), {{"train.steps", "8"}, {"train.checkpoint_every_steps", "1"}, {"train.keep_last_checkpoints", "2"},
                                                {"train.keep_best_checkpoints", "0"}, {"record.probe_budget", "0"}});
    run(experiment, {.runFolder = fresh("thinned"), .evaluateAtEnd = false});
    QCOMPARE(checkpointSteps(fresh("thinned")), (std::set<std::int64_t>{0, 7, 8}));
    int files = 0;
    for (const auto& entry : fs::directory_iterator(fresh("thinned") / "checkpoints")) files += entry.is_regular_file();
    QCOMPARE(files, 6);
    run(with(experiment, {{"train.keep_last_checkpoints", "0"}}), {.runFolder = fresh("all"), .evaluateAtEnd = false});
    QCOMPARE(checkpointSteps(fresh("all")).size(), std::size_t(9));
}

void TestResume::theBestCheckpointStays()
{
    const fs::path folder = fresh("best");
    fs::create_directories(folder);
    const auto add = [&folder](std::int64_t step, double loss, std::optional<double> knn) {
        CheckpointFacts facts;
        facts.step = step;
        facts.totalSteps = 10;
        facts.loss = loss;
        if (knn) facts.knn = {*knn, step};
        std::ofstream(checkpointFile(folder, step)) << "x";
        writeFacts(checkpointFile(folder, step), facts);
    };
    const auto left = [&folder](const Retention& retention) {
        thin(folder, retention);
        std::set<std::int64_t> steps;
        std::vector<std::string> warnings;
        for (const Checkpoint& checkpoint : checkpointsIn(folder, warnings)) steps.insert(checkpoint.facts.step);
        return steps;
    };
    add(0, 0, {});
    for (std::int64_t step = 1; step <= 6; ++step) add(step, step == 3 ? 0.5 : 1, {});
    QCOMPARE(left({.last = 2, .best = 1}), (std::set<std::int64_t>{0, 3, 5, 6}));  // the lowest loss
    add(7, 1, 0.4);
    add(8, 1, 0.6);
    add(9, 1, 0.6);
    add(10, 1, 0.5);
    QCOMPARE(left({.last = 1, .best = 2}), (std::set<std::int64_t>{0, 8, 9, 10}));  // the highest accuracy
    QCOMPARE(left({.last = 1, .best = 1}), (std::set<std::int64_t>{0, 8, 10}));
}

void TestResume::whatInterruptedWritersLeftGoes()
{
    const fs::path folder = fresh("left");
    run(tiny(), {.runFolder = folder, .steps = 2, .evaluateAtEnd = false});
    const std::vector<fs::path> temporaries = {folder / ".result.json.123-0.part", folder / "checkpoints" / ".step_00000004.safetensors.123-1.part"};
    for (const fs::path& file : temporaries) std::ofstream(file) << "half";
    std::ofstream(folder / "checkpoints" / "step_00000003.safetensors") << "whole, but its numbers are not there";
    std::ofstream(folder / "notes.part") << "somebody else's";
    QCOMPARE(resumed(folder, 2).state.phase, RunPhase::Finished);
    for (const fs::path& file : temporaries) QVERIFY(!fs::exists(file));
    QVERIFY(!fs::exists(folder / "checkpoints" / "step_00000003.safetensors"));
    QVERIFY(fs::exists(folder / "notes.part"));
}

void TestResume::discardingKeepsTheLastCheckpoint()
{
    const fs::path folder = fresh("discarded");
    Stepped run(with(tiny(), {{"train.checkpoint_every_steps", "2"}}), folder);
    QVERIFY(run.steps(3));
    run.trainer.discard();
    run.end();
    QCOMPARE(run.heard.state.phase, RunPhase::Stopped);
    QCOMPARE(checkpointSteps(folder), (std::set<std::int64_t>{0, 2}));
    QCOMPARE(endOf(folder)->phase, RunPhase::Stopped);
}

void TestResume::aCutOffRunIsFound()
{
    const fs::path base = fresh("runs");
    run(tiny(), {.runFolder = base / "one", .steps = 1, .evaluateAtEnd = false});
    QVERIFY(!isCutOff(base / "one"));
    Stepped going(tiny(), base / "two");
    QVERIFY(going.steps(1));
    QVERIFY(!isCutOff(base / "two"));  // it still goes on
    cutOff(base / "one", 1);
    QVERIFY(isCutOff(base / "one"));
    going.trainer.stop();
    going.end();
    fs::remove(base / "two" / "result.json");
    QVERIFY(isCutOff(base / "two"));
}

/// No file of this process may grow beyond `bytes` while it lives: writing fails as on a full disk.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : m_before(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &m_limit);
        rlimit small = m_limit;
        small.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_limit);
        std::signal(SIGXFSZ, m_before);
    }

private:
    rlimit m_limit;
    void (*m_before)(int);
};

void TestResume::aFullDiskIsSaidAndTrainingGoesOn()
{
    const fs::path folder = fresh("full");
    const Experiment experiment = with(tiny(), {{"train.checkpoint_every_steps", "2"}, {"train.steps", "5"}});
    Stepped run(experiment, folder);
    QVERIFY(run.steps(1));
    QTRY_VERIFY(fs::exists(folder / "checkpoints" / "step_00000000.json"));  // its writer's own thread is done
    {
        const FullDisk full(100'000);
        QVERIFY(run.steps(1));
        QTest::qWait(500);  // the save is tried meanwhile
        QVERIFY(run.steps(1));
        QVERIFY2(says(run.heard.log, "The checkpoint of step 2 could not be saved: "), "nothing was said");
        QVERIFY(says(run.heard.log, "The training goes on"));
    }
    QCOMPARE(checkpointSteps(folder), (std::set<std::int64_t>{0}));
    run.trainer.resume();
    run.end();
    QVERIFY2(run.heard.state.phase == RunPhase::Finished, run.heard.state.activity.c_str());
    QCOMPARE(checkpointSteps(folder), (std::set<std::int64_t>{0, 4, 5}));
    for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) QVERIFY2(entry.path().extension() != ".part", entry.path().c_str());
    QCOMPARE(stored(folder).losses(), selfsight::run(experiment, {.evaluateAtEnd = false}).losses());

    // At the very end there is no later chance: the run has a result, and fails.
    const fs::path last = fresh("full_at_last");
    Stepped other(tiny(), last);
    QVERIFY(other.steps(6 - 1));
    QTRY_VERIFY(fs::exists(last / "checkpoints" / "step_00000000.json"));  // its writer's own thread is done
    {
        const FullDisk full(100'000);
        other.trainer.resume();
        other.end();
    }
    QCOMPARE(other.heard.state.phase, RunPhase::Failed);
    QVERIFY(other.heard.state.result.has_value());
    QVERIFY2(other.heard.state.activity.starts_with("The checkpoint of step 6 could not be saved: "), other.heard.state.activity.c_str());
    cutOff(last, 6);
    QCOMPARE(resumed(last).state.phase, RunPhase::Finished);
    QCOMPARE(stored(last).losses(), selfsight::run(tiny(), {.evaluateAtEnd = false}).losses());
}

void TestResume::aDiskTooFullForRecordsEndsTheRunAndNothingElse()
{
    const fs::path folder = fresh("no_records");
    const Experiment experiment = with(tiny(), {{"train.steps", "400"}});
    const auto rest = [&folder] { return static_cast<rlim_t>(fs::file_size(rows(folder)) + 1000); };
    {
        Stepped run(experiment, folder);
        QVERIFY(run.steps(3));
        QTRY_VERIFY(fs::exists(folder / "checkpoints" / "step_00000000.json"));  // its writer's own thread is done
        const FullDisk full(rest());
        run.trainer.resume();
        run.end();
        QCOMPARE(run.heard.state.phase, RunPhase::Failed);
        QVERIFY2(run.heard.state.activity.find("cannot be written") != std::string::npos, run.heard.state.activity.c_str());
    }
    const Heard before = stored(folder);
    QVERIFY(before.steps.size() >= 3);
    const Heard heard = resumed(folder, 2);
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
}

void TestResume::aFolderThatMayNotBeWrittenIsSaid()
{
    if (::geteuid() != 0) QSKIP("needs to be root to become somebody else");
    const fs::path base = fresh("locked"), folder = base / "run";
    run(tiny(), {.runFolder = folder, .steps = 2, .evaluateAtEnd = false});
    fs::permissions(m_folder.path().toStdString(), fs::perms(0755));
    QCOMPARE(::seteuid(65534), 0);
    const Heard first = run(tiny(), {.runFolder = base / "other", .evaluateAtEnd = false}), again = resumed(folder, 1);
    QCOMPARE(::seteuid(0), 0);
    for (const Heard& heard : {first, again}) {
        QCOMPARE(heard.state.phase, RunPhase::Failed);
        QVERIFY2(heard.state.activity.find("Choose a folder that you may write to") != std::string::npos, heard.state.activity.c_str());
    }
    QCOMPARE(stored(folder).steps.size(), std::size_t(2));
    QCOMPARE(resumed(folder, 1).state.step, std::int64_t{3});
}

void TestResume::aFolderDeletedWhileItTrainsIsSaidAndTheWeightsAreKept()
{
    const fs::path folder = fresh("deleted");
    Stepped run(tiny(), folder);
    QVERIFY(run.steps(2));
    QTRY_VERIFY(fs::exists(folder / "checkpoints" / "step_00000000.json"));  // its writer's own thread is done
    fs::remove_all(folder);
    QTest::qWait(1100);  // it looks once a second
    QVERIFY(run.steps(1));
    QVERIFY(says(run.heard.log, "the run's folder was moved or deleted while it trains"));
    run.trainer.resume();
    run.end();
    QCOMPARE(run.heard.steps.size(), std::size_t(6));
    QCOMPARE(run.heard.state.phase, RunPhase::Failed);
    QVERIFY(run.heard.state.result.has_value());
    QVERIFY2(run.heard.state.activity.find("moved or deleted") != std::string::npos, run.heard.state.activity.c_str());
    std::vector<std::string> warnings;
    const auto checkpoint = newestGoodCheckpoint(folder / "checkpoints", warnings);
    QVERIFY(checkpoint && checkpoint->facts.step == 6);
}

void TestResume::theHashIsThatOfSha256sum()
{
    const auto hash = [](const std::string& text) {
        Sha256 sum;
        for (const char& letter : text) sum.update(&letter, 1);
        Sha256 whole;
        whole.update(text.data(), text.size());
        const std::string hex = whole.hex();
        return sum.hex() == hex ? hex : "differs";
    };
    // FIPS 180-4, the examples of its authors.
    QCOMPARE(hash(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(hash("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    QCOMPARE(hash(std::string(1'000'000, 'a')), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

QTEST_GUILESS_MAIN(TestResume)
#include "tst_resume.moc"
