// Run folders: what was written comes back, at any length, cut or damaged anywhere, of any format, while it grows.
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_holder.h"
#include "core/runs/run_json.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_summary.h"
#include "core/runs/step_file.h"
#include "tests/long_run.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

constexpr StepColumns kSmall{2, 3};

std::string bytesOf(const fs::path& file)
{
    return readFile(file, std::uint64_t{1} << 32);
}

void writeBytes(const fs::path& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// Norms are float16 of their logarithm: half a unit of 2^-10 of |ln g|.
bool isNearly(float got, float expected)
{
    const float logarithm = std::log(expected);
    return std::abs(std::log(got) - logarithm) <= std::max(std::abs(logarithm), 0.06f) / 2048 * 1.01f + 1e-6f;
}

bool isStep(const StepRecord& got, std::int64_t step, StepColumns columns)
{
    const StepRecord made = madeStep(step, columns);
    return got.step == made.step && got.epoch == made.epoch && got.batch == made.batch && got.wallSeconds == made.wallSeconds &&
           got.learningRate == made.learningRate && got.terms == made.terms &&
           std::equal(got.gradientNorms.begin(), got.gradientNorms.end(), made.gradientNorms.begin(), made.gradientNorms.end(),
                      isNearly);
}

/// Every step from 1 to `count`, once and in order.
bool areSteps(const std::vector<StepRecord>& records, std::int64_t count, StepColumns columns)
{
    if (static_cast<std::int64_t>(records.size()) != count) return false;
    for (std::int64_t i = 0; i < count; ++i)
        if (!isStep(records[static_cast<std::size_t>(i)], i + 1, columns)) return false;
    return true;
}

template <class Action>
QString sentenceOf(Action action)
{
    try {
        action();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

QString textOf(const std::vector<LogLine>& lines)
{
    QString text;
    for (const LogLine& line : lines) text += QString::fromStdString(line.text) + '\n';
    return text;
}

/// What the first programs wrote: RunInfo and rows in steps.bin.
void makeFormat1(const fs::path& folder, std::int64_t steps, StepColumns columns)
{
    fs::create_directories(folder / "checkpoints");
    writeBytes(folder / "experiment.yaml", "# made\n");
    std::string bytes = "SELFSTEP";
    const auto put = [&bytes](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    const std::string json = toJson(madeInfo(columns, steps)).dump();
    put(std::uint32_t{1});
    put(static_cast<std::uint32_t>(json.size()));
    bytes += json;
    for (std::int64_t step = 1; step <= steps; ++step) {
        const StepRecord record = madeStep(step, columns);
        const std::size_t begin = bytes.size();
        put(record.step);
        put(record.epoch);
        put(record.batch);
        put(record.wallSeconds);
        put(record.learningRate);
        for (const float term : record.terms) put(term);
        for (const float norm : record.gradientNorms) put(norm);
        put(static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + begin, static_cast<uInt>(bytes.size() - begin))));
    }
    writeBytes(folder / "steps.bin", bytes);
}

}  // namespace

class RunsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup() { m_folder.reset(); }

    void everyStepComesBack();
    void aStepTakesLessThan500Bytes();
    void aRunCutAtAnyByteLosesAtMostOneStep();
    void aRunKilledWhileAChunkIsFinishedLosesNothing();
    void aContinuedRunEqualsOneThatWasNeverInterrupted_data();
    void aContinuedRunEqualsOneThatWasNeverInterrupted();
    void continuingDropsWhatCameAfter();
    void aRunOfTheFirstFormatIsReadAndContinued();
    void levelsHoldTheExtremesAndMeansOfTheirSteps();
    void absentAndStaleLevelsAreMadeAnew();
    void queriesGiveTheFinestRowsThatFit();
    void aGrowingRunIsFollowedStepByStep();
    void aRunThatIsSetBackStartsAgain();
    void aLongRunComesInColumns();
    void aFlippedByteCostsAColumnAtMostAndIsSaid();
    void newerForeignAndMixedFilesAreRefusedWithASentence();
    void aRunWithoutStepsOpens();
    void aFolderDeletedWhileOpenIsSaid();
    void twoProgramsNeverWriteOneRun();
    void whoWritesARunIsAskedToStopOnce();
    void snapshotsKeepTheirBulkyParts();
    void aFigureThatIsNotFiniteIsLeftOutAlone();
    void oldSnapshotsThinOut();
    void frequentSnapshotsDontDisplaceRareOnes();
    void aHundredRunsOpen();
    void aRunIsSummarisedWithoutItsSteps();
    void runsAreFoundUpToTwoFoldersDeep();
    void aDamagedRunIsListedWithWhatCanBeRead();

private:
    fs::path at(const std::string& name) const { return fs::path(m_folder->path().toStdString()) / name; }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void RunsTest::everyStepComesBack()
{
    for (const std::int64_t count : {1, 1023, 1024, 1025, 5000}) {
        const fs::path folder = at(std::to_string(count));
        makeRun(folder, count, kSmall);
        const StepFile file = StepFile::open(folder);
        QCOMPARE(file.rows(), count);
        QCOMPARE(file.chunkRows(), count / 1024 * 1024);
        QVERIFY(areSteps(file.records(0, count), count, kSmall));
        QCOMPARE(file.rowAfter(0), std::int64_t(0));
        QCOMPARE(file.rowAfter(count / 2), count / 2);
        QCOMPARE(file.rowAfter(count + 5), count);
    }
    // Norms that no float16 of theirs could hold.
    for (const float norm : {0.0f, 1e-30f, 1.0f, 1e30f, std::numeric_limits<float>::infinity()}) {
        const float back = fromHalfLog(toHalfLog(norm));
        QVERIFY(norm == back || isNearly(back, norm));
    }
    QVERIFY(std::isnan(fromHalfLog(toHalfLog(std::numeric_limits<float>::quiet_NaN()))));
}

void RunsTest::aStepTakesLessThan500Bytes()
{
    makeRun(at("big"), 9000, {4, 150});
    std::uint64_t bytes = 0;
    for (const char* name : {"steps.bin", "steps.tail", "steps.previous", "steps.levels"})
        bytes += fs::file_size(at("big") / name);
    QVERIFY2(fs::file_size(at("big") / "steps.bin") < 9000 * 360, "steps.bin");
    QVERIFY2(bytes < 9000 * 500, std::to_string(bytes).c_str());
}

void RunsTest::aRunCutAtAnyByteLosesAtMostOneStep()
{
    constexpr StepColumns kTiny{1, 1};
    constexpr std::int64_t kSteps = 2 * 1024 + 37;
    makeRun(at("cut"), kSteps, kTiny);
    const StepLayout layout(kTiny);
    const auto rows = [&] { return StepFile::open(at("cut")).rows(); };
    // The open tail, at every byte.
    const fs::path tail = at("cut") / "steps.tail", chunks = at("cut") / "steps.bin";
    const std::string whole = bytesOf(tail);
    for (std::size_t size = whole.size(); size-- > StepHeader::kSize;) {
        fs::resize_file(tail, size);
        QCOMPARE(rows(), static_cast<std::int64_t>(2048 + (size - StepHeader::kSize) / layout.rowSize));
    }
    writeBytes(tail, whole);
    // The last chunk, at every byte: nothing is lost, for its rows are still there.
    for (std::size_t size = fs::file_size(chunks); size-- > StepHeader::kSize + layout.chunkSize;) {
        fs::resize_file(chunks, size);
        if (rows() != kSteps) QFAIL(std::to_string(size).c_str());
    }
    QVERIFY(areSteps(StepFile::open(at("cut")).records(0, kSteps), kSteps, kTiny));
}

void RunsTest::aRunKilledWhileAChunkIsFinishedLosesNothing()
{
    makeRun(at("killed"), 2048, kSmall);
    const fs::path folder = at("killed");
    const std::string chunks = bytesOf(folder / "steps.bin");
    // The rows were renamed, the new tail does not exist yet; or it is not complete.
    fs::remove(folder / "steps.tail");
    QVERIFY(areSteps(StepFile::open(folder).records(0, 2048), 2048, kSmall));
    // The chunk was written in part, its rows still are the tail.
    fs::rename(folder / "steps.previous", folder / "steps.tail");
    for (const std::size_t missing : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, StepLayout(kSmall).chunkSize}) {
        fs::resize_file(folder / "steps.bin", chunks.size() - missing);
        QVERIFY(areSteps(StepFile::open(folder).records(0, 2048), 2048, kSmall));
        const auto writer = RunWriter::reopen(folder, 2048);
        QVERIFY(areSteps(StepFile::open(folder).records(0, 2048), 2048, kSmall));
        writeBytes(folder / "steps.bin", chunks);
        makeRun(at("again" + std::to_string(missing)), 2048, kSmall);
        fs::copy_file(at("again" + std::to_string(missing)) / "steps.previous", folder / "steps.tail",
                      fs::copy_options::overwrite_existing);
    }
}

