// Planted pulses are found, noise is left alone, and layers come in the right order: on recorded gradients and on synthetic ones.
#include <QtTest>

#include <cmath>
#include <random>

#include "core/io/safetensors.h"
#include "core/record/layer_groups.h"
#include "core/record/spike_comparison.h"
#include "core/record/spikes.h"

using namespace selfsight;

namespace {

/// Norms of some layers, a row a step.
using Series = std::vector<std::vector<float>>;

std::vector<SpikeEvent> eventsOf(const Series& series, std::int64_t firstStep = 1)
{
    SpikeDetector detector(series.front().size());
    for (std::size_t i = 0; i < series.size(); ++i) detector.observe(firstStep + static_cast<std::int64_t>(i), series[i]);
    detector.finish();
    return detector.takeEnded();
}

/// Gradient norms of fifteen short trainings of different methods, 13,350 steps in all.
std::vector<std::pair<std::string, Series>> recorded()
{
    const auto file = SafetensorsFile::open(SELFSIGHT_SOURCE "/tests/recorded/gradient_norms.safetensors");
    std::vector<std::pair<std::string, Series>> all;
    for (const TensorInfo& tensor : file.tensors()) {
        const std::vector<float> values = file.values<float>(tensor.name);
        Series series;
        for (std::int64_t step = 0; step < tensor.shape[0]; ++step) {
            series.emplace_back();
            for (std::int64_t layer = 0; layer < tensor.shape[1]; ++layer)
                series.back().push_back(std::exp(values[static_cast<std::size_t>(step * tensor.shape[1] + layer)]));
        }
        all.emplace_back(tensor.name, std::move(series));
    }
    return all;
}

Series noise(std::size_t steps, std::size_t layers, double deviation, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, static_cast<float>(deviation));
    Series series(steps, std::vector<float>(layers));
    for (auto& row : series)
        for (float& norm : row) norm = std::exp(normal(random));
    return series;
}

}  // namespace

class SpikesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordedNoiseHasLessThanOneEventInTenThousandSteps()
    {
        std::size_t steps = 0, events = 0;
        for (const auto& [name, series] : recorded()) {
            steps += series.size();
            events += eventsOf(series).size();
        }
        QVERIFY(steps > 10'000);
        QVERIFY2(static_cast<double>(events) < static_cast<double>(steps) / 10'000, qPrintable(QString::number(events)));
    }

    void plantedPulsesAreFoundInRecordedNoise()
    {
        constexpr int kPast = 210;  // two windows
        std::mt19937 random(5);
        int planted = 0, found = 0;
        for (const auto& [name, series] : recorded())
            for (std::size_t begin = kPast; begin + 10 < series.size(); begin += 17) {
                const std::size_t layer = random() % series.front().size(), length = 1 + random() % 5;
                Series part(series.begin() + static_cast<std::ptrdiff_t>(begin) - kPast, series.begin() + static_cast<std::ptrdiff_t>(begin) + 10);
                for (std::size_t i = 0; i < length; ++i) part[kPast + i][layer] *= 10;
                ++planted;
                for (const SpikeEvent& event : eventsOf(part, static_cast<std::int64_t>(begin) - kPast))
                    found += onsetOf(event, std::vector{layer}) == static_cast<std::int64_t>(begin);
            }
        QVERIFY(planted > 200);
        QVERIFY2(found >= 0.99 * planted, qPrintable(QString("%1 of %2").arg(found).arg(planted)));
    }

    void plantedLeadsAreOrdered_data()
    {
        QTest::addColumn<int>("lead");
        for (int lead : {2, 3, 5, 9}) QTest::addRow("%d steps", lead) << lead;
    }

    /// D.10 of the methods' notes: a pulse of twenty times in the first layer, steps before the last block's.
    void plantedLeadsAreOrdered()
    {
        QFETCH(int, lead);
        const std::vector<std::string> names = {"backbone.patch_embed.proj.weight", "backbone.blocks.0.attn.qkv.weight",
                                                "backbone.blocks.1.mlp.fc1.weight", "head.0.weight"};
        for (unsigned seed = 0; seed < 50; ++seed) {
            Series series = noise(400, 4, 0.2, seed);
            const std::size_t onset = 150 + seed * 4;
            for (std::size_t i = 0; i < 5; ++i) {
                series[onset + i][0] *= 20;
                series[onset + static_cast<std::size_t>(lead) + i][2] *= 20;
            }
            const std::vector<SpikeEvent> events = eventsOf(series, 0);
            QCOMPARE(events.size(), 1u);
            QCOMPARE(events[0].first, static_cast<std::int64_t>(onset));
            QCOMPARE(events[0].firstLayer().layer, 0u);
            QCOMPARE(leadOf(events[0], firstProjection(names), names), std::optional<std::int64_t>(lead));
        }
    }

    void spikesFarApartAreEventsOfTheirOwn()
    {
        Series series = noise(400, 2, 0.1, 3);
        series[200][0] *= 20, series[209][1] *= 20;  // nine steps later: the same event
        series[300][0] *= 20, series[310][1] *= 20;  // ten: another
        const std::vector<SpikeEvent> events = eventsOf(series, 0);
        QCOMPARE(events.size(), 3u);
        QCOMPARE(events[0].layers.size(), 2u);
        QCOMPARE(events[0].last, 209);
        QCOMPARE(events[2].first, 310);
        QCOMPARE(eventAt(events, 205), std::optional<std::size_t>(0));
        QCOMPARE(eventAt(events, 250), std::nullopt);
    }

    void anEventGrowsWhileItLasts()
    {
        Series series = noise(220, 2, 0.1, 4);
        series[200][0] *= 20, series[203][1] *= 50;
        SpikeDetector detector(2);
        for (std::size_t i = 0; i < 203; ++i) detector.observe(static_cast<std::int64_t>(i), series[i]);
        QVERIFY(detector.current() && detector.current()->open);
        QCOMPARE(detector.current()->layers.size(), 1u);
        QVERIFY(detector.observe(203, series[203]));
        QCOMPARE(detector.current()->layers.size(), 2u);
        QVERIFY(detector.takeEnded().empty());
        for (std::size_t i = 204; i < 214; ++i) QVERIFY(!detector.observe(static_cast<std::int64_t>(i), series[i]));
        QVERIFY(!detector.current());
        QCOMPARE(detector.takeEnded().size(), 1u);
    }

    void aLayerThatWakesUpIsNoSpike()
    {
        Series series = noise(600, 2, 0.1, 5);
        for (std::size_t i = 0; i < 300; ++i) series[i][1] = 0;  // frozen at first, as DINO's last layer
        for (std::size_t i = 300; i < 600; ++i) series[i][1] *= 1000;
        series[550][1] *= 20;
        const std::vector<SpikeEvent> events = eventsOf(series, 0);
        QCOMPARE(events.size(), 1u);
        QCOMPARE(events[0].first, 550);
    }

    void whatIsNotFiniteIsLeftOut()
    {
        Series series = noise(300, 1, 0.1, 6);
        for (std::size_t i = 120; i < 140; ++i) series[i][0] = i % 2 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
        series[250][0] *= 20;
        const std::vector<SpikeEvent> events = eventsOf(series, 0);
        QCOMPARE(events.size(), 1u);
        QCOMPARE(events[0].first, 250);
    }

    /// Against medians by sorting, window by window.
    void scoresEqualPlainOnes()
    {
        Series series = noise(260, 1, 0.3, 7);
        series[230][0] *= 30;
        const std::vector<SpikeEvent> events = eventsOf(series, 0);
        QCOMPARE(events.size(), 1u);
        std::vector<double> past;
        for (std::size_t i = 230 - 101; i < 230; ++i) past.push_back(std::log(static_cast<double>(series[i][0]) + 1e-12));
        const auto median = [](std::vector<double> values) {
            std::ranges::sort(values);
            return values[values.size() / 2];
        };
        const double middle = median(past);
        for (double& y : past) y = std::abs(y - middle);
        const double expected = (std::log(static_cast<double>(series[230][0])) - middle) / (1.4826 * median(past) + 1e-3);
        QVERIFY2(std::abs(events[0].layers[0].score - expected) < 1e-4 * expected, qPrintable(QString::number(events[0].layers[0].score)));
        QVERIFY(std::abs(events[0].layers[0].ratio - series[230][0] / std::exp(middle)) < 1e-4 * events[0].layers[0].ratio);
    }

    void runsAreComparedOnTheLayersThatAllTrain()
    {
        const auto event = [](std::int64_t first, std::vector<LayerSpike> layers) { return SpikeEvent{first, first + 3, std::move(layers), false}; };
        SpikingRun unstable{"unstable", {"backbone.patch_embed.proj.weight", "backbone.blocks.0.attn.qkv.weight", "backbone.blocks.1.mlp.fc1.weight"}, {}, 1000, {}};
        unstable.events = {event(200, {{0, 200, 9, 8}, {2, 203, 7, 5}}),   // the projection leads by 3
                           event(500, {{0, 500, 9, 8}}),                   // in the projection alone: counts for nobody else
                           event(800, {{2, 800, 9, 8}, {0, 801, 7, 4}})};  // the last block leads
        for (std::int64_t step = 25; step <= 1000; step += 25) unstable.knn.emplace_back(step, step >= 200 && step < 300 ? 0.4 : 0.6);  // four points of five behind the first event
        SpikingRun frozen{"frozen", {"backbone.blocks.0.attn.qkv.weight", "backbone.blocks.1.mlp.fc1.weight"}, {}, 1000, {{1000, 0.7}}};
        frozen.events = {event(300, {{0, 300, 9, 8}})};
        const std::vector<SpikeSummary> summaries = compareSpikes({unstable, frozen});
        QCOMPARE(summaries.size(), 2u);
        QCOMPARE(summaries[0].events, 2);
        QCOMPARE(summaries[0].projectionEvents, 3);
        QCOMPARE(summaries[0].projectionFirst, 2);
        QCOMPARE(summaries[0].medianLead, std::optional<double>(1));  // of 3 and -1
        QCOMPARE(summaries[0].firstGroup, std::string("block 1 MLP"));
        QVERIFY(std::abs(*summaries[0].worstDip - 0.16) < 1e-9);
        QVERIFY(std::abs(*summaries[0].knnEnd - 0.6) < 1e-9);
        QCOMPARE(summaries[1].events, 1);
        QCOMPARE(summaries[1].projectionEvents, 0);
        QVERIFY(!summaries[1].medianLead);
        QCOMPARE(toRow(summaries[1]).size(), spikeSummaryTitles().size());
    }

    void layersAreGroupedByTheirPart_data()
    {
        QTest::addColumn<QString>("layer");
        QTest::addColumn<QString>("group");
        QTest::newRow("patches") << "backbone.patch_embed.proj.weight" << "patch projection";
        QTest::newRow("token") << "backbone.cls_token" << "tokens";
        QTest::newRow("mask") << "mask_token" << "tokens";
        QTest::newRow("attention") << "backbone.blocks.11.attn.qkv.bias" << "block 11 attention";
        QTest::newRow("norm before attention") << "backbone.blocks.0.norm1.weight" << "block 0 attention";
        QTest::newRow("mlp") << "backbone.blocks.2.mlp.fc2.weight" << "block 2 MLP";
        QTest::newRow("last norm") << "backbone.norm.weight" << "last norm";
        QTest::newRow("stem") << "backbone.conv1.weight" << "stem";
        QTest::newRow("stage") << "backbone.layer2.1.conv1.weight" << "layer2.1";
        QTest::newRow("another encoder") << "backbone_edges.layer1.0.bn1.bias" << "edges: layer1.0";
        QTest::newRow("head") << "head.0.weight" << "head";
        QTest::newRow("deeper head") << "head.mlp.0.weight" << "head";
        QTest::newRow("predictor") << "predictor.3.weight" << "predictor";
    }

    void layersAreGroupedByTheirPart()
    {
        QFETCH(QString, layer);
        QFETCH(QString, group);
        QCOMPARE(QString::fromStdString(groupOf(layer.toStdString())), group);
    }

    void theLastBlockIsOfTheFirstEncoder()
    {
        const std::vector<std::string> vit = {"backbone.patch_embed.proj.weight", "backbone.blocks.9.attn.qkv.weight", "backbone.blocks.10.mlp.fc1.weight",
                                              "backbone.blocks.10.mlp.fc2.weight", "head.0.weight"};
        QCOMPARE(lastBlock(vit), (std::vector<std::size_t>{2, 3}));
        QCOMPARE(firstProjection(vit), (std::vector<std::size_t>{0}));
        const std::vector<std::string> two = {"backbone_rgb.conv1.weight", "backbone_rgb.layer4.1.conv1.weight", "backbone_edges.layer4.2.conv1.weight"};
        QCOMPARE(lastBlock(two), (std::vector<std::size_t>{1}));
        QVERIFY(lastBlock({"head.0.weight"}).empty());
        QVERIFY(firstProjection({"head.0.weight"}).empty());
    }
};

QTEST_GUILESS_MAIN(SpikesTest)
#include "tst_spikes.moc"
