// The embedding's way from the network to a run folder and back: which samples, what is kept of them, what comes between.
#include <QtTest>

#include <QTemporaryDir>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "core/data/data_set.h"
#include "core/runs/layout_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_writer.h"
#include "core/train/embedding_samples.h"
#include "tests/tiny_run.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

const SnapshotArray* arrayOf(const Snapshot& snapshot, const std::string& name)
{
    for (const SnapshotArray& array : snapshot.arrays)
        if (array.name == name) return &array;
    return nullptr;
}

DataSplits shapes(std::int64_t count, std::int64_t test)
{
    const Experiment experiment = with(tiny(), {{"data.count", std::to_string(count)}, {"data.test_count", std::to_string(test)}});
    return dataSets().at("shapes").open(experiment["data"], {});
}

}  // namespace

class EmbeddingTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path at(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void everyClassHasItsShareOfTheSamples();
    void testSamplesComeInWhereThereAreNotEnough();
    void aProbeSetIsToldOnceAndItsFeaturesAgain();
    void aStoredRunKnowsItsProbeSetAndFeatures();
    void slicesOfTheSameStretchReplaceEachOther();
    void layoutsAreKeptByTheWayTheyWereMade();
    void aRunThatIsSetBackForgetsLaterLayouts();
    void aDamagedProbeSetIsNamed();
    void signalsHaveWaveformsForThumbnails();
};

void EmbeddingTest::everyClassHasItsShareOfTheSamples()
{
    const DataSplits data = shapes(960, 32);
    const std::vector<std::int64_t> samples = embeddingSamples(data, 96, 1);
    QCOMPARE(samples.size(), std::size_t(96));
    QCOMPARE(std::set(samples.begin(), samples.end()).size(), samples.size());
    const LabelTable& table = data.train->labelTables().front();
    std::map<int, double> all, chosen;
    for (const int label : table.labels) all[label] += 0.1;
    for (const std::int64_t sample : samples) chosen[table.labels[static_cast<std::size_t>(sample)]] += 1;
    for (const auto& [label, share] : all) QVERIFY2(std::abs(chosen[label] - share) < 1.01, qPrintable(QString::number(label)));
    QCOMPARE(embeddingSamples(data, 96, 1), samples);
    QVERIFY(embeddingSamples(data, 96, 2) != samples);
}

void EmbeddingTest::testSamplesComeInWhereThereAreNotEnough()
{
    const DataSplits data = shapes(96, 32);
    const std::vector<std::int64_t> samples = embeddingSamples(data, 110, 1);
    QCOMPARE(samples.size(), std::size_t(110));
    QCOMPARE(sampleAt(data, samples.back()).data, data.test.get());
    const ProbeSet set = describedSamples(data, SampleKind::Image, samples);
    QCOMPARE(set.tables.front().labels.size(), samples.size());
    QVERIFY2(set.title.starts_with("110 of 128 images of "), set.title.c_str());
    QVERIFY(set.names.back().starts_with("test "));
    QCOMPARE(embeddingSamples(data, 70000, 1).size(), std::size_t(128));
}

void EmbeddingTest::aProbeSetIsToldOnceAndItsFeaturesAgain()
{
    Trainer trainer(catalog(), with(tiny(), {{"record.probe_budget", "1"}, {"train.steps", "60"}, {"record.embedding_images", "40"}}), {.evaluateAtEnd = false});
    int sets = 0;
    std::vector<std::shared_ptr<const FeatureSlice>> slices;
    Heard heard;
    while (!isOver(heard.state.phase)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        RunUpdate update = trainer.feed()->drain();
        sets += update.probeSet != nullptr;
        slices.insert(slices.end(), update.slices.begin(), update.slices.end());
        heard.hear(std::move(update));
    }
    QCOMPARE(sets, 1);
    for (const auto& slice : slices) QVERIFY(slice->rows() > 0 && slice->step > 0);
    int rounds = 0;
    for (const auto& snapshot : heard.snapshots) {
        const SnapshotArray* features = arrayOf(*snapshot, embedding::kFeatures);
        if (!features) continue;
        ++rounds;
        QCOMPARE(features->shape, (std::vector<std::int64_t>{40, 64}));
        for (std::size_t row = 0; row < 40; ++row) {
            double square = 0;
            for (std::size_t i = 0; i < 64; ++i) square += std::pow(features->values[64 * row + i], 2);
            QVERIFY(std::abs(square - 1) < 1e-3);
        }
        const SnapshotArray* steps = arrayOf(*snapshot, embedding::kSteps);
        QVERIFY(steps && steps->values.size() == 40 && steps->values.front() <= static_cast<float>(snapshot->step));
    }
    QVERIFY(rounds >= 2);
    const SnapshotArray* losses = arrayOf(*heard.snapshots.back(), embedding::kLosses);
    for (auto each = heard.snapshots.rbegin(); !losses && each != heard.snapshots.rend(); ++each) losses = arrayOf(**each, embedding::kLosses);
    QVERIFY(losses);
    QVERIFY(std::ranges::any_of(losses->values, [](float loss) { return std::isfinite(loss) && loss > 0; }));
}