void RunsTest::aContinuedRunEqualsOneThatWasNeverInterrupted_data()
{
    QTest::addColumn<int>("interrupted");
    QTest::addColumn<int>("resumedAt");
    for (const auto& [steps, at] : {std::pair(10, 0),
                                    {10, 10},
                                    {1500, 1000},
                                    {1500, 1024},
                                    {1024, 1024},
                                    {5000, 4096},
                                    {5000, 1500},
                                    {9000, 8191},
                                    {9000, 8192}})
        QTest::addRow("%d back to %d", steps, at) << steps << at;
}

void RunsTest::aContinuedRunEqualsOneThatWasNeverInterrupted()
{
    QFETCH(int, interrupted);
    QFETCH(int, resumedAt);
    constexpr std::int64_t kSteps = 9300;
    makeRun(at("straight"), kSteps, kSmall);
    makeRun(at("resumed"), interrupted, kSmall);
    {
        const auto writer = RunWriter::reopen(at("resumed"), resumedAt);
        QVERIFY(writer->hasBegun());
        writer->begin(madeInfo(kSmall, kSteps));
        for (std::int64_t step = resumedAt + 1; step <= kSteps; ++step) writer->write(madeStep(step, kSmall));
    }
    for (const char* name : {"steps.bin", "steps.tail", "steps.levels", "run.json"})
        QVERIFY2(bytesOf(at("straight") / name) == bytesOf(at("resumed") / name), name);
}

