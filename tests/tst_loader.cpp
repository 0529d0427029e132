// The batch loader: the same batches whatever the threads, and what it does with images that cannot be read.
#include <QtTest>

#include <numeric>
#include <set>

#include "core/data/batch_loader.h"
#include "tests/made_files.h"

using namespace selfsight;

namespace {

/// `size` images of 20 x 20 pixels, of which some cannot be read.
class FakeImages : public DataSet {
public:
    explicit FakeImages(std::int64_t size, std::set<std::int64_t> bad = {}) : m_size(size), m_bad(std::move(bad)) {}

    std::int64_t size() const override { return m_size; }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    RgbImage image(std::int64_t index) const override
    {
        if (m_bad.contains(index)) throw Error(describe(index), "is damaged");
        RgbImage image(20, 20);
        const std::string bytes = noise(image.pixels.size(), static_cast<std::uint64_t>(index));
        std::copy(bytes.begin(), bytes.end(), image.pixels.begin());
        return image;
    }

private:
    std::int64_t m_size;
    std::set<std::int64_t> m_bad;
    std::vector<LabelTable> m_tables;
};

/// Signal i counts upwards from 1000 i; `length` samples.
class FakeSignals : public SignalSet {
public:
    explicit FakeSignals(std::int64_t length) : m_length(length) {}

    std::int64_t size() const override { return 20; }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    Signal signal(std::int64_t index) const override
    {
        if (index == 7) throw Error(describe(index), "is damaged");
        Signal result(static_cast<std::size_t>(m_length));
        std::iota(result.begin(), result.end(), static_cast<float>(1000 * index));
        return result;
    }

private:
    std::int64_t m_length;
    std::vector<LabelTable> m_tables;
};

/// Two windows of 16 samples; (x - 2) / 4.
std::shared_ptr<const ViewPipeline> windows()
{
    ViewPlan plan;
    plan.global = {.count = 2, .size = 16, .chain = {}};
    return std::make_shared<ViewPipeline>(plan, PixelStatistics{.mean = {2, 0, 0}, .std = {4, 1, 1}}, SampleKind::Signal);
}

std::shared_ptr<const ViewPipeline> pipeline()
{
    ViewPlan plan;
    plan.global = {.count = 2, .size = 16, .chain = {{"random_resized_crop", {}}, {"horizontal_flip", {}}}};
    plan.local = {.count = 1, .size = 8, .chain = {{"random_resized_crop", {}}}};
    return std::make_shared<ViewPipeline>(plan, PixelStatistics{});
}

std::vector<Batch> batches(const std::shared_ptr<const DataSet>& data, LoaderOptions options, int count, std::int64_t epoch = 0,
                           std::int64_t batch = 0)
{
    BatchLoader loader(data, pipeline(), options, {.epoch = epoch, .batch = batch});
    std::vector<Batch> result;
    for (int i = 0; i < count; ++i) result.push_back(loader.next());
    return result;
}

bool same(const Batch& a, const Batch& b)
{
    if (a.epoch != b.epoch || a.index != b.index || a.images != b.images || a.views.size() != b.views.size()) return false;
    for (std::size_t v = 0; v < a.views.size(); ++v)
        if (a.views[v].size != b.views[v].size || a.views[v].pixels != b.views[v].pixels) return false;
    return true;
}

}  // namespace

class TestLoader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void batchesDoNotDependOnThreads();
    void resumingContinuesTheSequence();
    void theImagesOfABatchAreKnownWithoutReading();
    void everyImageIsVisitedOnceAnEpoch();
    void aBadImageIsReplacedAndListedOnce();
    void tooManyBadImagesStopTheLoader();
    void aBatchLargerThanTheDataIsRefused();
    void theLoaderStopsWhileBatchesAreBeingMade();
    void theViewsOfASignalAreWindowsOfIt();
    void aShortSignalLiesAnywhereInSilence();
};

