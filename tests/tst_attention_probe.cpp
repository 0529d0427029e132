// Attention over a training: which images, what is kept of them, and how well the heads find the objects.
#include <QtTest>

#include <QTemporaryDir>

#include <cmath>
#include <filesystem>
#include <set>

#include "core/analysis/attention_maps.h"
#include "core/data/data_set.h"
#include "core/io/png.h"
#include "core/runs/attention_set_file.h"
#include "core/runs/run_reader.h"
#include "core/train/attention.h"
#include "core/train/attention_images.h"
#include "core/train/attention_score.h"
#include "tests/made_files.h"
#include "tests/tiny_run.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

/// DINO with a vision transformer of 2 x 2 heads, all of whose rounds are measured.
Experiment tinyVit(const std::vector<std::pair<std::string, std::string>>& settings = {})
{
    const char* yaml = R"(
data:      {type: shapes, image_size: 32, count: 96, test_count: 24}
backbone:  {type: vit, dim: 16, depth: 2, heads: 2, patch: 4, image_size: 32}
method:    {type: dino, outputs: 32, hidden: 16, bottleneck: 8, momentum: 0.5}
views:
  global: {size: 32, chain: [{type: random_resized_crop}, {type: horizontal_flip}, {type: normalize}]}
  local:  {count: 2, size: 16, chain: [{type: random_resized_crop}, {type: normalize}]}
optimizer: {type: adamw, lr: 0.01}
train:     {steps: 80, batch_size: 8, seed: 7, precision: fp32, device: cpu, threads: 1, checkpoint_every_seconds: 0}
record:    {probe_budget: 1, knn_bank: 8, knn_queries: 8, quality_images: 4, embedding_images: 8}
)";
    return with(parseExperiment(yaml, "tiny_vit", catalog()).experiment, settings);
}

DataSplits dataOf(const Experiment& experiment)
{
    return dataSets().at(experiment["data"].type).open(experiment["data"], experiment.folder);
}

const SnapshotArray* mapsOf(const Snapshot& snapshot)
{
    for (const SnapshotArray& array : snapshot.arrays)
        if (array.name == attention::kMaps) return &array;
    return nullptr;
}

std::shared_ptr<const Snapshot> lastWithMaps(const std::vector<std::shared_ptr<const Snapshot>>& snapshots)
{
    std::shared_ptr<const Snapshot> last;
    for (const auto& snapshot : snapshots)
        if (mapsOf(*snapshot)) last = snapshot;
    return last;
}

double figure(const Snapshot& snapshot, const std::string& name)
{
    for (const ProbeFigure& each : snapshot.figures)
        if (each.name == name) return each.value;
    return std::nan("");
}

/// Map `head` of image `image`.
FloatMap mapAt(const SnapshotArray& maps, std::size_t image, std::size_t head)
{
    const auto size = [&](std::size_t axis) { return static_cast<std::size_t>(maps.shape[axis]); };
    const std::size_t patches = size(2) * size(3);
    const auto begin = maps.values.begin() + static_cast<std::ptrdiff_t>((image * size(1) + head) * patches);
    return {static_cast<int>(size(3)), static_cast<int>(size(2)), {begin, begin + static_cast<std::ptrdiff_t>(patches)}};
}

RgbImage imageAt(const AttentionSet& set, std::size_t image)
{
    RgbImage picture(set.side, set.side);
    std::copy_n(set.pixels.begin() + static_cast<std::ptrdiff_t>(image * picture.pixels.size()), picture.pixels.size(), picture.pixels.begin());
    return picture;
}

bool says(const std::vector<LogLine>& log, const std::string& words)
{
    return std::ranges::any_of(log, [&](const LogLine& line) { return line.text.find(words) != std::string::npos; });
}

}  // namespace

class AttentionProbeTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void theImagesAreSpreadOverTheClasses();
    void masksGoTheWayOfTheirImages();
    void aSetIsToldOnceAndKept();
    void mapsAreThoseOfTheWeightsOfTheirStep();
    void theOverlapIsThatOfTheMapsWithTheMasks();
    void aRunThatGoesOnKeepsItsSet();
    void imagesWithoutMasksHaveMapsAlone();
    void aRunIsScoredAtAnyStep();
    void otherNetworksHaveNoAttention_data();
    void otherNetworksHaveNoAttention();
    void aDamagedSetIsNamed();
};