void RunsTest::continuingDropsWhatCameAfter()
{
    makeRun(at("run"), 30, kSmall);
    {
        const auto writer = RunWriter::reopen(at("run"), 30);
        for (const std::int64_t step : {0, 10, 20, 30}) {
            writer->write(Snapshot{.step = step, .figures = {{"knn.top1", 0.5, ""}}, .singularValues = {3, 2, 1}});
            writer->writeChange(step, "optimizer.lr", "0.1");
        }
        writer->write(LogLine{LogLine::Level::Info, 1, "hello"});
        writer->writeEnd(RunState{.phase = RunPhase::Stopped, .step = 30});
    }
    std::ofstream(at("run") / "probes.jsonl", std::ios::app) << "{\"step\": 31, \"torn";
    QVERIFY(RunWriter::reopen(at("run"), 20)->hasBegun());
    const RunUpdate update = openRun(at("run"))->drain();
    QCOMPARE(update.steps.size(), std::size_t(20));
    QCOMPARE(update.snapshots.size(), std::size_t(3));
    QCOMPARE(update.snapshots.back()->step, std::int64_t(20));
    QVERIFY(!fs::exists(at("run") / "snapshots" / "step_00000030.safetensors"));
    QVERIFY(fs::exists(at("run") / "snapshots" / "step_00000020.safetensors"));
    QVERIFY(!fs::exists(at("run") / "result.json"));
    QCOMPARE(std::ranges::count(bytesOf(at("run") / "changes.jsonl"), '\n'), 3);
    QVERIFY(textOf(update.log).contains("hello"));
    const QString sentence = sentenceOf([&] { RunWriter::reopen(at("run"), 20)->begin(madeInfo({1, 3}, 50)); });
    QVERIFY2(sentence.contains("2 terms and 3 layers"), qPrintable(sentence));
}

void RunsTest::aRunOfTheFirstFormatIsReadAndContinued()
{
    constexpr std::int64_t kSteps = 5000;
    makeFormat1(at("old"), kSteps, kSmall);
    {
        const StepFile file = StepFile::open(at("old"));
        QCOMPARE(file.rows(), kSteps);
        QVERIFY(areSteps(file.records(0, kSteps), kSteps, kSmall));
        QCOMPARE(file.read({.rows = 100}).stride, std::int64_t(64));
        QCOMPARE(openRun(at("old"))->drain().info->layerNames.size(), kSmall.layers);
    }
    makeRun(at("straight"), 6000, kSmall);
    {
        const auto writer = RunWriter::reopen(at("old"), 4500);
        for (std::int64_t step = 4501; step <= 6000; ++step) writer->write(madeStep(step, kSmall));
    }
    QVERIFY(!fs::exists(at("old") / "steps.format1"));
    for (const char* name : {"steps.bin", "steps.tail", "steps.levels"})
        QVERIFY2(bytesOf(at("straight") / name) == bytesOf(at("old") / name), name);
}

void RunsTest::levelsHoldTheExtremesAndMeansOfTheirSteps()
{
    constexpr std::int64_t kSteps = 3 * 4096 + 100;
    makeRun(at("run"), kSteps, kSmall);
    const StepFile file = StepFile::open(at("run"));
    QCOMPARE(file.levelBlocks(), std::int64_t(3));
    const std::vector<std::size_t> columns = {0, kSmall.rate(), kSmall.layer(2)};
    const StepTable every = file.table(0, kSteps, columns);
    for (const std::int64_t stride : {64, 4096}) {
        const StepTable levels = file.levels(0, kSteps, stride, columns), expected = condense(every, stride);
        QCOMPARE(levels.stride, stride);
        QCOMPARE(levels.step, expected.step);
        QCOMPARE(levels.first, expected.first);
        QCOMPARE(levels.wallSeconds, expected.wallSeconds);
        for (std::size_t c = 0; c < columns.size(); ++c) {
            QCOMPARE(levels.columns[c].lowest, expected.columns[c].lowest);
            QCOMPARE(levels.columns[c].highest, expected.columns[c].highest);
            for (std::size_t row = 0; row < levels.rows(); ++row)
                QVERIFY(std::abs(levels.columns[c].values[row] / expected.columns[c].values[row] - 1) < 3e-3);
        }
    }
    StepTable gap = every;
    gap.columns[0].values[70] = std::numeric_limits<float>::quiet_NaN();
    const StepTable rows = condense(gap, 64);
    QVERIFY(std::isnan(rows.columns[0].values[1]) && std::isfinite(rows.columns[0].lowest[1]) &&
            std::isfinite(rows.columns[0].values[2]));
}

