// Every method and every optimiser on a device that is not the CPU: no tensor is made in the wrong place, and no step waits for
// a value.
#include <QtTest>

#include "core/analysis/knn_scores.h"
#include "tests/fake_device.h"
#include "tests/tensors.h"
#include "tests/tiny_training.h"

using namespace selfsight;

namespace {

Views onDevice(Views views)
{
    for (torch::Tensor& view : views.global) view = view.to(kFakeDevice);
    for (torch::Tensor& view : views.local) view = view.to(kFakeDevice);
    views.indices = views.indices.to(kFakeDevice);
    if (views.labels.defined()) views.labels = views.labels.to(kFakeDevice);
    return views;
}

/// Losses of three steps, read after the last.
std::vector<double> train(const MethodInfo& info, const OptimizerInfo& optimizerInfo, bool elsewhere, int* hostReads = nullptr)
{
    const auto method = makeMethod(info, 1);
    if (elsewhere) method->to(kFakeDevice);
    const Views views = elsewhere ? onDevice(randomViews(info)) : randomViews(info);
    const auto optimizer = optimizerInfo.make({}, method->parameterGroups());
    takeHostReads();
    std::vector<torch::Tensor> losses;
    for (std::int64_t step = 0; step < 3; ++step) losses.push_back(trainStep(*method, *optimizer, views, step, 0.002));
    if (hostReads) *hostReads = takeHostReads();
    std::vector<double> numbers;
    for (const torch::Tensor& loss : losses) numbers.push_back(loss.item<double>());
    return numbers;
}

}  // namespace

class DeviceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { at::set_num_threads(1); }  // sums in one order, whatever else the machine does

    void theFakeDeviceNoticesMixtures()
    {
        const torch::Tensor here = torch::ones({3}), there = torch::ones({3}, kFakeDevice);
        QVERIFY_EXCEPTION_THROWN(there + here, c10::Error);
        QVERIFY_EXCEPTION_THROWN(torch::cat({there, here}), c10::Error);
        QVERIFY_EXCEPTION_THROWN(torch::ones({3, 3}, kFakeDevice).mv(here), c10::Error);
        takeHostReads();
        QCOMPARE((there * 2).sum().item<float>(), 6.0f);
        QCOMPARE(takeHostReads(), 1);
        QVERIFY(torch::equal((there + 1).cpu(), here + 1));
        QCOMPARE(takeHostReads(), 1);
        here.to(kFakeDevice);
        QCOMPARE(takeHostReads(), 1);
        here.to(kFakeDevice, true);
        QCOMPARE(takeHostReads(), 0);
    }

    void everyMethodTrainsThereAsOnTheCpu_data()
    {
        QTest::addColumn<QString>("method");
        for (const MethodInfo& info : methods()) QTest::newRow(info.key.c_str()) << QString::fromStdString(info.key);
    }

    void everyMethodTrainsThereAsOnTheCpu()
    {
        QFETCH(QString, method);
        const MethodInfo& info = methods().at(method.toStdString());
        for (const OptimizerInfo& optimizer : optimizers()) {
            int hostReads = 0;
            const std::vector<double> there = train(info, optimizer, true, &hostReads), here = train(info, optimizer, false);
            for (std::size_t step = 0; step < here.size(); ++step)
                QVERIFY2(std::abs(there[step] - here[step]) < 1e-3 * (1 + std::abs(here[step])),
                         qPrintable(QString("%1: %2 there, %3 here").arg(optimizer.key.c_str()).arg(there[step]).arg(here[step])));
            QVERIFY(here[2] != here[0]);
            QCOMPARE(hostReads, 0);
        }
    }

    void neighboursAreCountedWhereTheFeaturesAre()
    {
        torch::manual_seed(2);
        const torch::Tensor bank = torch::randn({20, 4}), queries = torch::randn({5, 4}), labels = torch::arange(20).remainder(3);
        const torch::Tensor here = knnScores(bank, labels, queries, 4, 0.1, 3);
        const torch::Tensor bankThere = bank.to(kFakeDevice), labelsThere = labels.to(kFakeDevice), queriesThere = queries.to(kFakeDevice);
        takeHostReads();
        const torch::Tensor there = knnScores(bankThere, labelsThere, queriesThere, 4, 0.1, 3);
        QCOMPARE(takeHostReads(), 0);
        QVERIFY(torch::allclose(there.cpu(), here));
    }
};

QTEST_GUILESS_MAIN(DeviceTest)
#include "tst_device.moc"