void AttentionProbeTest::theImagesAreSpreadOverTheClasses()
{
    const DataSplits data = dataOf(tinyVit({{"data.test_count", "80"}}));
    const std::vector<std::int64_t> images = askedImages(data, 64, 8, 1);
    QCOMPARE(images.size(), std::size_t(64));
    QCOMPARE(std::set(images.begin(), images.end()).size(), images.size());
    std::set<int> classes;
    for (std::size_t i = 0; i < 8; ++i) classes.insert(data.test->labelTables()[0].labels[static_cast<std::size_t>(images[i])]);
    QCOMPARE(classes.size(), std::size_t(8));
    QCOMPARE(askedImages(data, 64, 8, 1), images);
    QVERIFY(askedImages(data, 64, 8, 2) != images);
    QCOMPARE(askedImages(data, 500, 90, 1).size(), std::size_t(80));
}

void AttentionProbeTest::masksGoTheWayOfTheirImages()
{
    const Experiment experiment = tinyVit({{"data.image_size", "64"}});
    const DataSplits data = dataOf(experiment);
    const ViewPipeline pipeline(experiment.views, data.statistics);
    AttentionSet set;
    appendImages(*data.test, std::vector<std::int64_t>{3, 5}, pipeline, 5, set);
    QCOMPARE(set.side, 30);  // whole patches of 5 in 32 pixels
    QCOMPARE(set.masks.size(), std::size_t(2 * 30 * 30));
    // Where the mask is full and where it is empty, it is that of four pixels of the larger one.
    const FloatMap whole = *data.test->mask(5);
    int compared = 0;
    for (std::size_t y = 1; y < 29; ++y)
        for (std::size_t x = 1; x < 29; ++x) {
            float least = 1, most = 0;
            for (std::size_t v = 2 * y - 2; v < 2 * y + 4; ++v)
                for (std::size_t u = 2 * x - 2; u < 2 * x + 4; ++u) {
                    least = std::min(least, whole.values[64 * v + u]);
                    most = std::max(most, whole.values[64 * v + u]);
                }
            if (least != most) continue;
            ++compared;
            QCOMPARE(int(set.masks[900 + 30 * y + x]), int(255 * most));
        }
    QVERIFY(compared > 200);
}

void AttentionProbeTest::aSetIsToldOnceAndKept()
{
    Trainer trainer(catalog(), tinyVit(), {.runFolder = at("kept"), .evaluateAtEnd = false});
    int sets = 0;
    std::shared_ptr<const AttentionSet> told;
    Heard heard;
    while (!isOver(heard.state.phase)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        RunUpdate update = trainer.feed()->drain();
        if (update.attentionSet) ++sets, told = update.attentionSet;
        heard.hear(std::move(update));
    }
    QCOMPARE(sets, 1);
    QCOMPARE(QString::fromStdString(told->title), QString("8 of 24 held-out images of Shapes"));
    QCOMPARE(told->size(), std::size_t(8));
    QCOMPARE(told->classes.size(), std::size_t(8));
    QCOMPARE(told->side, 32);
    QCOMPARE(told->pixels.size(), std::size_t(8 * 32 * 32 * 3));
    QCOMPARE(told->masks.size(), std::size_t(8 * 32 * 32));

    const auto reader = openRun(at("kept"));
    const RunUpdate stored = reader->drain();
    QVERIFY(stored.attentionSet && *stored.attentionSet == *told);
    QVERIFY(!reader->drain().attentionSet);
    int rounds = 0;
    for (const auto& snapshot : heard.snapshots) {
        const SnapshotArray* maps = mapsOf(*snapshot);
        if (!maps) continue;
        ++rounds;
        QCOMPARE(maps->shape, (std::vector<std::int64_t>{8, 2, 8, 8}));
        const auto kept = reader->snapshot(snapshot->step);
        QVERIFY(kept && mapsOf(*kept));
        for (std::size_t i = 0; i < maps->values.size(); ++i) QVERIFY(std::abs(mapsOf(*kept)->values[i] - maps->values[i]) <= maps->values[i] / 1024);
        for (const char* name : {"attention.entropy.head_2", "attention.distance.head_1", "attention.iou.head_2", "attention.iou.best"})
            QVERIFY2(std::isfinite(figure(*snapshot, name)), name);
        QVERIFY(figure(*snapshot, "attention.entropy.head_1") <= std::log(64.0) + 1e-6);
        QVERIFY(figure(*snapshot, "attention.distance.head_1") > 0);
        QVERIFY(figure(*snapshot, "attention.iou.best") >= figure(*snapshot, "attention.iou.best_head"));
        QCOMPARE(figure(*snapshot, "attention.iou.best_head"),
                 std::max(figure(*snapshot, "attention.iou.head_1"), figure(*snapshot, "attention.iou.head_2")));
    }
    QVERIFY(rounds >= 2);
}

