// Every augmentation of the list, and the view pipeline.
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "core/augment/operators.h"
#include "core/augment/view_pipeline.h"
#include "core/base/error.h"
#include "tests/pictures.h"

using namespace selfsight;
using namespace selfsight::test;

namespace {

OptionSet step(const std::string& type, std::map<std::string, Value> values = {})
{
    return {type, std::move(values)};
}

ViewPlan planOf(std::vector<OptionSet> chain, int size = 16, int count = 2)
{
    ViewPlan plan;
    plan.global = {.count = count, .size = size, .chain = std::move(chain)};
    return plan;
}

RgbImage viewOf(const ViewPipeline& pipeline, const RgbImage& source, const ViewKey& key)
{
    Canvas canvas;
    pipeline.view(source, key, canvas);
    return canvas.image();
}

std::string errorOf(const ViewPlan& plan)
{
    try {
        ViewPipeline(plan, PixelStatistics{});
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// An augmentation that leaves its image as it is, whatever is drawn.
bool isNormalize(const AugmentationInfo& info)
{
    PixelStatistics statistics;
    return info.make({})->normalizes(statistics);
}

}  // namespace

class TestAugmentations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyAugmentation_data();
    void everyAugmentation();
    void cropsKeepToTheirRanges();
    void noiseHasTheWidthAsked();

    void changingOneStepLeavesTheOthersDrawsAlone();
    void viewsComeFromTheirOwnChain();
    void aStepForOneViewLeavesTheOther();
    void aChainWithoutACropShowsTheMiddle();
    void theEvaluationViewIsTheMiddleSquare();
    void aViewDoesNotBorrowItsSource();
    void theBoxShownFollowsFlipsAndCrops();
    void normalizeUsesTheChainsStatisticsOrTheDataSets();
    void aBadChainIsNamed_data();
    void aBadChainIsNamed();
};

void TestAugmentations::everyAugmentation_data()
{
    QTest::addColumn<QString>("key");
    for (const AugmentationInfo& info : augmentations()) QTest::newRow(info.key.c_str()) << QString::fromStdString(info.key);
}

void TestAugmentations::everyAugmentation()
{
    QFETCH(QString, key);
    const AugmentationInfo& info = augmentations().at(key.toStdString());
    QVERIFY(!info.title.empty());
    QVERIFY(!info.doc.empty());

    // Every default, written out, is valid and means the same.
    OptionSet defaults = step(info.key);
    for (const Option& option : info.schema->options()) {
        QVERIFY2(!option.doc.empty(), option.key.c_str());
        defaults.values[option.key] = option.defaultValue;
    }
    QVERIFY(info.schema->changed(defaults).values.empty());
    QCOMPARE(info.step(defaults).probability, info.step(step(info.key)).probability);
    QVERIFY(info.make(defaults));
    if (isNormalize(info)) return;

    const auto pipelineOf = [&](double probability) {
        return ViewPipeline(planOf({step(info.key, {{"probability", probability}})}, 24), PixelStatistics{});
    };
    const ViewPipeline never = pipelineOf(0), sometimes = pipelineOf(0.5), plain(planOf({}, 24), PixelStatistics{});
    for (const RgbImage& source : {sloped(24, 24, 1), sloped(50, 31, 2), sloped(1, 1, 3), sloped(1, 40, 4), sloped(40, 1, 5)}) {
        std::size_t changed = 0;
        for (std::uint64_t image = 0; image < 64; ++image) {
            const ViewKey viewKey{.seed = 1, .epoch = 2, .image = image, .view = 1};
            const RgbImage untouched = viewOf(plain, source, viewKey), view = viewOf(sometimes, source, viewKey);
            QCOMPARE(view.width, 24);
            QCOMPARE(view.height, 24);
            QCOMPARE(viewOf(never, source, viewKey), untouched);
            QCOMPARE(viewOf(sometimes, source, viewKey), view);
            changed += view != untouched;
        }
        if (source.width > 1 && source.height > 1) {
            QVERIFY2(changed > 8, qPrintable(QString("%1 of 64 views changed").arg(changed)));
            QVERIFY2(changed < 56, qPrintable(QString("%1 of 64 views changed").arg(changed)));
        }
    }
}

void TestAugmentations::cropsKeepToTheirRanges()
{
    const ViewPipeline pipeline(planOf({step("random_resized_crop", {{"min_scale", 0.2}, {"max_scale", 0.6}})}),
                                PixelStatistics{});
    const RgbImage source = sloped(300, 200, 1);
    Canvas canvas;
    double smallest = 1, largest = 0;
    for (std::uint64_t image = 0; image < 500; ++image) {
        pipeline.view(source, {.seed = 1, .image = image}, canvas);
        const Box& box = canvas.source;
        QVERIFY(box.left >= 0 && box.top >= 0 && box.left + box.width <= 300 && box.top + box.height <= 200);
        const double share = box.width * box.height / 60000.0, ratio = static_cast<double>(box.width) / box.height;
        QVERIFY(ratio > 0.74 && ratio < 1.35);
        smallest = std::min(smallest, share);
        largest = std::max(largest, share);
    }
    QVERIFY(smallest > 0.195 && smallest < 0.22);
    QVERIFY(largest < 0.605 && largest > 0.55);

    // Where no box fits, the largest centred one of a permitted shape is taken.
    const ViewPipeline all(planOf({step("random_resized_crop", {{"min_scale", 1.0}})}), PixelStatistics{});
    all.view(sloped(10, 100, 1), {}, canvas);
    QCOMPARE(canvas.source, (Box{0, 43, 10, 13}));
}

void TestAugmentations::noiseHasTheWidthAsked()
{
    RgbImage grey(64, 64);
    std::fill(grey.pixels.begin(), grey.pixels.end(), std::uint8_t{128});
    const ViewPipeline pipeline(planOf({step("gaussian_noise", {{"sigma", 0.1}, {"probability", 1.0}})}, 64), PixelStatistics{});
    const RgbImage view = viewOf(pipeline, grey, {});
    double sum = 0, squares = 0;
    for (const std::uint8_t level : view.pixels) {
        sum += level - 128;
        squares += (level - 128) * (level - 128);
    }
    const auto count = static_cast<double>(view.pixels.size());
    QVERIFY(std::abs(sum / count) < 1);
    QVERIFY(std::abs(std::sqrt(squares / count) - 25.5) < 1);
}

void TestAugmentations::changingOneStepLeavesTheOthersDrawsAlone()
{
    const RgbImage source = sloped(40, 30, 1);
    const OptionSet crop = step("random_resized_crop"), flip = step("horizontal_flip"), jitter = step("color_jitter");
    const OptionSet idle = step("posterize", {{"bits", std::int64_t{8}}, {"probability", 1.0}}),
                    off = step("color_jitter", {{"enabled", false}});
    const ViewPipeline plain(planOf({crop, flip, jitter}), {}), more(planOf({idle, crop, flip, idle, jitter}), {}),
        less(planOf({crop, flip, off}), {});
    Canvas one, two;
    bool colourDiffers = false;
    for (std::uint64_t image = 0; image < 40; ++image) {
        const ViewKey key{.seed = 3, .epoch = 1, .image = image};
        QCOMPARE(viewOf(more, source, key), viewOf(plain, source, key));
        plain.view(source, key, one);
        less.view(source, key, two);
        QCOMPARE(two.source, one.source);
        QCOMPARE(two.flipped, one.flipped);
        colourDiffers = colourDiffers || one.image() != two.image();
    }
    QVERIFY(colourDiffers);

    // Equal steps in one chain draw apart.
    const ViewPipeline twice(planOf({flip, flip}), {});
    int flipped = 0;
    for (std::uint64_t image = 0; image < 64; ++image) {
        twice.view(source, {.seed = 1, .image = image}, one);
        flipped += one.flipped;
    }
    QVERIFY(flipped > 10 && flipped < 54);
}

void TestAugmentations::viewsComeFromTheirOwnChain()
{
    ViewPlan plan = planOf({step("random_resized_crop", {{"min_scale", 0.5}})}, 20);
    plan.local = {.count = 3, .size = 12, .chain = {step("random_resized_crop", {{"min_scale", 0.05}, {"max_scale", 0.2}})}};
    const ViewPipeline pipeline(plan, {});
    QCOMPARE(pipeline.viewCount(), 5);
    const RgbImage source = sloped(64, 64, 1);
    std::vector<RgbImage> views;
    Canvas canvas;
    for (int view = 0; view < 5; ++view) {
        QCOMPARE(pipeline.isGlobal(view), view < 2);
        QCOMPARE(pipeline.viewSize(view), view < 2 ? 20 : 12);
        pipeline.view(source, {.seed = 1, .view = view}, canvas);
        QCOMPARE(canvas.image().width, pipeline.viewSize(view));
        const double share = canvas.source.width * canvas.source.height / 4096.0;
        QVERIFY(view < 2 ? share > 0.48 : share < 0.22);
        QVERIFY(std::find(views.begin(), views.end(), canvas.image()) == views.end());
        views.push_back(canvas.image());
    }
    // Any part of the key makes another view; a canvas carries nothing over.
    for (const ViewKey& other : {ViewKey{.seed = 2}, ViewKey{.seed = 1, .epoch = 1}, ViewKey{.seed = 1, .image = 1}})
        QVERIFY(viewOf(pipeline, source, other) != views[0]);
    pipeline.view(source, {.seed = 1}, canvas);
    QCOMPARE(canvas.image(), views[0]);
}

void TestAugmentations::aStepForOneViewLeavesTheOther()
{
    const OptionSet second =
        step("solarize", {{"threshold", std::int64_t{0}}, {"probability", 1.0}, {"only_view", std::int64_t{2}}});
    ViewPlan plan = planOf({second});
    plan.local = {.count = 2, .size = 16, .chain = {second}};
    const ViewPipeline pipeline(plan, {});
    const RgbImage source = sloped(16, 16, 1);
    for (int view = 0; view < 4; ++view) QCOMPARE(viewOf(pipeline, source, {.view = view}) == source, view % 2 == 0);
}

void TestAugmentations::aChainWithoutACropShowsTheMiddle()
{
    const RgbImage source = sloped(60, 30, 1);
    const ViewPipeline pipeline(planOf({step("grayscale", {{"probability", 1.0}})}), {});
    Canvas canvas;
    pipeline.view(source, {}, canvas);
    RgbImage expected;
    resizedCrop(source, {15, 0, 30, 30}, 16, 16, Interpolation::Bilinear, true, expected);
    toGrey(expected);
    // The window's edges see beyond the middle square, the cut box does not.
    QVERIFY(difference(canvas.image(), expected).most <= 4);
    QCOMPARE(canvas.source, (Box{15, 0, 30, 30}));

    // A crop that the dice left out, or that comes late, still gives a view of the right size.
    const ViewPipeline rare(
        planOf({step("solarize", {{"probability", 1.0}}), step("random_resized_crop", {{"probability", 0.0}})}), {});
    QCOMPARE(viewOf(rare, source, {}).width, 16);
}

void TestAugmentations::theEvaluationViewIsTheMiddleSquare()
{
    const ViewPipeline pipeline(planOf({step("random_resized_crop"), step("color_jitter")}, 20), {});
    const RgbImage exact = sloped(20, 20, 1), wide = sloped(41, 20, 2), large = sloped(50, 70, 3);
    Canvas canvas;
    pipeline.evaluationView(exact, canvas);
    QCOMPARE(canvas.image(), exact);

    pipeline.evaluationView(wide, canvas);  // margin 10.5 rounds to the even 10
    for (int y = 0; y < 20; ++y) QVERIFY(std::equal(canvas.image().row(y), canvas.image().row(y) + 60, wide.row(y) + 30));
    QCOMPARE(canvas.source, (Box{10, 0, 20, 20}));

    pipeline.evaluationView(large, canvas);
    RgbImage resized, middle(20, 20);
    resizedCrop(large, {0, 0, 50, 70}, 20, 28, Interpolation::Bilinear, true, resized);
    for (int y = 0; y < 20; ++y) std::copy_n(resized.row(y + 4), 60, middle.row(y));
    QCOMPARE(canvas.image(), middle);
}

void TestAugmentations::aViewDoesNotBorrowItsSource()
{
    const ViewPipeline pipeline(planOf({}), {});
    RgbImage source = sloped(16, 16, 1);
    const RgbImage before = source;
    Canvas canvas;
    pipeline.view(source, {}, canvas);
    source = RgbImage();
    QCOMPARE(canvas.image(), before);
}

void TestAugmentations::theBoxShownFollowsFlipsAndCrops()
{
    Canvas canvas;
    const RgbImage source = sloped(100, 50, 1);
    canvas.start(source, 10);
    canvas.flipped = true;
    canvas.narrow({10, 20, 30, 20});
    QCOMPARE(canvas.source, (Box{60, 20, 30, 20}));
    canvas.spare().resize(10, 10);
    canvas.swap();
    canvas.narrow({0, 5, 5, 5});
    QCOMPARE(canvas.source, (Box{75, 30, 15, 10}));
}

void TestAugmentations::normalizeUsesTheChainsStatisticsOrTheDataSets()
{
    const PixelStatistics data{.mean = {0.1f, 0.2f, 0.3f}, .std = {0.5f, 0.25f, 0.125f}};
    RgbImage image(1, 1);
    image.pixels = {51, 102, 255};
    const auto numbers = [&](std::vector<OptionSet> chain) {
        std::vector<float> out(3);
        ViewPipeline(planOf(std::move(chain), 1), data).normalize(image, 0, out.data());
        return out;
    };
    const std::vector<float> own = numbers({}), both = numbers({step("normalize", {{"mean", std::vector<double>{0, 0.4, 1}},
                                                                                   {"std", std::vector<double>{1, 2, 4}}})});
    const float expected[] = {0.2f, 0.8f, 5.6f}, given[] = {0.2f, 0, 0}, raw[] = {0.2f, 0.4f, 1};
    for (std::size_t c = 0; c < 3; ++c) {
        QVERIFY(std::abs(own[c] - expected[c]) < 1e-6f);
        QVERIFY(std::abs(both[c] - given[c]) < 1e-6f);
        QVERIFY(std::abs(numbers({step("normalize", {{"enabled", false}})})[c] - raw[c]) < 1e-6f);
    }
    QCOMPARE(numbers({step("normalize")}), own);
}

void TestAugmentations::aBadChainIsNamed_data()
{
    QTest::addColumn<ViewPlan>("plan");
    QTest::addColumn<QString>("place");
    QTest::addColumn<QString>("text");
    const auto add = [](const char* name, const ViewPlan& plan, const char* place, const char* text) {
        QTest::newRow(name) << plan << QString(place) << QString(text);
    };
    const OptionSet flip = step("horizontal_flip"), normalize = step("normalize");
    add("unknown step", planOf({flip, step("grayscal")}), "views.global.chain[1]:", "did you mean 'grayscale'");
    add("unknown key", planOf({step("cutout", {{"shar", 0.2}})}), "views.global.chain[0].shar:", "did you mean 'share'");
    add("out of range", planOf({flip, step("color_jitter", {{"hue", 0.7}})}), "views.global.chain[1].hue:", "between 0 and 0.5");
    add("crossed scales", planOf({step("random_resized_crop", {{"min_scale", 0.5}, {"max_scale", 0.2}})}),
        "views.global.chain[0]: min_scale:", "above max_scale");
    add("even kernel", planOf({step("gaussian_blur", {{"kernel", std::int64_t{4}}})}), "views.global.chain[0]: kernel:", "odd");
    add("normalize too early", planOf({normalize, flip}), "views.global.chain[0]:", "last");
    add("normalize twice", planOf({normalize, normalize}), "views.global.chain[0]:", "only one");
    add("two means", planOf({step("normalize", {{"mean", std::vector<double>{0.5, 0.5}}})}),
        "views.global.chain[0]: mean:", "2 numbers");
    add("normalize at times", planOf({step("normalize", {{"probability", 0.5}})}),
        "views.global.chain[0]: probability:", "every view");
    add("no view", planOf({flip}, 16, 0), "views.global.count:", "no view");
    add("no pixel", planOf({flip}, 0), "views.global.size:", "0 pixels");
    ViewPlan local = planOf({flip});
    local.local = {.count = 2, .size = 8, .chain = {step("rotate")}};
    add("in the local chain", local, "views.local.chain[0]:", "rotation");
}

void TestAugmentations::aBadChainIsNamed()
{
    QFETCH(ViewPlan, plan);
    QFETCH(QString, place);
    QFETCH(QString, text);
    const QString error = QString::fromStdString(errorOf(plan));
    QVERIFY2(error.startsWith(place), qPrintable(error));
    QVERIFY2(error.contains(text), qPrintable(error));
}

QTEST_GUILESS_MAIN(TestAugmentations)
#include "tst_augmentations.moc"
