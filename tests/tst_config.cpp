// Experiments and their YAML, over a made-up catalog: round trips, every kind of problem with its place, hostile text.
#include <QtTest>

#include <filesystem>
#include <functional>

#include "core/base/error.h"
#include "core/config/differences.h"
#include "core/config/experiment.h"
#include "core/config/lesson.h"
#include "core/config/views.h"

using namespace selfsight;

namespace {

struct FolderOptions {
    std::string path = "images";
    std::int64_t limit = 0;
};
struct NoOptions {};
struct ContrastOptions {
    double temperature = 0.5;
    std::vector<double> weights = {1, 0.5};
    std::int64_t hidden = 2048;
};
struct TargetOptions {
    double momentum = 0.996;
};
struct RunOptions {
    std::int64_t steps = 1000;
    bool shuffle = true;
    std::string device = "auto";
    std::string precision = "auto";
    double rate = 0.05;
};
struct CropOptions {
    double minScale = 0.08;
    double probability = 1;
};

template <class T>
const Schema* tableOf(const std::function<void(SchemaFor<T>&)>& fill)
{
    static const auto table = [&fill] {
        SchemaFor<T> schema;
        fill(schema);
        return schema;
    }();
    return &table;
}

Catalog makeCatalog()
{
    const Schema* folder = tableOf<FolderOptions>([](auto& s) {
        s.add("path", &FolderOptions::path, "Where.").path();
        s.add("limit", &FolderOptions::limit, "How many.").atLeast(0);
    });
    const Schema* none = tableOf<NoOptions>([](auto&) {});
    const Schema* contrast = tableOf<ContrastOptions>([](auto& s) {
        s.add("temperature", &ContrastOptions::temperature, "Divides.").range(0.01, 10);
        s.add("weights", &ContrastOptions::weights, "A list.").range(0, 10);
        s.add("hidden", &ContrastOptions::hidden, "Width.").range(1, 65536);
    });
    const Schema* target = tableOf<TargetOptions>([](auto& s) { s.add("momentum", &TargetOptions::momentum, "Slow.").range(0, 1); });
    const Schema* run = tableOf<RunOptions>([](auto& s) {
        s.add("steps", &RunOptions::steps, "Steps.").range(1, 1e9);
        s.add("shuffle", &RunOptions::shuffle, "Order.");
        s.add("device", &RunOptions::device, "Where.");
        s.addChoice("precision", &RunOptions::precision, {{"auto", std::string("auto")}, {"fp32", std::string("fp32")}, {"16", std::string("16")}}, "How.");
        s.add("rate", &RunOptions::rate, "Rate.").range(0, 1);
    });
    const Schema* crop = tableOf<CropOptions>([](auto& s) {
        s.add("min_scale", &CropOptions::minScale, "Smallest.").range(0, 1);
        s.add("probability", &CropOptions::probability, "Share.").range(0, 1);
    });
    Catalog catalog;
    catalog.sections = {{"data", "Data", {{"shapes", "Shapes", "", "", none}, {"folder", "Folder", "", "", folder}}},
                        {"method", "Method", {{"contrast", "Contrast", "", "", contrast}, {"target", "Target", "", "", target}}},
                        {"train", "Training", {}, run}};
    catalog.augmentations = {{"crop", "Crop", "", "", crop}, {"flip", "Flip", "", "", none}, {"normalize", "Normalize", "", "", none}};
    return catalog;
}

const Catalog& madeUp()
{
    static const Catalog catalog = makeCatalog();
    return catalog;
}

LoadedExperiment parsed(const std::string& yaml)
{
    return parseExperiment(yaml, "file.yaml", madeUp());
}

/// The issues as "line keyPath" and the messages, for comparison.
QStringList placesOf(const std::vector<Issue>& issues)
{
    QStringList places;
    for (const Issue& issue : issues) places << QString("%1 %2").arg(issue.line).arg(QString::fromStdString(issue.keyPath));
    return places;
}

QString textOf(const std::vector<Issue>& issues)
{
    QStringList lines;
    for (const Issue& issue : issues) lines << QString::fromStdString(describe(issue));
    return lines.join('\n');
}

const std::string kTexts = "idea: An idea.\nlook_for: |\n  - a line\n  - *another*\nquestion: Why?\nseen: This.\n";
const std::string kPanels = "panels: [loss, accuracy]\n";
const std::string kBase = "experiment: {method: {type: contrast, temperature: 0.2}, train: {steps: 40}}\n";
const std::string kRuns = "runs: [{name: sharp}, {name: blunt, values: {method.temperature: 5, train.rate: 0.1}}]\n";

LoadedLesson lessonOf(const std::string& yaml)
{
    return parseLesson(yaml, "lessons/2_queue_length.yaml", madeUp(), {"loss", "accuracy"});
}

Experiment full()
{
    Experiment experiment = defaultExperiment(madeUp());
    experiment.name = "file";
    experiment.purpose = "What a test learns: \"quotes\", # marks.";
    experiment.sections["data"] = {.type = "folder", .values = {{"path", std::string("a b/ü: #1, \"x\"\\\t")}}};
    experiment.sections["method"].values = {{"temperature", 1.0 / 3}, {"weights", std::vector<double>{0.1, 1e-7, 2}}};
    experiment.sections["train"].values = {{"rate", 1e-4}, {"shuffle", false}, {"device", std::string("true")}, {"precision", std::string("fp32")}};
    experiment.views.global = {.count = 2, .size = 28, .chain = {{.type = "crop", .values = {{"min_scale", 0.3}}}, {.type = "flip"}, {.type = "normalize"}}};
    experiment.views.local = {.count = 6, .size = 12, .chain = {{.type = "crop"}}};
    return experiment;
}

const char* const kExample = R"(# What it is for.
data:     {type: folder, path: "my images"}
method:   {temperature: 0.2, type: contrast, weights: [1, 2.5]}
views:
  global: {count: 2, size: 28, chain: [{type: crop, min_scale: 0.2}, {type: flip}]}
train:
  steps: 400
  rate: 1e-4
  shuffle: false
)";

}  // namespace

class TestConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoExperimentsDifferOptionByOption()
    {
        const Experiment left = full();
        QVERIFY(differences(left, left, madeUp()).empty());
        Experiment right = left;
        QVERIFY(!setValue(right, "method.temperature", "0.2", madeUp()));
        QVERIFY(!setValue(right, "train.steps", "7", madeUp()));
        right.views.global.chain.erase(right.views.global.chain.begin() + 1);
        right.views.local.size = 10;
        const std::vector<Difference> expected = {
            {"method.temperature", toText(1.0 / 3), "0.2"},
            {"train.steps", "1000", "7"},
            {"views.global.chain[1]", "flip", "normalize"},
            {"views.global.chain[2]", "normalize", std::nullopt},
            {"views.local.size", "12", "10"},
        };
        QVERIFY(differences(left, right, madeUp()) == expected);
    }

    void anotherChoiceHasOtherOptions()
    {
        const Experiment left = full();
        Experiment right = left;
        QVERIFY(!setValue(right, "method.type", "target", madeUp()));
        QVERIFY(!setValue(right, "method.momentum", "0.9", madeUp()));
        // Only what was set is named: `hidden` of the one and nothing of the other say nothing.
        const std::vector<Difference> expected = {
            {"method.type", "contrast", "target"},
            {"method.temperature", toText(1.0 / 3), std::nullopt},
            {"method.weights", toText(std::vector<double>{0.1, 1e-7, 2}), std::nullopt},
            {"method.momentum", std::nullopt, "0.9"},
        };
        QVERIFY(differences(left, right, madeUp()) == expected);
    }

    void whatAnExperimentChoseIsListed()
    {
        std::map<std::string, std::string> chosen;
        for (const auto& [key, value] : chosenValues(full(), madeUp())) chosen[key] = value;
        QCOMPARE(chosen.at("data.type"), std::string("folder"));
        QCOMPARE(chosen.at("method.temperature"), toText(1.0 / 3));
        QCOMPARE(chosen.at("views.global.size"), std::string("28"));
        QCOMPARE(chosen.at("views.global.chain[0]"), std::string("crop, min_scale: 0.3"));
        QVERIFY(!chosen.count("method.hidden") && !chosen.count("train.steps"));
    }

    void anExperimentIsRead()
    {
        const LoadedExperiment loaded = parsed(kExample);
        QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues)));
        const Experiment& x = loaded.experiment;
        QCOMPARE(x.name, std::string("file"));
        QCOMPARE(x.purpose, std::string("What it is for."));
        QCOMPARE(x["data"], (OptionSet{"folder", {{"path", std::string("my images")}}}));
        QCOMPARE(x["method"], (OptionSet{"contrast", {{"temperature", 0.2}, {"weights", std::vector<double>{1, 2.5}}}}));
        QCOMPARE(x["train"], (OptionSet{"", {{"steps", std::int64_t{400}}, {"rate", 1e-4}, {"shuffle", false}}}));
        QCOMPARE(x.views.global, (ViewGroup{2, 28, {{"crop", {{"min_scale", 0.2}}}, {"flip", {}}}}));
        QCOMPARE(x.views.local, ViewPlan{}.local);
    }

    void whatIsAbsentTakesTheFirstChoiceAndTheDefaults()
    {
        const LoadedExperiment loaded = parsed("train: {steps: 1000}\nmethod:\n");
        QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues)));
        Experiment expected = defaultExperiment(madeUp());
        expected.name = "file";
        QVERIFY(loaded.experiment == expected);  // a value equal to its default counts as absent
        QCOMPARE(loaded.experiment["data"].type, std::string("shapes"));
    }

    void typeIsFoundWhateverTheOrderOfKeys()
    {
        const LoadedExperiment loaded = parsed("method: {momentum: 0.9, type: target}\nviews: {global: {chain: [{min_scale: 0.5, type: crop}]}}\n");
        QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues)));
        QCOMPARE(loaded.experiment["method"], (OptionSet{"target", {{"momentum", 0.9}}}));
        QCOMPARE(loaded.experiment.views.global.chain.at(0), (OptionSet{"crop", {{"min_scale", 0.5}}}));
    }

    void scalarsFollowYaml_data()
    {
        QTest::addColumn<QString>("yaml");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("shown");
        QTest::newRow("a number as a path is text") << "data: {type: folder, path: 007}" << "data.path" << "007";
        QTest::newRow("a word with meaning as a path is text") << "data: {type: folder, path: true}" << "data.path" << "true";
        QTest::newRow("quoted text") << "data: {type: folder, path: 'it''s'}" << "data.path" << "it's";
        QTest::newRow("exponent") << "train: {rate: 1e-4}" << "train.rate" << "0.0001";
        QTest::newRow("no leading digit") << "train: {rate: .5}" << "train.rate" << "0.5";
        QTest::newRow("a choice that is a number") << "train: {precision: 16}" << "train.precision" << "16";
        QTest::newRow("explicit plus") << "train: {rate: +0.5}" << "train.rate" << "0.5";
        QTest::newRow("a whole real for an integer") << "train: {steps: 1e3}\nmethod: {hidden: 256.0}" << "method.hidden" << "256";
        QTest::newRow("an integer for a real") << "train: {rate: 1}" << "train.rate" << "1";
        QTest::newRow("Python's False") << "train: {shuffle: False}" << "train.shuffle" << "false";
        QTest::newRow("an alias") << "method: {weights: &w [3, 4]}\nviews: {global: {chain: &c [{type: flip}]}, local: {chain: *c}}" << "method.weights" << "[3, 4]";
        QTest::newRow("Windows line ends and a byte-order mark") << "\xEF\xBB\xBF# x\r\ntrain:\r\n  rate: 0.25\r\n" << "train.rate" << "0.25";
    }

    void scalarsFollowYaml()
    {
        QFETCH(QString, yaml);
        QFETCH(QString, key);
        QFETCH(QString, shown);
        const LoadedExperiment loaded = parsed(yaml.toStdString());
        QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues)));
        const QStringList path = key.split('.');
        const OptionSet& set = loaded.experiment[path[0].toStdString()];
        const Schema* schema = madeUp().section(path[0].toStdString())->schemaOf(set);
        QCOMPARE(QString::fromStdString(toText(schema->value(set, path[1].toStdString()))), shown);
    }

    void badYamlIsNamedByLineAndKeyPath_data()
    {
        QTest::addColumn<QString>("yaml");
        QTest::addColumn<QStringList>("places");
        QTest::addColumn<QString>("words");  // in one of the messages
        const auto row = [](const char* name, const char* yaml, const QStringList& places, const char* words) {
            QTest::newRow(name) << QString::fromUtf8(yaml) << places << QString::fromUtf8(words);
        };
        row("unknown section", "train: {}\nmetod: {}\n", {"2 metod"}, "did you mean 'method'?");
        row("unknown option", "method:\n  type: contrast\n  temprature: 1\n", {"3 method.temprature"}, "did you mean 'temperature'?");
        row("mistyped type", "method: {tpe: contrast}\n", {"1 method.tpe"}, "did you mean 'type'?");
        row("unknown option without a choice", "train: {step: 3}\n", {"1 train.step"}, "did you mean 'steps'?");
        row("unknown group", "views:\n  globl: {}\n", {"2 views.globl"}, "did you mean 'global'?");
        row("unknown key of a group", "views:\n  local:\n    sizee: 8\n", {"3 views.local.sizee"}, "did you mean 'size'?");
        row("unknown key of a step", "views:\n  global:\n    chain:\n      - {type: flip}\n      - {type: crop, min_scal: 1}\n",
            {"5 views.global.chain[1].min_scal"}, "did you mean 'min_scale'?");
        row("unknown type", "\nmethod: {type: contrst, temperature: 1}\n", {"2 method.type"}, "there is no method 'contrst' (did you mean 'contrast'?)");
        row("unknown augmentation", "views: {global: {chain: [{type: flp}]}}\n", {"1 views.global.chain[0].type"}, "did you mean 'flip'?");
        row("type is a list", "method: {type: [contrast]}\n", {"1 method.type"}, "a list where the name of a method should be");
        row("step without type", "views: {global: {chain: [{min_scale: 1}]}}\n", {"1 views.global.chain[0].type"}, "missing");
        row("step is a word", "views: {global: {chain: [flip]}}\n", {"1 views.global.chain[0]"}, "'flip' where a step such as");
        row("chain is a map", "views: {global: {chain: {type: flip}}}\n", {"1 views.global.chain"}, "a map where a list of steps should be");
        row("section is a word", "method: contrast\n", {"1 method"}, "{type: contrast}");
        row("section is a list", "train: [1, 2]\n", {"1 train"}, "a list where a map");
        row("views are a number", "views: 2\n", {"1 views"}, "'2' where a map");
        row("file is a list", "- a\n- b\n", {"1 "}, "a list where a map");
        row("file is a word", "hello\n", {"1 "}, "'hello' where a map");
        row("empty file", "", {"0 "}, "empty");
        row("only a comment", "# nothing\n", {"0 "}, "empty");
        row("no number", "train:\n  steps: many\n", {"2 train.steps"}, "'many' is not a whole number");
        row("a quoted number is text", "train: {rate: '0.5'}\n", {"1 train.rate"}, "'0.5' is not a number");
        row("a fraction", "train: {steps: 1.5}\n", {"1 train.steps"}, "not a whole number");
        row("too long for an integer", "train: {steps: 99999999999999999999}\n", {"1 train.steps"}, "not a whole number");
        row("no flag", "train: {shuffle: yes}\n", {"1 train.shuffle"}, "'yes' is not true or false");
        row("nothing", "train: {rate: }\n", {"1 train.rate"}, "nothing where one value");
        row("a list for a number", "train: {rate: [1]}\n", {"1 train.rate"}, "a list where one value such as 0.05 should be");
        row("a map for a number", "train: {rate: {a: 1}}\n", {"1 train.rate"}, "a map where one value");
        row("a number for a list", "method: {weights: 1}\n", {"1 method.weights"}, "not a list of numbers");
        row("words in a list", "method: {weights: [1, x]}\n", {"1 method.weights"}, "a list of numbers should be");
        row("not finite", "train: {rate: .nan}\n", {"1 train.rate"}, "not a number");
        row("too large a number", "train: {rate: 1e999}\n", {"1 train.rate"}, "not a number");
        row("out of range", "train: {rate: 1.5}\n", {"1 train.rate"}, "between 0 and 1");
        row("out of range in a list", "method: {weights: [1, 11]}\n", {"1 method.weights"}, "out of range");
        row("unknown choice", "train: {precision: fp16}\n", {"1 train.precision"}, "known: auto, fp32, 16");
        row("no global view", "views: {global: {count: 0}}\n", {"1 views.global.count"}, "between 1 and 16");
        row("too many local views", "views: {local: {count: 17}}\n", {"1 views.local.count"}, "between 0 and 16");
        row("too small a view", "views: {global: {size: 4}}\n", {"1 views.global.size"}, "between 8 and 1048576");
        row("normalize before the end", "views:\n  global:\n    chain:\n      - {type: normalize}\n      - {type: flip}\n", {"4 views.global.chain[0]"},
            "only be the last step");
        row("normalize twice", "views: {global: {chain: [{type: normalize}, {type: normalize}]}}\n", {"1 views.global.chain[0]"}, "only be the last step");
        row("duplicate option", "train:\n  steps: 3\n  rate: 1\n  steps: 4\n", {"4 train.steps"}, "first in line 2");
        row("duplicate section", "train: {steps: 3}\ntrain: {steps: 4}\n", {"2 train"}, "first in line 1");
        row("a key that is a list", "train: {? [a, b] : 1}\n", {"1 train"}, "a list as a key");
        row("open bracket", "train: {steps: 3\n", {"2 "}, "not readable as YAML");
        row("tab as indentation", "train:\n\tsteps: 3\n", {"2 "}, "not readable as YAML");
        row("unknown alias", "train: *nowhere\n", {"1 "}, "not readable as YAML");
        row("second document", "train: {steps: 3}\n---\ntrain: {steps: 4}\n", {"3 "}, "a second YAML document");
        row("merge keys", "train: {<<: {steps: 3}}\n", {"1 train.<<"}, "unknown key");
        row("all at once", "method: {type: contrast, temperature: 99}\nviews:\n  global: {size: 4, chain: [{type: flp}, {type: crop, min_scale: 2}]}\n"
                           "train:\n  steps: 0\n  rat: 0.1\nextra: 1\n",
            {"1 method.temperature", "3 views.global.size", "3 views.global.chain[0].type", "3 views.global.chain[1].min_scale", "5 train.steps",
             "6 train.rat", "7 extra"},
            "did you mean 'rate'?");
    }

    void badYamlIsNamedByLineAndKeyPath()
    {
        QFETCH(QString, yaml);
        QFETCH(QStringList, places);
        QFETCH(QString, words);
        const LoadedExperiment loaded = parsed(yaml.toStdString());
        QCOMPARE(placesOf(loaded.issues), places);
        QVERIFY2(textOf(loaded.issues).contains(words), qPrintable(textOf(loaded.issues)));
        for (const Issue& issue : loaded.issues) QCOMPARE(issue.file, std::string("file.yaml"));
        QVERIFY(hasErrors(loaded.issues));
        // What is left is a whole experiment that has nothing wrong in it.
        QVERIFY2(problems(loaded.experiment, madeUp()).empty() || yaml.contains("normalize"), qPrintable(textOf(problems(loaded.experiment, madeUp()))));
        QCOMPARE(loaded.experiment.sections.size(), madeUp().sections.size());
    }

    void whatIsValidIsKeptBesideWhatIsNot()
    {
        const LoadedExperiment loaded = parsed("train: {steps: 0, rate: 0.25}\nmethod: {type: nonsense}\ndata: {type: folder, path: here}\n");
        QCOMPARE(loaded.issues.size(), std::size_t{2});
        QCOMPARE(loaded.experiment["train"], (OptionSet{"", {{"rate", 0.25}}}));
        QCOMPARE(loaded.experiment["method"].type, std::string("contrast"));
        QCOMPARE(loaded.experiment["data"], (OptionSet{"folder", {{"path", std::string("here")}}}));
    }

    void hostileTextIsRefusedWithASentence_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("words");
        QByteArray laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 12; ++i) {
            const QByteArray last = "*a" + QByteArray::number(i - 1);
            laughs += "a" + QByteArray::number(i) + ": &a" + QByteArray::number(i) + " [" + QByteArrayList(9, last).join(", ") + "]\n";
        }
        QTest::newRow("a billion laughs") << laughs << "more than 20000 values";
        QTest::newRow("an alias of itself") << QByteArray("train: &t {rate: *t}\n") << "inside the value it names";
        QTest::newRow("deep lists") << QByteArray("train: ") + QByteArray(100'000, '[') << "deeper than 32 levels";
        QTest::newRow("deep maps") << QByteArray("train: ") + QByteArray("{a: ").repeated(20'000) << "deeper than 32 levels";
        QTest::newRow("deep blocks") << QByteArray("- ").repeated(100'000) << "deeper than 32 levels";
        QTest::newRow("too many values") << "train: [" + QByteArray("1,").repeated(30'000) + "]" << "more than 20000 values";
        QTest::newRow("too large") << QByteArray((1 << 20) + 1, ' ') << "larger than 1048576 bytes";
        QTest::newRow("binary") << QByteArray("\x00\x01\x02\x7f\xff\xfe{[", 8) << "file.yaml";
        QTest::newRow("one long word") << QByteArray(1'000'000, 'x') << "longer than 4096 bytes";
    }

    void hostileTextIsRefusedWithASentence()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(QString, words);
        const LoadedExperiment loaded = parsed(yaml.toStdString());
        QVERIFY(hasErrors(loaded.issues));
        QVERIFY2(textOf(loaded.issues).contains(words), qPrintable(textOf(loaded.issues).left(500)));
        QVERIFY2(textOf(loaded.issues).size() < 2000, "a sentence, not the file");
    }

    void damagedFilesNeverCrash()
    {
        // Every truncation, and every byte replaced by each sign that means something to YAML.
        const std::string text = toYaml(full(), madeUp(), YamlStyle::Resolved);
        for (std::size_t i = 0; i < text.size(); ++i) {
            parsed(text.substr(0, i));
            for (const char sign : {'{', '}', '[', '\'', '"', ':', '*', '&', '\n', '\0', '\xff'}) {
                std::string damaged = text;
                damaged[i] = sign;
                const LoadedExperiment loaded = parsed(damaged);
                QCOMPARE(loaded.experiment.sections.size(), madeUp().sections.size());
            }
        }
    }

    void writtenExperimentsReadBackEqual_data()
    {
        QTest::addColumn<bool>("resolved");
        QTest::newRow("changed") << false;
        QTest::newRow("resolved") << true;
    }

    void writtenExperimentsReadBackEqual()
    {
        QFETCH(bool, resolved);
        const YamlStyle style = resolved ? YamlStyle::Resolved : YamlStyle::Changed;
        Experiment plain = defaultExperiment(madeUp());
        plain.name = "file";
        for (const Experiment& written : {plain, full()}) {
            const std::string yaml = toYaml(written, madeUp(), style);
            const LoadedExperiment loaded = parsed(yaml);
            QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues) + '\n' + QString::fromStdString(yaml)));
            QVERIFY2(loaded.experiment == written, yaml.c_str());
            QCOMPARE(toYaml(loaded.experiment, madeUp(), style), yaml);
        }
    }

    void changedYamlHoldsOnlyWhatDiffers()
    {
        Experiment experiment = full();
        experiment.sections["data"] = {.type = "folder", .values = {{"path", std::string("my images")}}};
        experiment.sections["method"].values = {{"temperature", 0.2}, {"hidden", std::int64_t{2048}}};
        experiment.sections["train"].values = {{"steps", std::int64_t{400}}, {"device", std::string("16")}, {"precision", std::string("16")}};
        experiment.purpose = "What it is for.";
        QCOMPARE(QString::fromStdString(toYaml(experiment, madeUp(), YamlStyle::Changed)), QString(R"(# What it is for.
data:   {type: folder, path: "my images"}
method: {type: contrast, temperature: 0.2}
views:
  global:
    size: 28
    chain:
      - {type: crop, min_scale: 0.3}
      - {type: flip}
      - {type: normalize}
  local:
    count: 6
    size: 12
    chain:
      - {type: crop}
train:  {steps: 400, device: "16", precision: 16}
)"));
    }

    void resolvedYamlHoldsEveryValue()
    {
        const std::string yaml = toYaml(defaultExperiment(madeUp()), madeUp(), YamlStyle::Resolved);
        for (const char* line : {"data:   {type: shapes}\n", "method: {type: contrast, temperature: 0.5, weights: [1, 0.5], hidden: 2048}\n",
                                 "train:  {steps: 1000, shuffle: true, device: auto, precision: auto, rate: 0.05}\n", "    count: 2\n", "    chain: []\n"})
            QVERIFY2(yaml.find(line) != std::string::npos, yaml.c_str());
    }

    void aValueIsSetByItsKeyPath_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("problem");  // empty: it is set, and found in the YAML
        QTest::newRow("option") << "method.temperature" << "0.25" << "";
        QTest::newRow("type") << "method.type" << "target" << "";
        QTest::newRow("path") << "data.path" << "elsewhere" << "";
        QTest::newRow("count") << "views.local.count" << "4" << "";
        QTest::newRow("size") << "views.global.size" << "40" << "";
        QTest::newRow("step") << "views.global.chain[0].min_scale" << "0.75" << "";
        QTest::newRow("type of a step") << "views.global.chain[1].type" << "crop" << "";
        QTest::newRow("list") << "method.weights" << "[3, 4]" << "";
        QTest::newRow("unknown section") << "metod.temperature" << "1" << "did you mean 'method'?";
        QTest::newRow("unknown option") << "method.temprature" << "1" << "did you mean 'temperature'?";
        QTest::newRow("unknown type") << "method.type" << "contrst" << "did you mean 'contrast'?";
        QTest::newRow("no type to choose") << "train.type" << "x" << "unknown key 'type'";
        QTest::newRow("out of range") << "train.rate" << "2" << "between 0 and 1";
        QTest::newRow("wrong kind") << "train.steps" << "x" << "not a whole number";
        QTest::newRow("a section is no value") << "train" << "x" << "train.KEY";
        QTest::newRow("too long") << "train.steps.x" << "1" << "train.KEY";
        QTest::newRow("unknown group") << "views.globl.size" << "32" << "did you mean 'global'?";
        QTest::newRow("views alone") << "views" << "x" << "views.global.size";
        QTest::newRow("chain as a whole") << "views.global.chain" << "[]" << "unknown key 'chain'";
        QTest::newRow("step beyond the end") << "views.global.chain[9].min_scale" << "1" << "3 steps";
        QTest::newRow("negative step") << "views.global.chain[-1].min_scale" << "1" << "not a value";
        QTest::newRow("open step") << "views.global.chain[0.min_scale" << "1" << "not a value";
        QTest::newRow("unknown option of a step") << "views.global.chain[0].min_scal" << "1" << "did you mean 'min_scale'?";
        QTest::newRow("too many views") << "views.global.count" << "17" << "between 1 and 16";
        QTest::newRow("nothing") << "" << "1" << "unknown key ''";
    }

    void aValueIsSetByItsKeyPath()
    {
        QFETCH(QString, key);
        QFETCH(QString, text);
        QFETCH(QString, problem);
        const Experiment before = full();
        Experiment experiment = before;
        const auto issue = setValue(experiment, key.toStdString(), text.toStdString(), madeUp());
        if (problem.isEmpty()) {
            QVERIFY2(!issue, issue ? issue->message.c_str() : "");
            QVERIFY(!(experiment == before));
            const QString written = key.section('.', -1) + ": " + text;
            QVERIFY(QString::fromStdString(toYaml(experiment, madeUp(), YamlStyle::Changed)).contains(written));
        } else {
            QVERIFY(issue.has_value());
            QCOMPARE(QString::fromStdString(issue->keyPath), key);
            QVERIFY2(QString::fromStdString(issue->message).contains(problem), issue->message.c_str());
            QVERIFY(experiment == before);
        }
    }

    void aNewTypeStartsFromItsOwnDefaults()
    {
        Experiment experiment = full();
        QVERIFY(!setValue(experiment, "method.type", "target", madeUp()));
        QCOMPARE(experiment["method"], (OptionSet{"target", {}}));
        QVERIFY(!setValue(experiment, "method.momentum", "0.5", madeUp()));
        QVERIFY(!setValue(experiment, "method.type", "target", madeUp()));  // the same again loses nothing
        QCOMPARE(experiment["method"], (OptionSet{"target", {{"momentum", 0.5}}}));
    }

    void problemsOfAnExperimentMadeByHandAreListed()
    {
        QVERIFY(problems(full(), madeUp()).empty());
        Experiment experiment = full();
        experiment.sections["method"].type = "nonsense";
        experiment.sections["train"].values["steps"] = std::int64_t{0};
        experiment.views.global.count = 0;
        experiment.views.global.chain.push_back({.type = "flp"});
        experiment.views.local.chain[0].values["min_scale"] = 3.0;
        QCOMPARE(placesOf(problems(experiment, madeUp())),
                 (QStringList{"0 method.type", "0 train.steps", "0 views.global.count", "0 views.global.chain[3].type",
                              "0 views.global.chain[2]", "0 views.local.chain[0].min_scale"}));
    }

    void aFileGivesNameAndFolder()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("my_preset.yaml");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(kExample);
        file.close();
        const LoadedExperiment loaded = loadExperiment(path.toStdString(), madeUp());
        QVERIFY(loaded.issues.empty());
        QCOMPARE(loaded.experiment.name, std::string("my_preset"));
        QCOMPARE(loaded.experiment.folder, std::filesystem::path(folder.path().toStdString()));
    }

    void aFileThatCannotBeReadIsAnError_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("words");
        QTest::newRow("missing") << "/nowhere/at_all.yaml" << "/nowhere/at_all.yaml: there is no such file.";
        QTest::newRow("a folder") << "/tmp" << "/tmp: a folder";
    }

    void aFileThatCannotBeReadIsAnError()
    {
        QFETCH(QString, path);
        QFETCH(QString, words);
        try {
            loadExperiment(path.toStdString(), madeUp());
            QFAIL("nothing was thrown");
        } catch (const Error& error) {
            QVERIFY2(QString(error.what()).startsWith(words), error.what());
        }
    }

    void anEndlessFileIsRefused()
    {
        const LoadedExperiment loaded = loadExperiment("/dev/zero", madeUp());
        QVERIFY2(textOf(loaded.issues).contains("larger than"), qPrintable(textOf(loaded.issues)));
    }

    void aLessonIsRead()
    {
        const LoadedLesson loaded = lessonOf(kRuns + kTexts + kPanels + kBase + "curves: [total, knn.top1]\n");
        QVERIFY2(loaded.issues.empty(), qPrintable(textOf(loaded.issues)));
        const Lesson& lesson = loaded.lesson;
        QCOMPARE(lesson.title, std::string("Queue length"));
        QCOMPARE(lesson.idea, std::string("An idea."));
        QCOMPARE(lesson.lookFor, std::string("- a line\n- *another*\n"));
        QCOMPARE(lesson.question, std::string("Why?"));
        QCOMPARE(lesson.seen, std::string("This."));
        QCOMPARE(lesson.panels, (std::vector<std::string>{"loss", "accuracy"}));
        QCOMPARE(lesson.curves, (std::vector<std::string>{"total", "knn.top1"}));
        const auto& [sharp, blunt] = lesson.runs;
        QCOMPARE(sharp.name, std::string("sharp"));
        QCOMPARE(blunt.name, std::string("blunt"));
        QCOMPARE(sharp["method"].values.at("temperature"), Value(0.2));
        QCOMPARE(blunt["method"].values.at("temperature"), Value(5.0));
        QCOMPARE(blunt["train"].values.at("rate"), Value(0.1));
        QCOMPARE(blunt["train"].values.at("steps"), Value(std::int64_t{40}));
        QVERIFY(lessonOf(kTexts + kPanels + kBase + kRuns).lesson.curves.empty());
    }

    void aLessonIsCalledAfterItsFile_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("title");
        QTest::newRow("embedded") << ":/lessons/1_collapse.yaml" << "Collapse";
        QTest::newRow("ten and more") << "12_batch_norm_leakage.yaml" << "Batch norm leakage";
        QTest::newRow("no number") << "collapse.yaml" << "Collapse";
        QTest::newRow("only a number") << "12.yaml" << "12";
        QTest::newRow("nothing") << "" << "";
    }

    void aLessonIsCalledAfterItsFile()
    {
        QFETCH(QString, file);
        QFETCH(QString, title);
        QCOMPARE(QString::fromStdString(lessonTitle(file.toStdString())), title);
    }

    void aWrongLessonIsASentenceWithItsPlace_data()
    {
        QTest::addColumn<QString>("yaml");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const std::string& yaml, const char* place, const char* sentence) {
            QTest::newRow(name) << QString::fromStdString(yaml) << place << sentence;
        };
        const std::string rest = kPanels + kBase + kRuns;
        row("empty", "", "0 ", "empty");
        row("not YAML", "idea: [", "1 ", "not readable as YAML");
        row("not a map", "some words", "1 ", "a map of texts");
        row("unknown key", kTexts + rest + "curve: [total]\n", "10 curve", "did you mean 'curves'?");
        row("a text is missing", kPanels + kBase + kRuns + "idea: x\nlook_for: x\nseen: x\n", "0 question", "missing; it should be a question");
        row("a text is empty", "idea:\nlook_for: x\nquestion: x\nseen: x\n" + rest, "2 idea", "nothing where a text");
        row("a text is a list", "idea: [x]\nlook_for: x\nquestion: x\nseen: x\n" + rest, "1 idea", "a list where a text");
        row("no panel", "panels: []\n" + kTexts + kBase + kRuns, "1 panels", "a list of panels such as");
        row("unknown panel", "panels: [loss, acuracy]\n" + kTexts + kBase + kRuns, "1 panels", "did you mean 'accuracy'?");
        row("a curve is a map", "curves: [{a: b}]\n" + kTexts + rest, "1 curves", "a list of loss terms");
        row("the experiment is a word", "experiment: quickstart\n" + kTexts + kPanels + kRuns, "1 experiment", "'quickstart' where the values");
        row("unknown method", "experiment: {method: {type: contrats}}\n" + kTexts + kPanels + kRuns, "1 experiment.method.type", "did you mean 'contrast'?");
        row("unknown option", "experiment: {train: {stepz: 3}}\n" + kTexts + kPanels + kRuns, "1 experiment.train.stepz", "did you mean 'steps'?");
        row("one run", "runs: [{name: a}]\n" + kTexts + kPanels + kBase, "1 runs", "a list of two");
        row("a run is a word", "runs: [a, {name: b, values: {train.rate: 0}}]\n" + kTexts + kPanels + kBase, "1 runs[0]", "'a' where a map of name and values");
        row("a run has no name", "runs: [{name: a}, {values: {train.rate: 0}}]\n" + kTexts + kPanels + kBase, "1 runs[1].name", "missing");
        row("unknown key of a run", "runs: [{name: a}, {name: b, value: {train.rate: 0}}]\n" + kTexts + kPanels + kBase, "1 runs[1].value", "did you mean 'values'?");
        row("unknown value", "runs: [{name: a}, {name: b, values: {method.temprature: 1}}]\n" + kTexts + kPanels + kBase,
            "1 runs[1].values.method.temprature", "did you mean 'temperature'?");
        row("value out of range", "runs: [{name: a}, {name: b, values: {method.temperature: 100}}]\n" + kTexts + kPanels + kBase,
            "1 runs[1].values.method.temperature", "10");
        row("a value is a map", "runs: [{name: a}, {name: b, values: {method: {temperature: 1}}}]\n" + kTexts + kPanels + kBase,
            "1 runs[1].values.method", "a map where one value should be");
        row("one name twice", "runs: [{name: a}, {name: a, values: {train.rate: 0}}]\n" + kTexts + kPanels + kBase, "1 runs", "both are called 'a'");
        row("no difference", "runs: [{name: a}, {name: b, values: {method.temperature: 0.2}}]\n" + kTexts + kPanels + kBase, "1 runs", "nothing to see");
        row("a key twice", kTexts + rest + "seen: again\n", "10 seen", "given twice");
    }

    void aWrongLessonIsASentenceWithItsPlace()
    {
        QFETCH(QString, yaml);
        QFETCH(QString, place);
        QFETCH(QString, sentence);
        const LoadedLesson loaded = lessonOf(yaml.toStdString());
        QVERIFY2(placesOf(loaded.issues).contains(place), qPrintable(textOf(loaded.issues)));
        QVERIFY2(textOf(loaded.issues).contains(sentence), qPrintable(textOf(loaded.issues)));
        for (const Issue& issue : loaded.issues) QCOMPARE(issue.file, std::string("lessons/2_queue_length.yaml"));
    }

    void aDamagedLessonNeverCrashes()
    {
        const std::string whole = kTexts + kPanels + kBase + kRuns;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            lessonOf(whole.substr(0, i));
            for (const char byte : {'\0', '[', '{', ':', '\n', '\xff'}) {
                std::string damaged = whole;
                damaged[i] = byte;
                lessonOf(damaged);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestConfig)
#include "tst_config.moc"