void TestLoader::batchesDoNotDependOnThreads()
{
    const auto data = std::make_shared<FakeImages>(50);
    const auto one = batches(data, {.batchSize = 8, .seed = 3, .threads = 1}, 15);
    QCOMPARE(one[0].views.size(), std::size_t{3});
    QCOMPARE(one[0].views[0].size, 16);
    QCOMPARE(one[0].views[2].pixels.size(), std::size_t{8 * 8 * 8 * 3});
    QVERIFY(one[0].views[0].pixels != one[0].views[1].pixels);
    for (const int threads : {2, 4}) {
        const auto several = batches(data, {.batchSize = 8, .seed = 3, .threads = threads, .niceness = 5}, 15);
        for (std::size_t i = 0; i < one.size(); ++i) QVERIFY(same(one[i], several[i]));
    }
    QVERIFY(!same(one[0], batches(data, {.batchSize = 8, .seed = 4, .threads = 1}, 1)[0]));
}

void TestLoader::resumingContinuesTheSequence()
{
    const auto data = std::make_shared<FakeImages>(50);
    const LoaderOptions options{.batchSize = 8, .seed = 3, .threads = 2};
    const auto all = batches(data, options, 15);
    const auto rest = batches(data, options, 8, 1, 1);  // six batches an epoch
    for (std::size_t i = 0; i < rest.size(); ++i) QVERIFY(same(all[i + 7], rest[i]));
    QVERIFY(same(all[6], batches(data, options, 1, 0, 6)[0]));  // the end of an epoch is the start of the next

    // Memory that comes back is used again and leaves no trace.
    BatchLoader loader(data, pipeline(), options);
    for (const Batch& expected : all) {
        Batch batch = loader.next();
        QVERIFY(same(batch, expected));
        for (ViewBlock& view : batch.views) std::fill(view.pixels.begin(), view.pixels.end(), -99.0f);
        loader.recycle(std::move(batch));
    }
}

void TestLoader::theImagesOfABatchAreKnownWithoutReading()
{
    const auto all = batches(std::make_shared<FakeImages>(50), {.batchSize = 8, .seed = 3, .threads = 2}, 15);
    for (const Batch& batch : all) QCOMPARE(BatchLoader::imagesOf(50, 8, 3, batch.epoch, batch.index), batch.images);
}

void TestLoader::everyImageIsVisitedOnceAnEpoch()
{
    const auto all = batches(std::make_shared<FakeImages>(48), {.batchSize = 8, .seed = 3, .threads = 2}, 12);
    std::vector<std::int64_t> epochs[2];
    for (const Batch& batch : all)
        epochs[batch.epoch].insert(epochs[batch.epoch].end(), batch.images.begin(), batch.images.end());
    QVERIFY(epochs[0] != epochs[1]);
    std::vector<std::int64_t> expected(48);
    std::iota(expected.begin(), expected.end(), 0);
    for (auto& epoch : epochs) {
        std::sort(epoch.begin(), epoch.end());
        QCOMPARE(epoch, expected);
    }
}

void TestLoader::aBadImageIsReplacedAndListedOnce()
{
    // 60 and 61 are bad: both are replaced by 62, with the views that their own numbers give.
    const auto data = std::make_shared<FakeImages>(100, std::set<std::int64_t>{60, 61});
    const LoaderOptions options{.batchSize = 20, .seed = 3, .threads = 2};
    BatchLoader loader(data, pipeline(), options);
    std::vector<Issue> issues;
    for (int i = 0; i < 10; ++i) {
        const Batch batch = loader.next();
        QCOMPARE(batch.images, BatchLoader::imagesOf(100, 20, 3, batch.epoch, batch.index));
        for (const Issue& issue : loader.takeIssues()) issues.push_back(issue);
        const auto found = std::find(batch.images.begin(), batch.images.end(), 60);
        if (found == batch.images.end()) continue;
        Canvas canvas;
        std::vector<float> expected(16 * 16 * 3);
        pipeline()->view(data->image(62), {3, static_cast<std::uint64_t>(batch.epoch), 60, 1}, canvas);
        pipeline()->normalize(canvas.image(), 1, expected.data());
        const float* view =
            batch.views[1].pixels.data() + (found - batch.images.begin()) * static_cast<std::ptrdiff_t>(expected.size());
        QVERIFY(std::equal(expected.begin(), expected.end(), view));
    }
    QCOMPARE(issues.size(), std::size_t{2});
    QVERIFY(!hasErrors(issues));
    QVERIFY(describe(issues[0]).find("is damaged") != std::string::npos);
}