void EmbeddingTest::aStoredRunKnowsItsProbeSetAndFeatures()
{
    const Experiment experiment = with(tiny(), {{"record.probe_budget", "1"}, {"train.steps", "40"}, {"record.embedding_images", "40"}});
    Trainer trainer(catalog(), experiment, {.runFolder = at("run"), .evaluateAtEnd = false});
    trainer.join();
    const RunUpdate live = trainer.feed()->drain();
    QVERIFY(live.probeSet);
    QCOMPARE(live.probeSet->size(), std::size_t(40));
    QCOMPARE(live.probeSet->thumbnails.size(), std::size_t(40 * 32 * 32 * 3));
    QCOMPARE(live.probeSet->tables.front().name, shapes(96, 32).train->labelTables().front().name);

    const auto reader = openRun(at("run"));
    const RunUpdate stored = reader->drain();
    QVERIFY(stored.probeSet);
    QVERIFY(*stored.probeSet == *live.probeSet);
    QVERIFY(!reader->drain().probeSet);
    int kept = 0;
    for (const auto& snapshot : live.snapshots) {
        const SnapshotArray* features = arrayOf(*snapshot, embedding::kFeatures);
        if (!features) continue;
        ++kept;
        const auto read = reader->snapshot(snapshot->step);
        QVERIFY(read);
        const SnapshotArray* again = arrayOf(*read, embedding::kFeatures);
        QVERIFY(again);
        for (std::size_t i = 0; i < features->values.size(); ++i) QVERIFY(std::abs(again->values[i] - features->values[i]) < 1e-3f);
    }
    QVERIFY(kept > 0);
}

void EmbeddingTest::slicesOfTheSameStretchReplaceEachOther()
{
    // 300 samples are three slices a round, and nobody drains while it trains.
    const Experiment experiment =
        with(tiny(), {{"data.count", "300"}, {"record.probe_budget", "1"}, {"train.steps", "60"}, {"record.embedding_images", "300"}, {"record.knn_bank", "16"}});
    Trainer trainer(catalog(), experiment, {.evaluateAtEnd = false});
    trainer.join();
    const RunUpdate update = trainer.feed()->drain();
    std::set<std::int64_t> firsts;
    for (const auto& slice : update.slices) {
        QVERIFY(firsts.insert(slice->first).second);
        QCOMPARE(slice->columns, std::int64_t(64));
        QVERIFY(slice->first + slice->rows() <= 300);
    }
    QVERIFY(firsts.size() <= 3);
}

void EmbeddingTest::layoutsAreKeptByTheWayTheyWereMade()
{
    fs::create_directories(at("kept"));
    const std::vector<float> layout = {1, 2, -3.5f, 4, 5, 6};
    writeLayout(at("kept"), 12, layout, "tsne perplexity=30");
    QCOMPARE(readLayout(at("kept"), 12, 3, "tsne perplexity=30").value(), layout);
    QVERIFY(!readLayout(at("kept"), 12, 3, "tsne perplexity=5"));
    QVERIFY(!readLayout(at("kept"), 12, 4, "tsne perplexity=30"));
    QVERIFY(!readLayout(at("kept"), 13, 3, "tsne perplexity=30"));
    fs::resize_file(at("kept") / "layouts" / "step_00000012.safetensors", 20);
    QVERIFY(!readLayout(at("kept"), 12, 3, "tsne perplexity=30"));
    writeLayout(at("gone"), 12, layout, "tsne");
    QVERIFY(!fs::exists(at("gone")));
}

void EmbeddingTest::aRunThatIsSetBackForgetsLaterLayouts()
{
    { RunWriter writer(at("back")); }
    for (const std::int64_t step : {10, 20}) writeLayout(at("back"), step, {1, 2}, "tsne");
    RunWriter::reopen(at("back"), 15);
    QVERIFY(readLayout(at("back"), 10, 1, "tsne"));
    QVERIFY(!readLayout(at("back"), 20, 1, "tsne"));
}

void EmbeddingTest::aDamagedProbeSetIsNamed()
{
    Trainer trainer(catalog(), with(tiny(), {{"record.probe_budget", "1"}, {"train.steps", "30"}}), {.runFolder = at("damaged"), .evaluateAtEnd = false});
    trainer.join();
    fs::resize_file(at("damaged") / "probe_set.safetensors", 100);
    const RunUpdate update = openRun(at("damaged"))->drain();
    QVERIFY(!update.probeSet);
    QVERIFY(std::ranges::any_of(update.log, [](const LogLine& line) { return line.text.find("probe_set.safetensors") != std::string::npos; }));
    QVERIFY(!update.steps.empty());
}

void EmbeddingTest::signalsHaveWaveformsForThumbnails()
{
    const DataSetInfo& info = dataSets().at("tones");
    const DataSplits data = info.open({"tones", {}}, {});
    const std::vector<std::uint8_t> pixels = thumbnailOf(sampleAt(data, 0), SampleKind::Signal, 48);
    QCOMPARE(pixels.size(), std::size_t(48 * 48 * 3));
    QVERIFY(std::set(pixels.begin(), pixels.end()).size() > 1);
}

QTEST_GUILESS_MAIN(EmbeddingTest)
#include "tst_embedding.moc"