void RunsTest::absentAndStaleLevelsAreMadeAnew()
{
    makeRun(at("run"), 9000, kSmall);
    makeRun(at("other"), 9000, {2, 4});
    const fs::path levels = at("run") / "steps.levels";
    const std::string good = bytesOf(levels);
    std::string stale = good;
    stale[StepHeader::kSize + 4] ^= 1;  // of other steps
    const StepTable expected = StepFile::open(at("run")).levels(0, 9000, 64, allColumns(kSmall));
    for (const std::string& bad : {std::string(), std::string("no levels at all, and longer than a head is"), stale,
                                   bytesOf(at("other") / "steps.levels"), good.substr(0, 5000)}) {
        writeBytes(levels, bad);
        if (bad.empty()) fs::remove(levels);
        const StepFile file = StepFile::open(at("run"));
        QCOMPARE(file.levelBlocks(), std::int64_t(0));
        QCOMPARE(file.levels(0, 9000, 64, allColumns(kSmall)).columns[1].lowest, expected.columns[1].lowest);
        file.saveLevels();
        QVERIFY(bytesOf(levels) == good);
    }
    // A block that is damaged inside is read from the steps.
    std::string flipped = good;
    flipped[StepHeader::kSize + LevelLayout(kSmall).stored[0].offset + 3] ^= 16;
    writeBytes(levels, flipped);
    QCOMPARE(StepFile::open(at("run")).levels(0, 9000, 64, allColumns(kSmall)).columns[0].lowest, expected.columns[0].lowest);
}

