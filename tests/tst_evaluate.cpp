// What features are worth: label subsets, figures over classes and seeds, protocols, the pipeline.
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/analysis/class_activation.h"
#include "core/analysis/classification.h"
#include "core/data/labelled_part.h"
#include "core/evaluate/encoder_file.h"
#include "core/evaluate/evaluate.h"
#include "core/evaluate/evaluation_tables.h"
#include "core/evaluate/inspection.h"
#include "core/evaluate/kept_rows.h"
#include "core/evaluate/model_features.h"
#include "core/evaluate/pipeline.h"
#include "core/evaluate/stages.h"
#include "core/export/stored_run.h"
#include "core/io/png.h"
#include "core/train/classifier_file.h"
#include "core/train/training.h"
#include "tests/tensors.h"
#include "tests/tiny_run.h"

using namespace selfsight;

namespace
{

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

struct Judged {
    std::vector<EvaluationRow> rows;
    std::vector<std::string> problems;
    bool whole = false;
};

Judged judged(
    const EvaluationRequest& request, const EvaluateProgress& progress = [](const std::string&, double) { return true; })
{
    Judged result;
    result.whole = evaluateModels(
        request, catalog(), [&result](const EvaluationRow& row) { result.rows.push_back(row); }, result.problems, progress);
    return result;
}

/// A folder with a picture a file: root/part/class/n.png, or root/n.png without classes.
void writePictures(const std::filesystem::path& folder, int count)
{
    std::filesystem::create_directories(folder);
    for (int i = 0; i < count; ++i) {
        RgbImage image(8, 8);
        for (std::size_t b = 0; b < image.pixels.size(); ++b)
            image.pixels[b] = static_cast<std::uint8_t>(b * 7 + 31 * static_cast<std::size_t>(i));
        std::ofstream(folder / (std::to_string(i) + ".png"), std::ios::binary) << pngBytes(image);
    }
}

}  // namespace

class TestEvaluate : public QObject
{
    Q_OBJECT

    QTemporaryDir m_temporary;
    std::filesystem::path m_folder, m_run;