/// DINO: the teacher's weights, which differ from the student's at a momentum of 0.5.
void AttentionProbeTest::mapsAreThoseOfTheWeightsOfTheirStep()
{
    Trainer trainer(catalog(), tinyVit({{"train.checkpoint_every_steps", "1"}, {"train.keep_last_checkpoints", "0"}}), {.runFolder = at("weights"), .evaluateAtEnd = false});
    trainer.join();
    const RunUpdate heard = trainer.feed()->drain();
    const auto snapshot = lastWithMaps(heard.snapshots);
    QVERIFY(snapshot && snapshot->step > 1);
    AttentionModel model = AttentionModel::ofRun(at("weights"), snapshot->step, catalog());
    for (std::size_t image = 0; image < 8; ++image) {
        const AttentionAnswer answer = model.ask(imageAt(*heard.attentionSet, image), 0, {});
        for (std::size_t head = 0; head < 2; ++head) {
            const FloatMap map = mapAt(*mapsOf(*snapshot), image, head);
            for (std::size_t i = 0; i < map.values.size(); ++i) QVERIFY(std::abs(map.values[i] - answer.heads[head].values[i]) < 1e-5f);
        }
    }
}

void AttentionProbeTest::theOverlapIsThatOfTheMapsWithTheMasks()
{
    Trainer trainer(catalog(), tinyVit({{"record.attention_images", "64"}}), {.evaluateAtEnd = false});
    trainer.join();
    const RunUpdate heard = trainer.feed()->drain();
    const auto snapshot = lastWithMaps(heard.snapshots);
    QVERIFY(snapshot);
    QCOMPARE(heard.attentionSet->size(), std::size_t(24));
    double sums[2] = {}, best = 0, entropy = 0;
    for (std::size_t image = 0; image < 24; ++image) {
        double overlaps[2];
        for (std::size_t head = 0; head < 2; ++head) {
            const FloatMap map = mapAt(*mapsOf(*snapshot), image, head), mask = massMask(map);
            double both = 0, either = 0;
            for (std::size_t y = 0; y < 32; ++y)
                for (std::size_t x = 0; x < 32; ++x) {
                    const bool held = mask.values[8 * (y / 4) + x / 4] > 0, object = heard.attentionSet->masks[1024 * image + 32 * y + x] > 127;
                    both += held && object;
                    either += held || object;
                }
            overlaps[head] = both / either;
            sums[head] += overlaps[head] / 24;
            if (head == 1) entropy += attentionEntropy(map) / 24;
        }
        best += std::max(overlaps[0], overlaps[1]) / 24;
    }
    QVERIFY(std::abs(figure(*snapshot, "attention.iou.head_1") - sums[0]) < 1e-6);
    QVERIFY(std::abs(figure(*snapshot, "attention.iou.head_2") - sums[1]) < 1e-6);
    QVERIFY(std::abs(figure(*snapshot, "attention.iou.best") - best) < 1e-6);
    QVERIFY(std::abs(figure(*snapshot, "attention.entropy.head_2") - entropy) < 1e-6);
}

void AttentionProbeTest::aRunThatGoesOnKeepsItsSet()
{
    {
        Trainer trainer(catalog(), tinyVit(), {.runFolder = at("goes_on"), .evaluateAtEnd = false});
        trainer.join();
    }
    const auto before = readAttentionSet(at("goes_on"));
    QVERIFY(before);
    Trainer trainer(catalog(), ResumeOptions{.runFolder = at("goes_on"), .furtherSteps = 40, .evaluateAtEnd = false, .tellPast = true});
    trainer.join();
    const RunUpdate heard = trainer.feed()->drain();
    QVERIFY(heard.attentionSet && *heard.attentionSet == *before);
    QVERIFY(*readAttentionSet(at("goes_on")) == *before);
    const auto snapshot = lastWithMaps(heard.snapshots);
    QVERIFY(snapshot && snapshot->step > 80);
}

void AttentionProbeTest::imagesWithoutMasksHaveMapsAlone()
{
    for (int i = 0; i < 12; ++i) {
        RgbImage image(40, 30 + i);
        for (std::size_t k = 0; k < image.pixels.size(); ++k) image.pixels[k] = static_cast<std::uint8_t>((k * 7 + static_cast<std::size_t>(i) * 31) % 251);
        const fs::path folder = at("pictures") / (i % 2 ? "odd" : "even");
        fs::create_directories(folder);
        write(folder / (std::to_string(i) + ".png"), pngBytes(image));
    }
    const Experiment experiment = with(tinyVit({{"record.attention_images", "3"}}), {{"data.type", "image_folder"}, {"data.path", at("pictures").string()}});
    Trainer trainer(catalog(), experiment, {.runFolder = at("maskless"), .evaluateAtEnd = false});
    trainer.join();
    const RunUpdate heard = trainer.feed()->drain();
    QVERIFY(heard.attentionSet);
    QVERIFY(errorOf([&] { scoreAttention(at("maskless"), {}, {}, catalog()); }).contains("whose images come without masks"));
    QCOMPARE(QString::fromStdString(heard.attentionSet->title), QString("3 of 12 training images of pictures"));
    QVERIFY(heard.attentionSet->masks.empty());
    QCOMPARE(std::set(heard.attentionSet->classes.begin(), heard.attentionSet->classes.end()), (std::set<std::string>{"even", "odd"}));
    const auto snapshot = lastWithMaps(heard.snapshots);
    QVERIFY(snapshot);
    QCOMPARE(mapsOf(*snapshot)->shape.front(), std::int64_t{3});
    QVERIFY(std::isnan(figure(*snapshot, "attention.iou.best")));
    QVERIFY(std::isfinite(figure(*snapshot, "attention.entropy.head_1")));
}

