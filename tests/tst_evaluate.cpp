// What features are worth: label subsets, figures over classes and seeds, protocols, the pipeline.
#include <QtTest>

#include <cmath>
#include <set>

#include "core/analysis/classification.h"
#include "core/data/labelled_part.h"
#include "tests/tensors.h"

using namespace selfsight;

namespace {

/// `counts[c]` images of class c, mixed.
LabelTable tableOf(const std::vector<int>& counts)
{
    LabelTable table{.name = "class", .classes = {}, .labels = {}};
    int left = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        table.classes.push_back("class" + std::to_string(c));
        left += counts[c];
    }
    std::vector<int> remaining = counts;
    for (std::size_t c = 0; left > 0; c = (c + 1) % counts.size())
        if (remaining[c] > 0) {
            table.labels.push_back(static_cast<std::int32_t>(c));
            --remaining[c];
            --left;
        }
    return table;
}

std::map<int, int> countsOf(const LabelTable& table, const std::vector<std::int64_t>& images)
{
    std::map<int, int> counts;
    for (const std::int64_t image : images) ++counts[table.labels[static_cast<std::size_t>(image)]];
    return counts;
}

}  // namespace

class TestEvaluate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aShareOfTheLabelsHoldsAsManyOfEachClass()
    {
        const LabelTable table = tableOf({300, 300, 400});
        const LabelledImages part = labelledImages(table, {.share = 0.03, .seed = 5});
        QCOMPARE(part.images.size(), std::size_t{30});
        for (const auto& [label, count] : countsOf(table, part.images)) QCOMPARE(count, 10);
        QVERIFY(std::ranges::is_sorted(part.images));
        QVERIFY(part.notes.empty());
    }

    void aSeedGivesTheSameImagesAndAnotherOthers()
    {
        const LabelTable table = tableOf({500, 500});
        QVERIFY(labelledImages(table, {0.1, 1}).images == labelledImages(table, {0.1, 1}).images);
        QVERIFY(labelledImages(table, {0.1, 1}).images != labelledImages(table, {0.1, 2}).images);
    }

    void aLargerShareHoldsTheSmaller()
    {
        const LabelTable table = tableOf({500, 500});
        const auto few = labelledImages(table, {0.01, 3}).images, many = labelledImages(table, {0.1, 3}).images;
        QVERIFY(std::ranges::includes(many, few));
        QCOMPARE(labelledImages(table, {1, 3}).images.size(), std::size_t{1000});
    }

    void moreClassesThanImagesOfTheShareIsSaid()
    {
        const LabelTable table = tableOf(std::vector<int>(20, 10));
        const LabelledImages part = labelledImages(table, {0.01, 1});
        QCOMPARE(part.images.size(), std::size_t{20});
        QCOMPARE(QString::fromStdString(part.notes.at(0)),
                 QString("1 % of 200 images are fewer than the 20 classes: one image of each was taken, 10 %."));
    }

    void oneClassAndAnEmptyClassAreSaid()
    {
        const LabelledImages part = labelledImages(tableOf({40, 0}), {0.1, 1});
        QCOMPARE(part.images.size(), std::size_t{4});
        QVERIFY(part.notes.at(0).find("'class1'") != std::string::npos);
        QVERIFY(part.notes.at(1).find("one class") != std::string::npos);
    }

    void aClassThatHasFewerGivesAll()
    {
        const LabelTable table = tableOf({3, 997});
        const auto counts = countsOf(table, labelledImages(table, {0.1, 1}).images);
        QCOMPARE(counts.at(0), 3);
        QCOMPARE(counts.at(1), 50);
    }

    void confusionsAndSharesAreCounted()
    {
        const std::vector<std::int64_t> predictions = {0, 1, 1, 0, 1};
        const std::vector<std::int32_t> truth = {0, 0, 1, 0, 1};
        const Classification result = classificationOf(predictions, truth, 3, 1);
        QCOMPARE(result.top1, 0.8);
        QVERIFY(result.confusion == std::vector<std::int64_t>({2, 1, 0, 0, 2, 0, 0, 0, 0}));
        QCOMPARE(result.perClass[0], 2.0 / 3);
        QCOMPARE(result.perClass[1], 1.0);
        QVERIFY(std::isnan(result.perClass[2]));
        const auto pairs = confusedPairs(result, 5);
        QCOMPARE(pairs.size(), std::size_t{1});
        QCOMPARE(pairs[0].share, 1.0 / 3);
        QVERIFY(errorOf([&] { classificationOf(predictions, std::vector<std::int32_t>{0}, 3, 1); }).contains("5 answers for 1"));
        QVERIFY(errorOf([&] { classificationOf(std::vector<std::int64_t>{3}, std::vector<std::int32_t>{0}, 3, 1); }).contains("with 3 classes"));
    }

    void scoresGiveTheFirstFive()
    {
        // class 6 is third of the first image, and last of the second
        const std::vector<double> scores = {9, 8, 1, 1, 1, 1, 5, 2, 2, 2, 2, 2, 2, 1};
        const std::vector<std::int32_t> truth = {6, 6};
        const Classification result = classificationOf(scores, truth, 7);
        QCOMPARE(result.top1, 0.0);
        QCOMPARE(result.top5, 0.5);
    }

    void theIntervalIsStudents()
    {
        const std::vector<double> values = {0.80, 0.82, 0.84};
        const MeanInterval interval = meanInterval(values);
        QVERIFY(std::abs(interval.mean - 0.82) < 1e-12);
        QVERIFY(std::abs(interval.halfWidth - 4.3027 * 0.02 / std::sqrt(3)) < 1e-9);
        QVERIFY(std::isnan(meanInterval(std::vector<double>{0.5}).halfWidth));
        std::vector<double> many;
        for (int i = 0; i < 60; ++i) many.push_back(i % 2);
        QVERIFY(std::abs(meanInterval(many).halfWidth - 2.0010 * std::sqrt(60.0 / 4 / 59 / 60)) < 1e-4);  // t of 59
    }
};

QTEST_APPLESS_MAIN(TestEvaluate)
#include "tst_evaluate.moc"
