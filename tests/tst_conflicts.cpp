// Choices, each valid alone, that cannot work together: every one is refused before anything starts, names both keys, and what it
// suggests works.
#include <QtTest>

#include "core/catalog.h"
#include "core/methods/method.h"
#include "core/train/conflicts.h"

using namespace selfsight;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Experiment with(Experiment experiment, const Settings& settings)
{
    for (const auto& [key, value] : settings)
        if (const auto issue = setValue(experiment, key, value, catalog())) qFatal("%s: %s", key.c_str(), describe(*issue).c_str());
    return experiment;
}

std::string suggestionOf(const Issue& issue)
{
    const std::size_t begin = issue.message.rfind("; "), end = issue.message.rfind(" would work");
    if (begin == std::string::npos || end == std::string::npos) return {};
    const std::string words = issue.message.substr(begin + 2, end - begin - 2);
    return words.substr(0, words.find(','));  // "shapes, or simclr as method.type,"
}

/// Takes the first suggestion until nothing is left to suggest; what then still cannot work.
std::string unresolved(Experiment& experiment)
{
    for (int round = 0; round < 8; ++round) {
        const std::vector<Issue> issues = conflicts(experiment);
        if (issues.empty()) return {};
        const std::string wanted = suggestionOf(issues.front());
        if (wanted.empty()) return "no suggestion: " + describe(issues.front());
        if (const auto problem = setValue(experiment, issues.front().keyPath, wanted, catalog()))
            return describe(*problem) + " after " + describe(issues.front());
    }
    return "never ends: " + describe(conflicts(experiment).front());
}

/// The default experiment with `method` and what it needs.
Experiment working(const std::string& method)
{
    Experiment experiment = with(defaultExperiment(catalog()), {{"method.type", method}});
    if (methods().at(method).samples == SampleKind::Signal)
        experiment = with(experiment, {{"data.type", "tones"}, {"backbone.type", "conv1d"}, {"views.global.size", "2048"}});
    const std::string problem = unresolved(experiment);
    if (!problem.empty()) qFatal("%s: %s", method.c_str(), problem.c_str());
    return experiment;
}

const Issue* find(const std::vector<Issue>& issues, const std::string& key)
{
    for (const Issue& issue : issues)
        if (issue.keyPath == key) return &issue;
    return nullptr;
}

class Unlabelled : public DataSet {
public:
    std::int64_t size() const override { return 100; }
    RgbImage image(std::int64_t) const override { return {}; }
    const std::vector<LabelTable>& labelTables() const override { return m_none; }

private:
    std::vector<LabelTable> m_none;
};

void addRow(const char* name, const std::string& method, const QStringList& settings, const char* key, const char* otherKey)
{
    QTest::addRow("%s: %s", method.c_str(), name) << QString::fromStdString(method) << settings << key << otherKey;
}

/// What every method has to refuse.
void addCommonRows(const MethodInfo& info)
{
    const QStringList tooLarge = {"views.global.count=16", "views.global.size=512", "train.batch_size=65536"};
    const bool images = info.samples == SampleKind::Image;
    const bool hasNorm = working(info.key)["backbone"].type == "resnet";
    addRow("a batch of one", info.key, {"train.batch_size=1"}, "train.batch_size", hasNorm ? "backbone.norm" : "method.type");
    for (const QByteArray key : {"queue_length", "memory_length"})
        if (info.schema->find(key.toStdString())) {
            addRow("a queue shorter than a batch", info.key, {"method." + key + "=16"}, "method." + key, "train.batch_size");
            addRow("a queue of no whole batches", info.key, {"method." + key + "=1000"}, "method." + key, "train.batch_size");
        }
    if (info.globalViews == 2) addRow("one view", info.key, {"views.global.count=1"}, "views.global.count", "method.type");
    if (!images) return;
    addRow("more pixels than memory", info.key, tooLarge, "train.batch_size", "views.global.size");
    if (info.localViews) addRow("more crops than memory", info.key, QStringList{"views.local.count=16", "views.local.size=512"} + tooLarge, "train.batch_size", "views.local.count");
    else addRow("small crops for nobody", info.key, {"views.local.count=4"}, "views.local.count", "method.type");
}

void addTransformerRows(const char* method)
{
    const auto add = [&](const char* name, const QStringList& settings, const char* key, const char* otherKey) {
        addRow(name, method, QStringList{"backbone.type=vit"} + settings, key, otherKey);
    };
    add("patches that do not divide the image", {"backbone.patch=5"}, "views.global.size", "backbone.patch");
    add("a patch larger than the image", {"backbone.patch=64"}, "backbone.patch", "backbone.image_size");
    add("positions for another size", {"backbone.image_size=64"}, "backbone.image_size", "views.global.size");
    add("heads that do not share the features", {"backbone.dim=100", "backbone.heads=3"}, "backbone.heads", "backbone.dim");
    add("waves over features in no fours", {"backbone.dim=102", "backbone.heads=3", "backbone.positions=sin_cos"}, "backbone.dim", "backbone.positions");
    add("a stem that cannot halve", {"backbone.patch_projection=conv_stem", "backbone.patch=6", "views.global.size=36", "backbone.image_size=36"},
        "backbone.patch", "backbone.patch_projection");
}

}  // namespace

class ConflictsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMethodSaysWhatItNeeds()
    {
        for (const MethodInfo& info : methods()) QVERIFY(conflicts(working(info.key)).empty());
    }

    void whatCannotWorkIsRefusedAndTheSuggestionWorks_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QStringList>("settings");  // key=value
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("otherKey");
        for (const MethodInfo& info : methods()) addCommonRows(info);
        for (const char* method : {"mae", "ibot", "dino", "moco_v3", "simclr"}) addTransformerRows(method);
        for (const char* method : {"dino", "ibot"})
            addRow("small crops that patches do not divide", method, {"backbone.type=vit", "views.local.count=2", "views.local.size=18"}, "views.local.size", "backbone.patch");
        for (const char* method : {"mae", "ibot"}) addRow("a residual network", method, {"backbone.type=resnet"}, "backbone.type", "method.type");
        for (const char* method : {"cpc", "byol_gn_ws"}) addRow("batch norm", method, {"backbone.norm=batch"}, "backbone.norm", "method.type");
        for (const char* method : {"moco_v1", "moco_v2"}) {
            addRow("groups of one image", method, {"method.batch_norm_groups=64", "train.batch_size=64"}, "method.batch_norm_groups", "train.batch_size");
            addRow("groups of unequal size", method, {"method.batch_norm_groups=7"}, "method.batch_norm_groups", "train.batch_size");
            addRow("two queues for one view", method, {"method.two_queues=true"}, "method.two_queues", "method.symmetric");
            addRow("a queue shorter than two batches", method, {"method.symmetric=true", "method.queue_length=256"}, "method.queue_length", "train.batch_size");
        }
        addRow("features behind the head's end", "simclr_v2", {"method.feature_layer=3"}, "method.feature_layer", "method.layers");
        addRow("heads that do not share the decoder", "mae", {"method.decoder_dim=100"}, "method.decoder_dim", "method.decoder_heads");
        addRow("every patch hidden", "mae", {"method.mask_ratio=0.99"}, "method.mask_ratio", "backbone.patch");
        addRow("more rows ahead than there are", "cpc", {"method.horizon=12"}, "method.horizon", "views.global.size");
    }

    void whatCannotWorkIsRefusedAndTheSuggestionWorks()
    {
        QFETCH(QString, method);
        QFETCH(QStringList, settings);
        QFETCH(QString, key);
        QFETCH(QString, otherKey);
        Settings values;
        for (const QString& setting : settings) values.emplace_back(setting.section('=', 0, 0).toStdString(), setting.section('=', 1).toStdString());
        Experiment experiment = with(working(method.toStdString()), values);
        const std::vector<Issue> issues = problems(experiment, catalog());  // what `check` and the form show
        const Issue* issue = find(issues, key.toStdString());
        QVERIFY2(issue, issues.empty() ? "nothing is refused" : describe(issues.front()).c_str());
        QVERIFY2(issue->message.find(otherKey.toStdString()) != std::string::npos, issue->message.c_str());
        const std::string left = unresolved(experiment);
        QVERIFY2(left.empty(), left.c_str());
    }

    void whatOnlyTheDataShowsIsRefusedToo()
    {
        const DataSplits data{.train = std::make_shared<Unlabelled>()};
        for (const MethodInfo& info : methods()) {
            if (info.samples == SampleKind::Signal) continue;
            const std::vector<Issue> issues = dataConflicts(with(working(info.key), {{"train.batch_size", "64"}}), data);
            const bool needsLabels = info.usesLabels && !info.learnsFromUnlabelled;
            QCOMPARE(issues.size(), std::size_t(needsLabels ? 1 : 0));
            if (!needsLabels) continue;
            QCOMPARE(issues.front().keyPath, std::string("method.type"));
            QVERIFY2(issues.front().message.find("data.type") != std::string::npos, issues.front().message.c_str());
        }
        const std::vector<Issue> issues = dataConflicts(with(working("simclr"), {{"train.batch_size", "128"}}), data);
        QCOMPARE(issues.size(), std::size_t(1));
        QCOMPARE(issues.front().keyPath, std::string("train.batch_size"));
        QCOMPARE(suggestionOf(issues.front()), std::string("32"));
    }

    void aSmallerBatchStillFitsTheRest()
    {
        QCOMPARE(smallerBatch(working("simclr")), std::int64_t{128});
        QCOMPARE(smallerBatch(with(working("moco_v2"), {{"method.batch_norm_groups", "16"}, {"train.batch_size", "32"}})), std::int64_t{32});
        QCOMPARE(smallerBatch(with(working("nnclr"), {{"method.queue_length", "240"}, {"train.batch_size", "240"}})), std::int64_t{120});
    }
};

QTEST_GUILESS_MAIN(ConflictsTest)
#include "tst_conflicts.moc"