void AttentionProbeTest::aRunIsScoredAtAnyStep()
{
    Trainer trainer(catalog(), tinyVit({{"train.checkpoint_every_steps", "1"}, {"train.keep_last_checkpoints", "0"}}), {.runFolder = at("scored"), .evaluateAtEnd = false});
    trainer.join();
    const auto snapshot = lastWithMaps(trainer.feed()->drain().snapshots);
    QVERIFY(snapshot);
    // All held-out images, which are those that the probe takes here.
    const AttentionScore score = scoreAttention(at("scored"), snapshot->step, {.images = 1000, .mass = 0.6, .attention = {}}, catalog());
    QCOMPARE(QString::fromStdString(score.images), QString("24 of 24 held-out images of Shapes"));
    QCOMPARE(score.overlaps.size(), std::size_t(2));
    for (std::size_t head = 0; head < 2; ++head) {
        const std::string name = "head_" + std::to_string(head + 1);
        QVERIFY(std::abs(score.overlaps[head] - figure(*snapshot, "attention.iou." + name)) < 2e-3);
        QVERIFY(std::abs(score.entropies[head] - figure(*snapshot, "attention.entropy." + name)) < 1e-4);
        QVERIFY(std::abs(score.distances[head] - figure(*snapshot, "attention.distance." + name)) < 1e-4);
    }
    QVERIFY(std::abs(score.bestOfEachImage - figure(*snapshot, "attention.iou.best")) < 2e-3);
    QVERIFY(score.overlaps[score.bestHead] >= score.overlaps[1 - score.bestHead]);

    const AttentionScore untrained = scoreAttention(at("scored"), 0, {.images = 8, .mass = 0.6, .attention = {}}, catalog());
    QCOMPARE(QString::fromStdString(untrained.model), QString("scored, step 0"));
    QCOMPARE(QString::fromStdString(untrained.images), QString("8 of 24 held-out images of Shapes"));
    QVERIFY(untrained.entropies != score.entropies);
    QVERIFY(errorOf([&] { scoreAttention(at("scored"), 999, {}, catalog()); }).contains("has no checkpoint of step 999"));
}

void AttentionProbeTest::otherNetworksHaveNoAttention_data()
{
    QTest::addColumn<bool>("vit");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("a ResNet") << false << "Attention: the features come from no vision transformer, and others have no attention.";
    QTest::newRow("switched off") << true << "Attention: record.attention_images is 0, so that no maps are kept.";
}

void AttentionProbeTest::otherNetworksHaveNoAttention()
{
    QFETCH(bool, vit);
    QFETCH(QString, sentence);
    Trainer trainer(catalog(), vit ? tinyVit({{"record.attention_images", "0"}}) : with(tiny(), {{"record.probe_budget", "1"}}),
                    {.runFolder = at(vit ? "off" : "resnet"), .evaluateAtEnd = false});
    trainer.join();
    const RunUpdate heard = trainer.feed()->drain();
    QVERIFY(says(heard.log, sentence.toStdString()));
    QVERIFY(!heard.attentionSet);
    QVERIFY(!heard.snapshots.empty() && !lastWithMaps(heard.snapshots));
    QVERIFY(!readAttentionSet(at(vit ? "off" : "resnet")));
}

void AttentionProbeTest::aDamagedSetIsNamed()
{
    Trainer trainer(catalog(), tinyVit(), {.runFolder = at("damaged"), .evaluateAtEnd = false});
    trainer.join();
    AttentionSet broken = *readAttentionSet(at("damaged"));
    broken.names.pop_back();
    QVERIFY_EXCEPTION_THROWN(writeAttentionSet(at("damaged"), broken), std::exception);
    fs::resize_file(at("damaged") / "attention_set.safetensors", 100);
    const RunUpdate update = openRun(at("damaged"))->drain();
    QVERIFY(!update.attentionSet && !update.snapshots.empty());
    QVERIFY(says(update.log, "attention_set.safetensors"));
}

QTEST_GUILESS_MAIN(AttentionProbeTest)
#include "tst_attention_probe.moc"