void RunsTest::queriesGiveTheFinestRowsThatFit()
{
    makeRun(at("run"), 20'000, kSmall);
    const StepFile file = StepFile::open(at("run"));
    QCOMPARE(file.read({}).rows(), std::size_t(20'000));
    const StepTable some = file.read({.first = 5001, .last = 5100, .columns = {0}});
    QCOMPARE(some.stride, std::int64_t(1));
    QCOMPARE(some.step.front(), std::int64_t(5001));
    QCOMPARE(some.step.back(), std::int64_t(5100));
    QCOMPARE(some.columns.at(0).values.at(7), madeStep(5008, kSmall).terms[0]);
    const StepTable coarse = file.read({.first = 5001, .last = 15'000, .columns = {kSmall.layer(1)}, .rows = 1000});
    QCOMPARE(coarse.stride, std::int64_t(64));
    QVERIFY(coarse.first.front() <= 5001 && coarse.first.front() > 5001 - 64);
    QCOMPARE(coarse.step.back(), std::int64_t(15'000));
    for (std::size_t row = 1; row < coarse.rows(); ++row) QCOMPARE(coarse.first[row], coarse.step[row - 1] + 1);
    QCOMPARE(file.read({.rows = 10}).stride, std::int64_t(2048));
    QCOMPARE(file.read({.rows = 10}).rows(), std::size_t(10));
    QCOMPARE(file.read({.rows = 3}).stride, std::int64_t(8192));
    QVERIFY(file.read({.first = 30'000}).empty());
    QVERIFY(sentenceOf([&] { file.read({.columns = {99}}); }).contains("99"));
}

void RunsTest::aGrowingRunIsFollowedStepByStep()
{
    constexpr std::int64_t kSteps = 6000;
    RunWriter writer(at("run"));
    writer.writeExperiment("# made\n");
    const auto reader = openRun(at("run"));
    std::vector<StepRecord> heard;
    const auto hear = [&] {
        RunUpdate update = reader->drain();
        if (update.past) QFAIL("columns");
        QVERIFY2(textOf(update.log).isEmpty(), qPrintable(textOf(update.log)));
        heard.insert(heard.end(), update.steps.begin(), update.steps.end());
    };
    QVERIFY(!reader->drain().info);
    writer.begin(madeInfo(kSmall, kSteps));
    writer.write(madeStep(1, kSmall));
    const RunUpdate first = reader->drain();
    QCOMPARE(first.steps.size(), std::size_t(1));
    QVERIFY(first.state && first.state->phase == RunPhase::Running && first.state->elsewhere);
    heard = first.steps;
    std::thread other([&writer] {
        for (std::int64_t step = 2; step <= kSteps; ++step) {
            writer.write(madeStep(step, kSmall));
            if (step % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    for (int i = 0; i < 100'000 && static_cast<std::int64_t>(heard.size()) < kSteps; ++i) hear();
    other.join();
    QVERIFY(areSteps(heard, kSteps, kSmall));
    writer.writeEnd(RunState{.phase = RunPhase::Finished, .step = kSteps, .activity = "finished"});
    const RunUpdate last = reader->drain();
    QVERIFY(last.state && last.state->phase == RunPhase::Finished && !last.state->elsewhere);
    QVERIFY(reader->drain().empty());
}

void RunsTest::aRunThatIsSetBackStartsAgain()
{
    makeRun(at("run"), 1500, kSmall);
    const auto reader = openRun(at("run"));
    QCOMPARE(reader->drain().steps.size(), std::size_t(1500));
    const auto writer = RunWriter::reopen(at("run"), 100);
    writer->write(madeStep(101, kSmall));
    const RunUpdate update = reader->drain();
    QVERIFY(update.again && update.info);
    QVERIFY(areSteps(update.steps, 101, kSmall));
    QVERIFY(!reader->drain().again);
}

void RunsTest::aLongRunComesInColumns()
{
    constexpr std::int64_t kSteps = 70'000;
    makeRun(at("run"), kSteps, kSmall);
    const auto reader = openRun(at("run"), ManySteps::Columns);
    const RunUpdate update = reader->drain();
    QVERIFY(update.past);
    QCOMPARE(update.past->stride, std::int64_t(64));
    QCOMPARE(update.past->columns.size(), kSmall.terms + 1);
    QCOMPARE(update.past->step.back() + 1, update.steps.front().step);
    QCOMPARE(update.steps.back().step, kSteps);
    const StepTable fine = reader->steps({.first = 40'000, .last = 41'000, .columns = {0}});
    QCOMPARE(fine.rows(), std::size_t(1001));
    const StepTable::Column& total = update.past->columns[0];
    QCOMPARE(*std::ranges::min_element(fine.columns[0].values.begin() + 1, fine.columns[0].values.begin() + 65),
             total.lowest[625]);  // steps 40,001 to 40,064
    // Fewer come one to a row.
    makeRun(at("shorter"), 10'000, kSmall);
    const RunUpdate shorter = openRun(at("shorter"), ManySteps::Columns)->drain();
    QCOMPARE(shorter.past->stride, std::int64_t(1));
    QCOMPARE(shorter.past->rows() + shorter.steps.size(), std::size_t(10'000));
    // Who wants every record gets it.
    const RunUpdate records = openRun(at("shorter"))->drain();
    QVERIFY(!records.past && areSteps(records.steps, 10'000, kSmall));
}

void RunsTest::aFlippedByteCostsAColumnAtMostAndIsSaid()
{
    constexpr std::int64_t kSteps = 2500;
    makeRun(at("run"), kSteps, kSmall);
    for (const char* name : {"steps.bin", "steps.tail", "steps.levels", "steps.previous", "run.json"}) {
        const fs::path file = at("run") / name;
        const std::string good = bytesOf(file);
        for (std::size_t byte = 0; byte < good.size(); byte += byte < 64 ? 1 : 211) {
            std::string bad = good;
            bad[byte] = static_cast<char>(bad[byte] ^ 0x24);
            writeBytes(file, bad);
            try {
                const RunUpdate update = openRun(at("run"))->drain();
                if (!update.info || update.info->layerNames.size() != kSmall.layers) continue;  // run.json of another run
                const bool whole = areSteps(update.steps, kSteps, kSmall);
                const bool known = std::string(name) == "run.json" || whole || textOf(update.log).contains("damaged");
                QVERIFY2(known, (std::string(name) + ' ' + std::to_string(byte)).c_str());
                QVERIFY(update.steps.size() >= std::size_t(kSteps - 1024));
            } catch (const Error& error) {
                QVERIFY2(byte < 64 || std::string(name) == "run.json", error.what());
            }
        }
        writeBytes(file, good);
    }
    QVERIFY(areSteps(openRun(at("run"))->drain().steps, kSteps, kSmall));
    // One column of one chunk: the others stay.
    const StepLayout layout(kSmall);
    std::string bytes = bytesOf(at("run") / "steps.bin");
    bytes[StepHeader::kSize + layout.stored[StepLayout::kKeys + 1].inChunk + 100] ^= 1;
    writeBytes(at("run") / "steps.bin", bytes);
    const RunUpdate update = openRun(at("run"))->drain();
    QCOMPARE(update.steps.size(), std::size_t(kSteps));
    QVERIFY(std::isnan(update.steps[5].terms[1]));
    QCOMPARE(update.steps[5].terms[0], madeStep(6, kSmall).terms[0]);
    QVERIFY(textOf(update.log).contains("is a gap"));
}

void RunsTest::newerForeignAndMixedFilesAreRefusedWithASentence()
{
    makeRun(at("run"), 20, kSmall);
    makeRun(at("other"), 20, {1, 1});
    const auto opened = [&](const char* name, const std::string& bytes) {
        const std::string good = bytesOf(at("run") / name);
        writeBytes(at("run") / name, bytes);
        const QString sentence = sentenceOf([&] { openRun(at("run"))->drain(); });
        writeBytes(at("run") / name, good);
        return sentence;
    };
    std::string newer = bytesOf(at("run") / "steps.bin");
    newer[8] = 9;
    QVERIFY(opened("steps.bin", newer).contains("newer Selfsight (format 9"));
    std::string info = bytesOf(at("run") / "run.json");
    info.replace(info.find("\"format\": 2"), 11, "\"format\": 7");
    QVERIFY(opened("run.json", info).contains("newer Selfsight (format 7"));
    QVERIFY(opened("steps.bin", "a diary of 1850, written by hand and kept for long").contains("no step record"));
    QVERIFY(opened("steps.bin", bytesOf(at("other") / "steps.bin")).contains("does not belong"));
    QVERIFY(opened("run.json", "{").contains("damaged"));
    QVERIFY(opened("steps.bin", "").isEmpty());  // a file that was emptied: the tail is all there is
    fs::remove(at("run") / "run.json");
    QVERIFY(sentenceOf([&] { openRun(at("run")); }).contains("is missing"));
    QVERIFY(sentenceOf([&] { openRun(at("nowhere")); }).contains("does not exist"));
    fs::create_directories(at("empty"));
    QVERIFY(sentenceOf([&] { openRun(at("empty")); }).contains("no run folder"));
    QVERIFY(sentenceOf([&] { RunWriter::reopen(at("nowhere"), 0); }).contains("no folder"));
}

void RunsTest::aRunWithoutStepsOpens()
{
    {
        RunWriter writer(at("run"));
        writer.writeExperiment("# made\n");
        writer.write(LogLine{LogLine::Level::Error, 1, "the data are gone"});
        writer.writeEnd(RunState{.phase = RunPhase::Failed, .activity = "the data are gone"});
    }
    const RunUpdate update = openRun(at("run"))->drain();
    QVERIFY(!update.info && update.steps.empty());
    QCOMPARE(update.log.size(), std::size_t(1));
    QCOMPARE(update.state->phase, RunPhase::Failed);
    QVERIFY(openRun(at("run"))->steps({}).empty());
    // It can be begun later.
    const auto writer = RunWriter::reopen(at("run"), 0);
    QVERIFY(!writer->hasBegun());
    writer->begin(madeInfo(kSmall, 5));
    writer->write(madeStep(1, kSmall));
    QCOMPARE(openRun(at("run"))->drain().steps.size(), std::size_t(1));
}

void RunsTest::aFolderDeletedWhileOpenIsSaid()
{
    makeRun(at("run"), 20, kSmall);
    const auto reader = openRun(at("run"));
    reader->drain();
    fs::remove_all(at("run"));
    const QString sentence = sentenceOf([&] { reader->drain(); });
    QVERIFY2(sentence.contains("was deleted, moved or unmounted"), qPrintable(sentence));

    RunWriter writer(at("written"));
    writer.begin(madeInfo(kSmall, 3000));
    fs::remove_all(at("written"));
    const QString loud = sentenceOf([&] {
        for (std::int64_t step = 1; step <= 3000; ++step) writer.write(madeStep(step, kSmall));
    });
    QVERIFY2(loud.contains("steps.tail"), qPrintable(loud));
}

void RunsTest::twoProgramsNeverWriteOneRun()
{
    RunWriter writer(at("run"));
    writer.writeExperiment("# made\n");
    writer.begin(madeInfo(kSmall, 10));
    writer.write(madeStep(1, kSmall));
    const QString sentence = sentenceOf([&] { RunWriter::reopen(at("run"), 0); });
    QVERIFY2(sentence.contains("another program"), qPrintable(sentence));
    writer.write(madeStep(2, kSmall));
    QVERIFY(areSteps(StepFile::open(at("run")).records(0, 9), 2, kSmall));
}

void RunsTest::whoWritesARunIsAskedToStopOnce()
{
    const fs::path run = at("held");
    fs::create_directories(run);
    QVERIFY(!holderOf(run));
    QVERIFY(sentenceOf([&] { askToStop(run); }).contains("is not being trained any more"));

    {
        const RunLock lock(run);  // this very program is none to send a signal to
        QVERIFY(holderOf(run) && !holderOf(run)->process);
        QVERIFY2(holderOf(run)->words.starts_with("process " + std::to_string(::getpid())), holderOf(run)->words.c_str());
        QVERIFY(sentenceOf([&] { askToStop(run); }).contains("cannot be stopped from here"));

        // A number that is left from another program, or another machine's.
        for (const std::string& words : {RunLock::words(1), std::string("process 1 on elsewhere"), std::string("process "), std::string("process 99999999999 on x"), std::string()}) {
            std::ofstream(RunLock::fileIn(run)) << words;
            QVERIFY2(holderOf(run) && !holderOf(run)->process, words.c_str());
        }
    }

    int toParent[2], toChild[2];
    QVERIFY(::pipe(toParent) == 0 && ::pipe(toChild) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        bool good = false;
        {
            const RunLock lock(run);
            char byte = '!';
            int received = 0;
            good = ::write(toParent[1], &byte, 1) == 1 && ::sigwait(&signals, &received) == 0 && received == SIGTERM &&
                   ::write(toParent[1], &byte, 1) == 1 && ::read(toChild[0], &byte, 1) == 1 && ::sigpending(&signals) == 0 &&
                   !::sigismember(&signals, SIGTERM);
        }
        ::_exit(good ? 0 : 1);
    }
    char byte = 0;
    QCOMPARE(::read(toParent[0], &byte, 1), ssize_t{1});
    QCOMPARE(holderOf(run)->process, std::optional<pid_t>(child));
    QVERIFY(askToStop(run));
    QCOMPARE(::read(toParent[0], &byte, 1), ssize_t{1});
    QVERIFY(!askToStop(run));
    QCOMPARE(holderOf(run)->process, std::optional<pid_t>(child));
    QCOMPARE(::write(toChild[1], &byte, 1), ssize_t{1});
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == 0, "one signal was to come, and no second");
    QVERIFY(!holderOf(run) && !fs::exists(RunLock::fileIn(run)));
}

void RunsTest::snapshotsKeepTheirBulkyParts()
{
    makeRun(at("run"), 10, kSmall);
    {
        const auto writer = RunWriter::reopen(at("run"), 10);
        for (const std::int64_t step : {5, 10}) {
            Snapshot snapshot{
                .step = step, .wallSeconds = 1.5, .figures = {{"knn.top1", 0.25, "subset"}}, .singularValues = {3, 2, 1}};
            snapshot.arrays = {{"layout.tsne", {2, 2}, {0.1f, -1000.5f, 3, 4}, SnapshotArray::Kept::Float32},
                               {"features", {3}, {1, 0.5f, -2}}};
            writer->write(snapshot);
        }
    }
    const auto reader = openRun(at("run"));
    const RunUpdate update = reader->drain();
    QCOMPARE(update.snapshots.size(), std::size_t(2));
    QVERIFY(update.snapshots[0]->hasMore && update.snapshots[0]->arrays.empty());
    const auto earlier = reader->snapshot(5);
    for (const auto& snapshot : {earlier, update.snapshots[1]}) {
        QCOMPARE(snapshot->figures.at(0).value, 0.25);
        QCOMPARE(snapshot->singularValues, (std::vector<float>{3, 2, 1}));
        QCOMPARE(snapshot->arrays.size(), std::size_t(2));
        QCOMPARE(snapshot->arrays[0].values, (std::vector<float>{0.1f, -1000.5f, 3, 4}));
        QCOMPARE(snapshot->arrays[1].name, std::string("features"));
        QCOMPARE(snapshot->arrays[1].values, (std::vector<float>{1, 0.5f, -2}));
    }
    QVERIFY(!reader->snapshot(7));
    fs::resize_file(at("run") / "snapshots" / "step_00000010.safetensors", 50);
    QVERIFY(sentenceOf([&] { reader->snapshot(10); }).contains("step_00000010"));
    const RunUpdate damaged = openRun(at("run"))->drain();
    QCOMPARE(damaged.snapshots.size(), std::size_t(2));  // its figures are there all the same
    QVERIFY(!damaged.log.empty());
}

void RunsTest::aFigureThatIsNotFiniteIsLeftOutAlone()
{
    makeRun(at("run"), 10, kSmall);
    RunWriter::reopen(at("run"), 10)->write(Snapshot{.step = 10, .figures = {{"one", std::nan(""), ""}, {"two", INFINITY, ""}, {"three", 3, ""}}});
    const RunUpdate update = openRun(at("run"))->drain();
    QCOMPARE(update.snapshots.size(), std::size_t(1));
    QCOMPARE(update.snapshots[0]->figures.size(), std::size_t(1));
    QCOMPARE(update.snapshots[0]->figures[0].name, std::string("three"));
    QVERIFY(std::ranges::none_of(update.log, [](const LogLine& line) { return line.text.find("damaged") != std::string::npos; }));
}

void RunsTest::oldSnapshotsThinOut()
{
    std::vector<KeptSnapshot> kept;
    const auto drop = [&kept](std::uint64_t limit) {
        for (const std::int64_t step : snapshotsToDrop(kept, limit))
            std::erase_if(kept, [step](const KeptSnapshot& each) { return each.step == step; });
    };
    for (std::int64_t i = 0; i <= 20'000; ++i) {
        kept.push_back({10 * i, 1000, "layout"});
        drop(1'000'000'000);
    }
    QVERIFY(kept.size() > 130 && kept.size() < 400);
    QCOMPARE(kept.front().step, std::int64_t(0));
    for (std::size_t i = 1; i <= 100; ++i) QCOMPARE(kept[kept.size() - i].step, 10 * (20'001 - static_cast<std::int64_t>(i)));
    for (std::size_t i = 1; i + 1 < kept.size(); ++i)  // no hole larger than a tenth of its age
        QVERIFY(kept[i].step - kept[i - 1].step <= std::max<std::int64_t>((200'000 - kept[i - 1].step) / 10, 20));
    drop(50'000);
    QCOMPARE(kept.size(), std::size_t(50));
    QCOMPARE(kept.front().step, std::int64_t(0));
    QCOMPARE(kept.back().step, std::int64_t(200'000));
}

void RunsTest::frequentSnapshotsDontDisplaceRareOnes()
{
    makeRun(at("run"), 10, kSmall);
    const auto write = [&](std::int64_t first, std::int64_t last) {  // reopened between: kinds are read from the files
        const auto writer = RunWriter::reopen(at("run"), first);
        for (std::int64_t step = first; step <= last; ++step) {
            const char* name = step % 40 == 0 ? "layout" : "maps";
            writer->write(Snapshot{.step = step, .figures = {{"one", 1, ""}}, .singularValues = {}, .arrays = {{name, {1}, {1}}}});
        }
    };
    write(1, 400);
    write(401, 800);
    int layouts = 0, maps = 0;
    for (std::int64_t step = 1; step <= 800; ++step)
        if (hasSnapshotFile(at("run"), step)) ++(step % 40 == 0 ? layouts : maps);
    QCOMPARE(layouts, 20);
    QVERIFY(maps > 100 && maps < 400);

    std::vector<KeptSnapshot> kept;
    for (std::int64_t step = 0; step < 90; ++step) kept.push_back({step, step % 10 == 0 ? 10'000u : 10u, step % 10 == 0 ? "layout" : "spectrum"});
    const auto dropped = snapshotsToDrop(kept, 60'000);
    QCOMPARE(dropped.size(), std::size_t(4));
    for (const std::int64_t step : dropped) QCOMPARE(step % 10, 0);  // small ones would give no room
}

void RunsTest::aHundredRunsOpen()
{
    for (int run = 0; run < 100; ++run) makeRun(at(std::to_string(run)), 5000, kSmall);
    QElapsedTimer timer;  // printed, never asserted
    timer.start();
    std::size_t steps = 0;
    for (int run = 0; run < 100; ++run) {
        const RunUpdate update = openRun(at(std::to_string(run)), ManySteps::Columns)->drain();
        steps += update.past->rows() + update.steps.size();
    }
    qInfo("a hundred runs of 5,000 steps opened and read in %.1f ms", static_cast<double>(timer.nsecsElapsed()) / 1e6);
    QCOMPARE(steps, std::size_t(500'000));
}

void RunsTest::aRunIsSummarisedWithoutItsSteps()
{
    const fs::path folder = at("run");
    makeRun(folder, 20, kSmall);
    for (const double share : {0.3, 0.7, 0.6}) {
        const auto writer = RunWriter::reopen(folder, 20);
        writer->write(Snapshot{.step = 20, .figures = {{"knn.top1", share, ""}}});
    }
    const Catalog none;
    RunSummary run = readRunSummary(folder, none);
    QVERIFY2(run.problem.empty(), run.problem.c_str());
    QCOMPARE(run.title(), std::string("run"));
    QCOMPARE(run.data, std::string("numbers"));
    QCOMPARE(run.totalSteps, std::int64_t(20));
    QVERIFY(run.cutOff && !run.result);
    QCOMPARE(*run.firstKnn, 0.3);
    QCOMPARE(*run.bestKnn, 0.7);
    QCOMPARE(*run.lastKnn, 0.6);
    {
        const RunLock lock(folder);
        QVERIFY(readRunSummary(folder, none).phase == RunPhase::Running);
    }
    writeRunNotes(folder, {"my \"best\" one", {"paper", "good"}, {{12, "here"}}});
    RunResult result;
    result.steps = 20;
    result.linear = RunResult::Linear{0.8, {}, {}};
    RunWriter::reopen(folder, 20)->writeEnd({.phase = RunPhase::Finished, .step = 20, .result = result});
    run = readRunSummary(folder, none);
    QCOMPARE(run.title(), std::string("my \"best\" one"));
    QCOMPARE(run.notes.tags, (std::vector<std::string>{"paper", "good"}));
    QCOMPARE(run.notes.bookmarks.front().text, std::string("here"));
    QVERIFY(run.phase == RunPhase::Finished && !run.cutOff);
    QCOMPARE(run.result->linear->trained, 0.8);
}

void RunsTest::runsAreFoundUpToTwoFoldersDeep()
{
    fs::create_directories(at("runs/sweep/deeper"));
    for (const char* folder : {"runs/a", "runs/sweep/b", "runs/sweep/deeper/c"}) makeRun(at(folder), 1, kSmall);
    fs::last_write_time(at("runs/a/experiment.yaml"), fs::file_time_type::clock::now() - std::chrono::hours(1));
    QCOMPARE(findRuns(at("runs")), (std::vector<fs::path>{at("runs/sweep/b"), at("runs/a")}));
    QVERIFY(findRuns(at("nowhere")).empty());
}

void RunsTest::aDamagedRunIsListedWithWhatCanBeRead()
{
    const fs::path folder = at("run");
    makeRun(folder, 3, kSmall);
    writeBytes(folder / "result.json", "{\"phase\": ");
    writeBytes(folder / "probes.jsonl", "not json\n");
    const RunSummary run = readRunSummary(folder, Catalog{});
    QVERIFY(!run.problem.empty());
    QCOMPARE(run.method, std::string("none"));
    QVERIFY(!run.lastKnn);
}

QTEST_GUILESS_MAIN(RunsTest)
#include "tst_runs.moc"