void TestLoader::tooManyBadImagesStopTheLoader()
{
    std::set<std::int64_t> bad;
    for (std::int64_t i = 0; i < 100; i += 10) bad.insert(i);
    BatchLoader loader(std::make_shared<FakeImages>(100, bad), pipeline(), {.batchSize = 25, .seed = 3, .threads = 2});
    for (int i = 0; i < 3; ++i) loader.next();  // 75 images are too few to judge
    const QString error = errorOf([&] { loader.next(); });
    QVERIFY2(error.contains("10 of 100 images seen cannot be read"), qPrintable(error));

    std::set<std::int64_t> all;
    for (std::int64_t i = 0; i < 30; ++i) all.insert(i);
    BatchLoader hopeless(std::make_shared<FakeImages>(30, all), pipeline(), {.batchSize = 10, .seed = 3, .threads = 2});
    for (int i = 0; i < 2; ++i) QVERIFY(errorOf([&] { hopeless.next(); }).contains("30 images in a row cannot be read"));
}

void TestLoader::aBatchLargerThanTheDataIsRefused()
{
    const QString error = errorOf([&] { BatchLoader(std::make_shared<FakeImages>(10), pipeline(), {.batchSize = 11}); });
    QVERIFY2(error.contains("train.batch_size") && error.contains("10 images"), qPrintable(error));
}

void TestLoader::theLoaderStopsWhileBatchesAreBeingMade()
{
    for (int i = 0; i < 20; ++i) {
        BatchLoader loader(std::make_shared<FakeImages>(500), pipeline(), {.batchSize = 100, .seed = 3, .threads = 3});
        if (i % 2) QCOMPARE(loader.next().index, 0);
    }
}

void TestLoader::theViewsOfASignalAreWindowsOfIt()
{
    const auto data = std::make_shared<FakeSignals>(50);
    std::vector<Batch> one;
    for (const int threads : {1, 3}) {
        BatchLoader loader(data, windows(), {.batchSize = 5, .seed = 3, .threads = threads});
        for (std::size_t i = 0; i < 12; ++i) {
            Batch batch = loader.next();
            if (threads == 1) one.push_back(std::move(batch));
            else QVERIFY(same(batch, one[i]));
        }
        const std::vector<Issue> issues = loader.takeIssues();
        QCOMPARE(issues.size(), std::size_t{1});
        QVERIFY(describe(issues[0]).find("signal 7 is replaced by the next") != std::string::npos);
    }
    std::set<float> starts;
    for (const Batch& batch : one)
        for (const ViewBlock& block : batch.views) {
            QCOMPARE(block.pixels.size(), std::size_t{5 * 16});
            for (std::size_t i = 0; i < 5; ++i) {
                const std::int64_t signal = batch.images[i] == 7 ? 8 : batch.images[i];
                const float* view = block.pixels.data() + 16 * i;
                const float start = 4 * view[0] + 2 - static_cast<float>(1000 * signal);
                QVERIFY(start >= 0 && start <= 50 - 16 && start == std::floor(start));
                for (int t = 0; t < 16; ++t) QCOMPARE(view[t], view[0] + static_cast<float>(t) / 4);
                starts.insert(start);
            }
        }
    QVERIFY(starts.size() > 30 && *starts.begin() == 0 && *starts.rbegin() == 34);
    Canvas canvas;
    std::vector<float> middle(16);
    windows()->evaluationView(data->sample(0), canvas, middle.data());
    QCOMPARE(4 * middle[0] + 2, 17.0f);
}

void TestLoader::aShortSignalLiesAnywhereInSilence()
{
    const Sample source = Signal{6, 10, 14};
    Canvas canvas;
    std::vector<float> view(16);
    std::set<std::ptrdiff_t> places;
    for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
        windows()->view(source, {1, epoch, 0, 0}, canvas, view.data());
        const auto place = std::find(view.begin(), view.end(), 1.0f) - view.begin();
        QVERIFY(place <= 13 && view[static_cast<std::size_t>(place) + 1] == 2 && view[static_cast<std::size_t>(place) + 2] == 3);
        QCOMPARE(std::count(view.begin(), view.end(), -0.5f), 13);  // silence
        places.insert(place);
    }
    QCOMPARE(places.size(), std::size_t{14});
    windows()->evaluationView(source, canvas, view.data());
    QCOMPARE(view[6], 1.0f);
    windows()->evaluationView(Signal{}, canvas, view.data());
    QCOMPARE(std::count(view.begin(), view.end(), -0.5f), 16);
}

QTEST_GUILESS_MAIN(TestLoader)
#include "tst_loader.moc"