    EvaluationRequest request(std::vector<Protocol> wanted, std::vector<double> shares = {1}) const
    {
        EvaluationRequest request;
        request.models = {m_run.string()};
        request.protocols = std::move(wanted);
        request.shares = std::move(shares);
        request.cache = m_folder / "cache";
        request.threads = 1;
        return request;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_temporary.isValid());
        m_folder = m_temporary.path().toStdString();
        m_run = m_folder / "run";
        QCOMPARE(run(pretraining(), {.runFolder = m_run, .steps = {}, .evaluateAtEnd = false}).state.phase, RunPhase::Finished);
    }

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
        QVERIFY(errorOf([&] {
                    classificationOf(std::vector<std::int64_t>{3}, std::vector<std::int32_t>{0}, 3, 1);
                }).contains("with 3 classes"));
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

    void everyProtocolGivesItsFigures()
    {
        EvaluationRequest all = request(
            {Protocol::Knn, Protocol::Linear, Protocol::LinearAugmented, Protocol::FineTune, Protocol::Scratch}, {0.25, 1});
        all.seeds = 2;
        all.settings = {{"fine_tune.probe_epochs", "2"}};
        const Judged result = judged(all);
        QVERIFY(result.whole);
        QVERIFY2(result.problems.empty(), result.problems.empty() ? "" : result.problems.front().c_str());
        QCOMPARE(result.rows.size(), std::size_t{10});
        for (const EvaluationRow& row : result.rows) {
            const bool isDrawn = row.share < 1 || (row.protocol != Protocol::Knn && row.protocol != Protocol::Linear);
            QCOMPARE(row.top1.count, std::int64_t{isDrawn ? 2 : 1});
            QVERIFY(std::isnan(row.top1.halfWidth) != isDrawn);
            QCOMPARE(row.tested, std::int64_t{32});
            QCOMPARE(row.labelled, std::int64_t{row.share < 1 ? 24 : 96});
            QVERIFY(row.top1.mean >= 0 && row.top1.mean <= row.top5.mean && row.top5.mean <= 1);
            std::int64_t asked = 0, right = 0;
            for (std::size_t i = 0; i < row.confusion.size(); ++i) {
                asked += row.confusion[i];
                if (i % (row.classes.size() + 1) == 0) right += row.confusion[i];
            }
            QCOMPARE(asked, 32 * row.top1.count);
            QCOMPARE(static_cast<double>(right) / static_cast<double>(asked), row.top1.mean);
        }
        QVERIFY(result.rows[6].settings.find("from layer 1 of the head") != std::string::npos);  // a quarter of the labels
        QVERIFY(result.rows[7].settings.find("from the backbone") != std::string::npos);         // all of them
    }

    void featuresAreComputedOnceAndADamagedFileAgain()
    {
        const EvaluationRequest knn = request({Protocol::Knn});
        const double first = judged(knn).rows.at(0).top1.mean;
        std::vector<std::string> said;
        const auto listen = [&said](const std::string& activity, double) {
            said.push_back(activity);
            return true;
        };
        QCOMPARE(judged(knn, listen).rows.at(0).top1.mean, first);
        QVERIFY(std::ranges::none_of(said, [](const std::string& text) { return text.find("features") != std::string::npos; }));
        for (const auto& entry : std::filesystem::directory_iterator(m_folder / "cache"))
            if (entry.path().string().find(".features.") != std::string::npos) std::filesystem::resize_file(entry.path(), 40);
        said.clear();
        QCOMPARE(judged(knn, listen).rows.at(0).top1.mean, first);
        QVERIFY(std::ranges::any_of(said, [](const std::string& text) { return text.find("features") != std::string::npos; }));
    }

    void cancellingLeavesWhatIsWhole()
    {
        const Judged result =
            judged(request({Protocol::Knn, Protocol::FineTune}, {0.25}), [](const std::string& activity, double share) {
                return activity.find("Fine-tuned") == std::string::npos || share < 0.9;
            });
        QVERIFY(!result.whole);
        QCOMPARE(result.rows.size(), std::size_t{1});
        QVERIFY(result.rows[0].protocol == Protocol::Knn);
    }

    void progressNeverRunsBackwards()
    {
        double last = 0;
        EvaluationRequest both = request({Protocol::Knn, Protocol::Linear, Protocol::FineTune}, {0.25, 1});
        both.models.push_back(m_run.string());
        QVERIFY(judged(both, [&last](const std::string&, double share) {
                    if (share < last - 1e-9 || share > 1 + 1e-9) return false;
                    last = share;
                    return true;
                }).whole);
        QVERIFY(last > 0.9);
    }

    void fineTuningBeginsWithTheRunsWeights()
    {
        const std::filesystem::path file = m_folder / "encoder.safetensors";
        writeEncoderFile(m_run, std::nullopt, file, catalog());
        const Experiment stage = supervisedStage(pretraining(), {.weights = file, .share = 0.25, .labelled = 24});
        QCOMPARE(std::get<std::int64_t>(stage["method"].values.at("head_layers")), std::int64_t{1});
        Training training(stage, 3, 1, 0);
        training.prepare();
        QCOMPARE(training.data().train->size(), std::int64_t{24});
        const SafetensorsFile stored = openCheckpoint(chosenCheckpoint(m_run, std::nullopt).file);
        int compared = 0;
        for (const auto& entry : training.method().named_parameters()) {
            if (entry.key().starts_with("classifier")) {
                QCOMPARE(largest(entry.value()), 0.0);
                continue;
            }
            const std::vector<float> values = stored.values<float>("method." + entry.key());
            QVERIFY2(torch::equal(torch::tensor(values).view(entry.value().sizes()), entry.value().contiguous()),
                     entry.key().c_str());
            ++compared;
        }
        QVERIFY(compared > 20);
    }

    void aFrozenEncoderStaysAsItIs()
    {
        const std::filesystem::path file = m_folder / "frozen.safetensors";
        writeEncoderFile(m_run, std::nullopt, file, catalog());
        Training training(supervisedStage(pretraining(), {.weights = file, .share = 1, .labelled = 96, .frozen = true}), 3, 1, 0);
        training.prepare();
        std::map<std::string, torch::Tensor> before;
        for (const auto& entry : training.method().named_parameters()) before[entry.key()] = entry.value().clone();
        for (const auto& entry : training.method().named_buffers()) before[entry.key()] = entry.value().clone();
        StepRecord record;
        for (int i = 0; i < 3; ++i) training.step(record);
        const auto same = [&before](const auto& entry) { return torch::equal(before.at(entry.key()), entry.value()); };
        for (const auto& entry : training.method().named_parameters())
            QCOMPARE(same(entry), !entry.key().starts_with("classifier"));
        for (const auto& entry : training.method().named_buffers()) QVERIFY2(same(entry), entry.key().c_str());
    }

    void aHeadThatCannotBeCutIsSaid()
    {
        const std::filesystem::path file = m_folder / "whole.safetensors";
        writeEncoderFile(m_run, std::nullopt, file, catalog());
        QCOMPARE(headIn(file, 2).layers, std::int64_t{2});
        QVERIFY(errorOf([&] { headIn(file, 3); }).contains("the loss alone"));
    }

    void aWeightsFileNeedsDataAndIsJudgedOnIt()
    {
        const std::filesystem::path file = m_folder / "weights.safetensors";
        writeEncoderFile(m_run, std::nullopt, file, catalog());
        EvaluationRequest weights = request({Protocol::Linear, Protocol::Classifier});
        weights.models = {file.string()};
        QVERIFY(errorOf([&] { judged(weights); }).contains("--data"));
        weights.data = "shapes";
        weights.settings = {{"data.count", "96"},
                            {"data.test_count", "32"},
                            {"data.image_size", "32"},
                            {"train.device", "cpu"},
                            {"train.precision", "fp32"}};
        const Judged result = judged(weights);
        QCOMPARE(result.rows.size(), std::size_t{1});
        QCOMPARE(result.rows[0].top1.mean,
                 judged(request({Protocol::Linear})).rows.at(0).top1.mean);  // the same network on the same images
        QVERIFY2(QString::fromStdString(result.problems.at(0)).contains("no classifier"), result.problems.at(0).c_str());
    }

    void theFeaturesOfAModelArePlainNumbers()
    {
        const auto always = [](const std::string&, double) { return true; };
        const EvaluationRequest wish = request({});
        const auto all = modelFeatures(wish, 0, catalog(), always), some = modelFeatures(wish, 8, catalog(), always);
        QCOMPARE(all->rows(), std::int64_t{32});
        QCOMPARE(some->images, (std::vector<std::int64_t>{0, 4, 8, 12, 16, 20, 24, 28}));
        QCOMPARE(some->labels.size(), std::size_t{8});
        QCOMPARE(static_cast<std::int64_t>(all->values.size()), all->rows() * all->columns);
        for (std::int64_t i = 0; i < 8; ++i)
            for (std::int64_t c = 0; c < all->columns; ++c)
                QVERIFY(std::abs(some->values[static_cast<std::size_t>(i * some->columns + c)] - all->values[static_cast<std::size_t>(4 * i * all->columns + c)]) < 1e-5F);
        QVERIFY(!modelFeatures(wish, 4, catalog(), [](const std::string&, double) { return false; }));
    }

    void dataWithoutLabelsIsSaid()
    {
        writePictures(m_folder / "plain", 12);
        EvaluationRequest other = request({Protocol::Knn});
        other.data = "image_folder";
        other.settings = {{"data.path", (m_folder / "plain").string()}};
        const QString said = errorOf([&] { judged(other); });
        QVERIFY2(said.contains("has no labels"), qPrintable(said));
    }

    void oneClassAndNoTestPartAndAnAbsentClassAreSaidAndTheRestIsComputed()
    {
        const auto says = [](const std::vector<std::string>& texts, const char* what) {
            return std::ranges::any_of(texts, [what](const std::string& text) { return text.find(what) != std::string::npos; });
        };
        EvaluationRequest other = request({Protocol::Knn, Protocol::Linear, Protocol::FineTune});
        other.data = "image_folder";
        other.settings = {{"data.path", (m_folder / "untested").string()}};
        for (const char* part :
             {"untested/a", "untested/b", "one/train/a", "one/test/a", "gap/train/a", "gap/train/b", "gap/test/a"})
            writePictures(m_folder / part, 10);
        const Judged untested = judged(other);
        QCOMPARE(untested.rows.size(), std::size_t{2});
        QCOMPARE(untested.rows[0].tested, std::int64_t{4});
        QVERIFY(says(untested.rows[0].notes, "no test part"));
        QVERIFY(says(untested.problems, "no test part"));  // fine-tuning

        other.settings = {{"data.path", (m_folder / "one").string()}};
        const QString one = errorOf([&] { judged(other); });
        QVERIFY2(one.contains("has no labels") && one.contains("only one class folder"), qPrintable(one));

        other.settings = {{"data.path", (m_folder / "gap").string()}};
        other.protocols = {Protocol::Knn};
        const Judged gap = judged(other);
        QVERIFY(says(gap.rows.at(0).notes, "'b'"));
        QVERIFY(std::isnan(gap.rows[0].perClass.at(1)));
    }

    void aMissingModelDoesNotStopTheOthers()
    {
        EvaluationRequest two = request({Protocol::Knn});
        two.models.insert(two.models.begin(), (m_folder / "nowhere").string());
        const Judged result = judged(two);
        QCOMPARE(result.rows.size(), std::size_t{1});
        QVERIFY(result.problems.at(0).find("neither a run's folder nor a weights file") != std::string::npos);
    }

    void whatARunIsWorthStaysInItsFolder()
    {
        EvaluationRequest wish = request({Protocol::Knn, Protocol::Linear}, {0.5, 1});
        const Judged first = judged(wish);
        QVERIFY(first.whole && first.problems.empty());
        const auto kept = keptRows(m_run);
        for (const EvaluationRow& row : first.rows) {
            const auto same = [&row](const EvaluationRow& other) { return other.protocol == row.protocol && other.share == row.share && other.settings == row.settings && other.data == row.data && other.step == row.step; };
            QCOMPARE(std::ranges::count_if(kept, same), 1);
            const EvaluationRow& back = *std::ranges::find_if(kept, same);
            QCOMPARE(toJson(back).dump(), toJson(row).dump());
        }
        judged(wish);  // in place of the older ones
        QCOMPARE(keptRows(m_run).size(), kept.size());
        wish.neighbours = 3;
        judged(wish);
        QCOMPARE(keptRows(m_run).size(), kept.size() + 2);
        std::ofstream(m_run / "evaluations.jsonl", std::ios::app) << "{\"protocol\": \"of the future\"}\n{cut";
        QCOMPARE(keptRows(m_run).size(), kept.size() + 2);
    }

    void tablesHoldEveryRow()
    {
        EvaluationRow row{
            .model = "runs/a_b, c", .method = "SimCLR", .data = "Shapes", .protocol = Protocol::FineTune, .share = 0.01};
        row.top1 = {0.9, 0.01, 3};
        row.top5 = {1, std::numeric_limits<double>::quiet_NaN(), 1};
        row.classes = {"x", "y"};
        row.perClass = {0.5, std::numeric_limits<double>::quiet_NaN()};
        row.confusion = {1, 1, 0, 0};
        const auto json = toJson(row);
        QCOMPARE(QString::fromStdString(json["protocol"]), QString("fine_tune"));
        QVERIFY(json["per_class"][1].is_null() && json["top5_half_width"].is_null());
        QVERIFY(toCsv({row}).find("\"runs/a_b, c\",SimCLR,") != std::string::npos);
        const std::string latex = toLatex({row});
        QVERIFY(latex.find("runs/a\\_b, c") != std::string::npos && latex.find("$90.00 \\pm 1.00$") != std::string::npos);
    }

    void activationsAreTheWeightedMaps()
    {
        torch::manual_seed(5);
        const torch::Tensor maps = torch::randn({2, 5, 3, 4}), weight = torch::randn({5, 3}),
                            classes = torch::tensor({2, 0}, torch::kLong);
        const torch::Tensor found = gradCam(
            maps, [&weight](const torch::Tensor& pooled) { return pooled.matmul(weight); }, classes);
        QCOMPARE(found.sizes().vec(), (std::vector<std::int64_t>{2, 3, 4}));
        for (std::int64_t i = 0; i < 2; ++i)
            for (std::int64_t y = 0; y < 3; ++y)
                for (std::int64_t x = 0; x < 4; ++x) {
                    double sum = 0;
                    for (std::int64_t d = 0; d < 5; ++d)
                        sum += weight[d][classes[i].item<std::int64_t>()].item<double>() * maps[i][d][y][x].item<double>() / 12;
                    QVERIFY(std::abs(found[i][y][x].item<double>() - std::max(0.0, sum)) < 1e-6);
                }
    }

    void aCloserLookOrdersTheImagesAndFindsTheNeighbours()
    {
        InspectionRequest wish{.model = m_run.string(), .images = 3, .neighbours = 4, .cache = m_folder / "cache", .threads = 1};
        const auto always = [](const std::string&, double) { return true; };
        const auto inspection = inspectModel(wish, catalog(), always);
        QVERIFY(inspection.has_value());
        QCOMPARE(inspection->figures.top1, judged(request({Protocol::Linear})).rows.at(0).top1.mean);
        for (std::size_t c = 0; c < inspection->perClass.size(); ++c) {
            const ClassInspection& own = inspection->perClass[c];
            QCOMPARE(own.best.size(), own.worst.size());
            QVERIFY(std::ranges::is_sorted(own.best, std::greater(), &InspectedImage::probability));
            QVERIFY(std::ranges::is_sorted(own.worst, std::less(), &InspectedImage::probability));
            for (const InspectedImage& image : own.best) {
                QCOMPARE(image.truth, static_cast<std::int32_t>(c));
                QCOMPARE(image.picture.width, 32);
                QCOMPARE(image.activation.values.size(), std::size_t(image.activation.width * image.activation.height));
                QVERIFY(!image.activation.values.empty() &&
                        std::ranges::all_of(image.activation.values, [](float value) { return value >= 0; }));
            }
        }
        QVERIFY(!inspection->mistakes.empty());
        for (const InspectedImage& image : inspection->mistakes) {
            QVERIFY(image.truth != image.prediction);
            QCOMPARE(image.neighbours.size(), std::size_t{4});
            QVERIFY(std::ranges::is_sorted(image.neighbours, std::greater(), &InspectedNeighbour::similarity));
        }
        writeInspection(*inspection, m_folder / "looked");
        const auto json = nlohmann::json::parse(std::ifstream(m_folder / "looked" / "inspection.json"));
        QCOMPARE(json["mistakes"].size(), inspection->mistakes.size());
        QVERIFY(std::filesystem::exists(m_folder / "looked" / std::string(json["mistakes"][0]["file"])));
        QVERIFY(std::filesystem::exists(m_folder / "looked" / std::string(json["classes"][0]["folder"]) / "worst.png"));
        QVERIFY(!errorOf([&] { writeInspection(*inspection, m_folder / "looked"); }).isEmpty());
        QVERIFY(!inspectModel(wish, catalog(), [](const std::string&, double) { return false; }));
    }

    void theThreeStagesRunAndGoOn()
    {
        const std::filesystem::path folder = m_folder / "pipeline";
        const auto always = [](const std::string&, double) { return true; };
        Pipeline(with(pretraining(), {{"train.steps", "9"}}), folder, catalog());  // not begun: it may become another
        QVERIFY(!holdsPipeline(folder));
        const Pipeline pipeline(pretraining(), folder, catalog());
        QVERIFY(errorOf([&] { pipeline.experimentOf(pipeline.stages().at(1)); }).contains("is not finished"));
        for (std::size_t i = 0; i < pipeline.stages().size(); ++i) {
            const PipelineStage stage = pipeline.stages()[i];
            QVERIFY(!stage.trained && !stage.begun && !stage.measured);
            QCOMPARE(run(pipeline.experimentOf(stage), {.runFolder = stage.run, .steps = {}, .evaluateAtEnd = false}).state.phase,
                     RunPhase::Finished);
            QVERIFY(pipeline.measure(stage, m_folder / "cache", 1, always));
        }
        std::set<std::string> series;
        for (const ChartPoint& point : pipeline.chart()) {
            series.insert(point.series);
            QCOMPARE(point.share, 0.25);
        }
        QVERIFY(series == std::set<std::string>({"scratch", "linear", "fine_tuned", "distilled"}));

        QVERIFY(holdsPipeline(folder));

        // what the chart says of the fine-tuned network is what its weights say
        const auto points = pipeline.chart();
        const auto tuned = std::ranges::find(points, "fine_tuned", &ChartPoint::series);
        EvaluationRequest teacher = request({Protocol::Classifier});
        teacher.models = {(folder / "fine_tune_25.safetensors").string()};
        teacher.data = "shapes";
        teacher.settings = {{"data.count", "96"},
                            {"data.test_count", "32"},
                            {"data.image_size", "32"},
                            {"train.device", "cpu"},
                            {"train.precision", "fp32"}};
        QCOMPARE(judged(teacher).rows.at(0).top1.mean, tuned->top1);

        const Pipeline again(pretraining(), folder, catalog());
        for (const PipelineStage& stage : again.stages()) QVERIFY(stage.trained && stage.measured);
        QVERIFY(errorOf([&] {
                    Pipeline(with(pretraining(), {{"train.steps", "9"}}), folder, catalog());
                }).contains("train.steps"));
        QVERIFY(pipelineFolder(folder, pretraining(), catalog()) == folder);
        QVERIFY(pipelineFolder(folder, with(pretraining(), {{"train.steps", "9"}}), catalog()) == folder.string() + "_2");
        std::ofstream(folder / "chart.json") << "{";
        QVERIFY(errorOf([&] { readChart(folder); }).contains("is damaged"));
    }

    void aSmallerStudentBeginsAtRandom()
    {
        const Experiment base = with(pretraining(), {{"distillation.student", "width=4"}});
        const Experiment student = distillationStage(base, "teacher.safetensors", "start.safetensors", 0.01, 96, catalog());
        QCOMPARE(std::get<std::int64_t>(student["backbone"].values.at("width")), std::int64_t{4});
        QVERIFY(!student["train"].values.contains("init_weights"));
        QVERIFY(errorOf([&] {
                    distillationStage(with(base, {{"distillation.student", "widht=4"}}), "t", "s", 0.01, 96, catalog());
                }).contains("distillation.student"));
        QVERIFY(errorOf([&] {
                    distillationStage(with(base, {{"distillation.student", "width"}}), "t", "s", 0.01, 96, catalog());
                }).contains("key=value"));
    }
};

QTEST_GUILESS_MAIN(TestEvaluate)
#include "tst_evaluate.moc"
