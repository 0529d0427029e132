// selfsight-cli as scripts see it: exit codes, one sentence for a failure, valid JSON on every line.
#include <QtTest>

#include <csignal>
#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

const QString kSource = SELFSIGHT_SOURCE;
constexpr int kPatience = 300'000;  // ms; only a hang exceeds it

struct Outcome {
    int code = -1;
    QByteArray out, err;
};

/// One object a line; fails the test on anything else.
QList<json> jsonLines(const QByteArray& text)
{
    QList<json> lines;
    for (const QByteArray& line : text.split('\n')) {
        if (line.isEmpty()) continue;
        json object = json::parse(line.constData(), nullptr, false);
        if (!object.is_object()) QTest::qFail(("not a JSON object: " + line).constData(), __FILE__, __LINE__);
        lines << std::move(object);
    }
    return lines;
}

QString word(const json& object, const char* key)
{
    return QString::fromStdString(object.value(key, std::string()));
}

int sentences(const QByteArray& text)
{
    return static_cast<int>(text.trimmed().split('\n').size());
}

/// Options that make a preset's training tiny: drawn shapes, few images, a narrow network where it is a ResNet.
QStringList tiny(const QString& preset)
{
    QStringList options = {"--set", "data.type=shapes", "--set", "train.batch_size=16", "--device", "cpu", "--threads", "1"};
    QFile file(kSource + "/presets/" + preset + ".yaml");
    if (file.open(QIODevice::ReadOnly) && file.readAll().contains("{type: resnet")) options << "--set" << "backbone.width=8";
    return options;
}

}  // namespace

class TestCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QVERIFY(m_folder.isValid()); }

    void theVersionIsPrinted()
    {
        const Outcome outcome = run({"--version"});
        QCOMPARE(outcome.code, 0);
        QCOMPARE(outcome.out, QByteArray("selfsight-cli " SELFSIGHT_VERSION "\n"));
    }

    void samplesAreLaidOut()
    {
        // 120 rows in three groups, as NumPy writes them.
        QByteArray header = "{'descr': '<f4', 'fortran_order': False, 'shape': (120, 4), }";
        header = header.leftJustified(117) + '\n';
        QByteArray bytes = QByteArray("\x93NUMPY\x01\x00\x76\x00", 10) + header;
        for (int row = 0; row < 120; ++row)
            for (int column = 0; column < 4; ++column) {
                const float value = static_cast<float>(row % 3 == column ? 10 : 0) + 0.01f * static_cast<float>(row * 7 % 13 + column * row % 5);
                bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
            }
        const QString rows = m_folder.filePath("rows.npy");
        QFile file(rows);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        for (const QString layout : {"tsne", "umap", "pca"}) {
            const QString out = m_folder.filePath(layout + ".npy");
            const Outcome outcome = run({"embed", "--npy", rows, "--layout", layout, "--perplexity", "10", "--iterations", "100", "--out", out, "--json"});
            QCOMPARE(outcome.code, 0);
            const json result = jsonLines(outcome.out).last();
            QVERIFY(result.at("trustworthiness").get<double>() > 0.9);
            QCOMPARE(QFileInfo(out).size(), qint64{128 + 120 * 2 * 4});
        }
        const Outcome large = run({"embed", "--npy", rows, "--perplexity", "60"});
        QCOMPARE(large.code, 1);
        QVERIFY(large.err.contains("perplexity: 60 does not fit 120 samples. Choose 1 to 39."));
        QCOMPARE(sentences(large.err), 1);
        QCOMPARE(run({"embed"}).code, 1);
        QCOMPARE(run({"embed", m_folder.filePath("no_run")}).code, 1);
        QCOMPARE(run({"embed", "--npy", rows, "--layout", "mds"}).code, 2);
    }

    void everyCommandHasHelp_data()
    {
        QTest::addColumn<QString>("command");
        for (const char* command : {"train", "resume", "branch", "table", "evaluate", "pipeline", "sweep", "embed", "attention", "spikes", "replay", "export", "list", "describe", "check", "verify", "bench"}) QTest::newRow(command) << command;
    }

    void everyCommandHasHelp()
    {
        QFETCH(QString, command);
        const Outcome outcome = run({command, "--help"});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.contains("Usage:"));
        QVERIFY(outcome.err.isEmpty());
    }

    void wrongUsageExitsWithTwoAndOneSentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("words");
        QTest::newRow("nothing") << QStringList{} << "selfsight-cli";
        QTest::newRow("unknown command") << QStringList{"trian", "quickstart"} << "there is no command 'trian' (did you mean 'train'?)";
        QTest::newRow("unknown option") << QStringList{"train", "quickstart", "--stepz", "3"} << "there is no option '--stepz' (did you mean '--steps'?)";
        QTest::newRow("missing argument") << QStringList{"train"} << "train:";
        QTest::newRow("no number") << QStringList{"train", "quickstart", "--steps", "many"} << "--steps";
        QTest::newRow("a setting without value") << QStringList{"train", "quickstart", "--set", "train.steps"} << "key=value";
        QTest::newRow("nothing to list") << QStringList{"list"} << "list:";
        QTest::newRow("unknown list") << QStringList{"list", "metods"} << "did you mean 'methods'?";
        QTest::newRow("unknown format") << QStringList{"export", "run", "--to", "onnx", "--out", "x"} << "onnx not in";
        QTest::newRow("unknown bench") << QStringList{"bench", "stepp"} << "bench:";
    }

    void wrongUsageExitsWithTwoAndOneSentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, words);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.code, 2);
        QVERIFY(outcome.out.isEmpty());
        QCOMPARE(sentences(outcome.err), 1);
        QVERIFY2(outcome.err.contains(words.toUtf8()), outcome.err);
    }

    void whatCannotBeDoneExitsWithOneAndSaysWhy_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("words");
        QTest::newRow("missing file") << QStringList{"check", "nowhere.yaml"} << "nowhere.yaml: there is no such file";
        QTest::newRow("export of no run") << QStringList{"export", "nowhere", "--to", "csv", "--out", "x"} << "nowhere: does not exist";
        QTest::newRow("mistyped preset") << QStringList{"check", "quickstrat"} << "did you mean 'quickstart'?";
        QTest::newRow("mistyped name") << QStringList{"describe", "method.simclrr"} << "did you mean 'method.simclr'?";
        QTest::newRow("training of no preset") << QStringList{"train", "quickstrat"} << "did you mean 'quickstart'?";
        QTest::newRow("training with a wrong key") << QStringList{"train", "simclr_shapes", "--set", "method.temprature=1"} << "did you mean 'temperature'?";
        QTest::newRow("training with a wrong value") << QStringList{"train", "simclr_shapes", "--set", "train.steps=0"} << "out of range";
        QTest::newRow("a queue that no batch fits")
            << QStringList{"train", "moco_v2_fashion_mnist", "--set", "method.queue_length=100"} << "method.queue_length: 100 keys are not a multiple";
        QTest::newRow("patches that do not fit")
            << QStringList{"train", "mae_fashion_mnist", "--set", "backbone.patch=5"} << "views.global.size: patches of 5 pixels do not divide views of 28";
        QTest::newRow("hidden patches without patches")
            << QStringList{"train", "simclr_shapes", "--set", "method.type=mae"} << "backbone.type";
        QTest::newRow("an image method on signals") << QStringList{"train", "simclr_shapes", "--set", "data.type=tones"}
                                                    << "data.type: SimCLR learns from images, but Tones (synthetic) holds signals "
                                                       "(method.type); fashion_mnist, or cpc_sequence as method.type, would work";
        QTest::newRow("signals wanted, images given") << QStringList{"train", "cpc_sequence_tones", "--set", "data.type=shapes"}
                                                      << "(method.type); wav_folder, or inst_disc as method.type, would work";
        QTest::newRow("an image network on signals") << QStringList{"train", "cpc_sequence_tones", "--set", "backbone.type=resnet"}
                                                     << "backbone.type: CPC on signals learns from signals, but ResNet is for images "
                                                        "(method.type); conv1d would work";
        QTest::newRow("augmentations of signals") << QStringList{"train", "simclr_shapes", "--set", "data.type=tones", "--set", "method.type=cpc_sequence"}
                                                  << "views.global.chain: augmentations are for images, not for signals (data.type)";
        QTest::newRow("a window without a latent") << QStringList{"train", "cpc_sequence_tones", "--set", "views.global.size=400"}
                                                   << "a latent sees 465 samples, a window has 400 (backbone.layers)";
        QTest::newRow("a window too short to predict in") << QStringList{"train", "cpc_sequence_tones", "--set", "method.horizon=40"}
                                                          << "gives 30 latents, too few to predict 40 further on (views.global.size); 15 would work";
        QTest::newRow("huge views of images") << QStringList{"train", "simclr_shapes", "--set", "views.global.size=513"}
                                              << "at most 512 x 512 pixels (data.type); 512 would work";
        QTest::newRow("a table that is there") << QStringList{"table", "simclr_shapes", "--out", kSource + "/README.md"} << "--resume";
        QTest::newRow("a sweep where one run is wanted") << QStringList{"train", "simclr_augmentation_pairs"}
                                                         << "sweep: several runs, where one is wanted; `selfsight-cli sweep` trains them all";
        QTest::newRow("one run where a sweep is wanted") << QStringList{"sweep", "simclr_shapes"} << "no sweep; one has axes under the key 'sweep'";
        QTest::newRow("a sweep into a used folder") << QStringList{"sweep", "simclr_temperature", "--out", kSource} << "Add --resume";
        QTest::newRow("a sweep whose points do not fit") << QStringList{"sweep", "simclr_temperature", "--set", "method.type=moco_v2", "--set", "train.batch_size=100"}
                                                         << "method.queue_length";
        QTest::newRow("evaluating nothing") << QStringList{"evaluate", "nowhere"} << "neither a run's folder nor a weights file";
        QTest::newRow("an unknown protocol") << QStringList{"evaluate", "nowhere", "--protocol", "knnn"} << "did you mean 'knn'?";
        QTest::newRow("labels that are no share") << QStringList{"evaluate", "nowhere", "--labels", "many"} << "no share of the labels";
        QTest::newRow("a pipeline into a used folder") << QStringList{"pipeline", "simclr_shapes", "--out", kSource} << "holds no pipeline";
        QTest::newRow("a pipeline without labels") << QStringList{"pipeline", "simclr_shapes", "--set", "fine_tune.label_shares=[]"} << "label_shares";
        QTest::newRow("training on no device") << QStringList{"train", "simclr_shapes", "--device", "tpu"} << "tpu";
        QTest::newRow("training into a used folder") << QStringList{"train", "simclr_shapes", "--out", kSource} << kSource;
        QTest::newRow("resume nothing") << QStringList{"resume", "nowhere"} << "nowhere";
        QTest::newRow("resume no run") << QStringList{"resume", kSource + "/presets"} << "it has no experiment.yaml";
        QTest::newRow("verify nothing") << QStringList{"verify", "nowhere"} << "nowhere";
    }

    void whatCannotBeDoneExitsWithOneAndSaysWhy()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, words);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.code, 1);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY2(outcome.err.count(words.toUtf8()) == 1, outcome.err);
        QVERIFY(!outcome.err.contains("terminate called"));
    }

    void whatIsListedCanBeDescribed_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("member");  // one that must be there
        QTest::newRow("methods") << "methods" << "method" << "simclr";
        QTest::newRow("backbones") << "backbones" << "backbone" << "resnet";
        QTest::newRow("augmentations") << "augmentations" << "augmentation" << "random_resized_crop";
        QTest::newRow("datasets") << "datasets" << "data" << "shapes";
        QTest::newRow("optimizers") << "optimizers" << "optimizer" << "sgd";
        QTest::newRow("probes") << "probes" << "probe" << "knn";
    }

    void whatIsListedCanBeDescribed()
    {
        QFETCH(QString, kind);
        QFETCH(QString, prefix);
        QFETCH(QString, member);
        const Outcome listed = run({"list", kind, "--json"});
        QCOMPARE(listed.code, 0);
        QList<json> entries = jsonLines(listed.out);
        const json result = entries.takeLast();
        QCOMPARE(result.value("entries", -1), static_cast<int>(entries.size()));
        QStringList keys;
        for (const json& entry : entries) keys << word(entry, "key");
        QVERIFY2(keys.contains(member), qPrintable(keys.join(' ')));
        QVERIFY(run({"list", kind}).out.contains(member.toUtf8()));
        for (const QString& key : keys) {
            const Outcome described = run({"describe", prefix + '.' + key, "--json"});
            QVERIFY2(described.code == 0, described.err);
            QList<json> options = jsonLines(described.out);
            const json summary = options.takeLast();
            QCOMPARE(summary.value("options", -1), static_cast<int>(options.size()));
            for (const json& option : options)
                QVERIFY2(!word(option, "key").isEmpty() && !word(option, "doc").isEmpty() && option.contains("default"), option.dump().c_str());
        }
    }

    void aDescriptionShowsRangeDefaultAndMeaning()
    {
        const Outcome text = run({"describe", "method.simclr"});
        QCOMPARE(text.code, 0);
        QVERIFY(text.out.contains("temperature"));
        for (const char* fact : {"curve accuracy", "collapse", "temperature: 10"}) QVERIFY2(text.out.contains(fact), fact);
        QCOMPARE(jsonLines(run({"describe", "method.simclr", "--json"}).out).last()["facts"].size(), std::size_t(4));
        for (const json& option : jsonLines(run({"describe", "views.global", "--json"}).out)) {
            if (word(option, "key") != "count") continue;
            QCOMPARE(option.value("default", 0), 2);
            QCOMPARE(option.value("minimum", 0.0), 1.0);
            QCOMPARE(option.value("maximum", 0.0), 16.0);
            return;
        }
        QFAIL("views.global has no count");
    }

    void everyPresetChecks_data() { presetRows(); }

    void everyPresetChecks()
    {
        QFETCH(QString, preset);
        const Outcome outcome = run({"check", preset, "--json"});
        QVERIFY2(outcome.code == 0, outcome.out + outcome.err);
        const QList<json> lines = jsonLines(outcome.out);
        QCOMPARE(lines.last().value("errors", -1), 0);
        QVERIFY(run({"list", "presets"}).out.contains(preset.toUtf8()));
    }

    void aPresetTrainsThreeTinySteps_data()
    {
        QTest::addColumn<QString>("preset");
        for (const char* preset : {"quickstart", "simclr_shapes", "mae_fashion_mnist"}) QTest::newRow(preset) << preset;
    }

    void aPresetTrainsThreeTinySteps()
    {
        QFETCH(QString, preset);
        const QString folder = m_folder.filePath("run_" + preset);
        const Outcome outcome = run(QStringList{"train", preset, "--out", folder, "--steps", "3", "--json"} + tiny(preset));
        QVERIFY2(outcome.code == 0, outcome.err);
        const QList<json> lines = jsonLines(outcome.out);
        QCOMPARE(word(lines.last(), "event"), QString("result"));
        QCOMPARE(lines.last().value("steps", 0), 3);
        QVERIFY(lines.last().contains("loss") && lines.last()["loss"].is_number());
        QVERIFY(lines.last().value("images_per_second", 0.0) > 0);
        QVERIFY(QFileInfo(word(lines.last(), "run")) == QFileInfo(folder));
        // What the run wrote down is a whole experiment again.
        QVERIFY(QFile::exists(folder + "/experiment.yaml"));
        const Outcome checked = run({"check", folder + "/experiment.yaml"});
        QVERIFY2(checked.code == 0, checked.out + checked.err);
    }

    void anInterruptedTrainingSavesAndExitsWith130()
    {
        const QString folder = m_folder.filePath("interrupted");
        QProcess process;
        start(process, QStringList{"train", "simclr_shapes", "--out", folder, "--set", "train.steps=1000000", "--json"} + tiny("simclr_shapes"));
        QByteArray out;
        while (!out.contains("\"event\":\"step\"") && process.waitForReadyRead(kPatience)) out += process.readAllStandardOutput();
        QVERIFY2(process.state() == QProcess::Running, process.readAllStandardError());
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(kPatience));
        QCOMPARE(process.exitCode(), 130);
        out += process.readAllStandardOutput();
        const QList<json> lines = jsonLines(out);
        QCOMPARE(word(lines.last(), "event"), QString("result"));
        QVERIFY(lines.last().value("steps", 0) >= 1);

        // It goes on where it stopped, and a finished run is no failure.
        const int before = lines.last().value("steps", 0);
        const Outcome further = run({"resume", folder, "--steps", "2", "--json"});
        QVERIFY2(further.code == 0, further.err);
        const QList<json> events = jsonLines(further.out);
        QCOMPARE(events.last().value("steps", 0), before + 2);
        QCOMPARE(events.first().value("step", 0), before + 1);
        QVERIFY2(further.err.contains("goes on after step " + QByteArray::number(before)), further.err);
    }

    void aFinishedTrainingHasNothingLeftToResume()
    {
        const QString folder = m_folder.filePath("finished");
        QCOMPARE(run(QStringList{"train", "simclr_shapes", "--out", folder, "--steps", "2"} + tiny("simclr_shapes")).code, 0);
        const Outcome again = run({"resume", folder, "--json"});
        QCOMPARE(again.code, 0);
        QVERIFY2(again.err.contains("all its 2 steps are done"), again.err);
        QCOMPARE(jsonLines(again.out).last().value("steps", 0), 2);
    }

    void aBranchBeginsWithItsParentsHistory()
    {
        const QString parent = m_folder.filePath("parent"), branch = m_folder.filePath("branch");
        QCOMPARE(run(QStringList{"train", "simclr_shapes", "--out", parent, "--steps", "6", "--set", "train.checkpoint_every_steps=2"} + tiny("simclr_shapes")).code, 0);
        const Outcome made = run({"branch", parent, "--at", "5", "--set", "method.temperature=0.7", "--steps", "3", "--out", branch, "--json"});
        QVERIFY2(made.code == 0, made.err);
        const QList<json> events = jsonLines(made.out);
        QCOMPARE(events.first().value("step", 0), 5);  // from the checkpoint of step 4
        QCOMPARE(events.last().value("steps", 0), 7);
        QFile file(branch + "/run.json");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const json info = json::parse(file.readAll().toStdString());
        QCOMPARE(word(info["parent"], "run"), QString("parent"));
        QCOMPARE(info["parent"].value("step", 0), 4);
        QCOMPARE(word(info["parent"]["changes"][0], "key"), QString("method.temperature"));
        QCOMPARE(word(info["parent"]["changes"][0], "to"), QString("0.7"));
        const Outcome table = run({"export", branch, "--to", "csv", "--out", branch + "/csv"});
        QVERIFY2(table.code == 0, table.err);
        QFile steps(branch + "/csv/steps.csv");
        QVERIFY(steps.open(QIODevice::ReadOnly));
        QCOMPARE(steps.readAll().count('\n'), 1 + 7);

        const Outcome other = run({"branch", parent, "--at", "5", "--set", "backbone.width=16", "--out", m_folder.filePath("other")});
        QCOMPARE(other.code, 1);
        QVERIFY2(other.err.contains("backbone.width=16") && other.err.contains("backbone."), other.err);
        QVERIFY(!QFile::exists(m_folder.filePath("other")));
        QCOMPARE(run({"branch", parent, "--at", "5", "--set", "method.temprature=1"}).code, 1);
        QCOMPARE(run({"branch", parent}).code, 2);
    }

    void theSecondInterruptLeavesAtOnce()
    {
        const QString folder = m_folder.filePath("impatient");
        QProcess process;  // steps of seconds
        start(process, {"train", "simclr_shapes", "--out", folder, "--json", "--threads", "1", "--set", "train.batch_size=512", "--set", "backbone.width=64",
                        "--set", "backbone.depth=18", "--set", "train.precision=fp32"});
        while (!QFile::exists(folder + "/checkpoints/step_00000000.json") && !process.waitForFinished(50)) {}
        QVERIFY2(process.state() == QProcess::Running, process.readAllStandardError());
        QVERIFY(!process.waitForFinished(300));
        ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
        QVERIFY(!process.waitForFinished(200));
        ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
        QVERIFY(process.waitForFinished(kPatience));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(!QFile::exists(folder + "/result.json"));
    }

    void everyProblemOfAFileComesWithItsPlace()
    {
        const QString file = write("bad.yaml", "data: {type: shapes}\nmethod:\n  type: simclr\n  temprature: 1\ntrain: {steps: 0, batch_size: x}\n");
        const Outcome outcome = run({"check", file, "--json"});
        QCOMPARE(outcome.code, 1);
        QStringList places;
        QList<json> lines = jsonLines(outcome.out);
        const json result = lines.takeLast();
        for (const json& line : lines) places << QString("%1 %2").arg(line.value("line", 0)).arg(word(line, "key"));
        QCOMPARE(places, (QStringList{"4 method.temprature", "5 train.steps", "5 train.batch_size"}));
        QCOMPARE(result.value("errors", 0), 3);
        const Outcome text = run({"check", file});
        QCOMPARE(text.code, 1);
        QVERIFY2(text.out.contains("bad.yaml:4: method.temprature: unknown key"), text.out);
    }

    void missingDataIsAWarningUnlessAskedFor()
    {
        const QString file = write("no_data.yaml", "data: {type: image_folder, path: not_there}\n");
        const Outcome lenient = run({"check", file, "--json"});
        QVERIFY2(lenient.code == 0, lenient.out);
        QCOMPARE(jsonLines(lenient.out).last().value("warnings", 0), 1);
        QVERIFY2(lenient.out.contains("not_there"), lenient.out);
        const Outcome strict = run({"check", file, "--with-data", "--json"});
        QCOMPARE(strict.code, 1);
        QCOMPARE(jsonLines(strict.out).last().value("errors", 0), 1);
    }

    void aSweepKeepsWhatIsFinished()
    {
        const QString file = write("tiny_sweep.yaml",
                                   "data: {type: shapes, count: 48, test_count: 16}\n"
                                   "backbone: {type: resnet, depth: 10, width: 8, stem: strided}\n"
                                   "method: {type: simclr}\n"
                                   "views: {global: {chain: [{type: random_resized_crop}, {type: normalize}]}}\n"
                                   "train: {steps: 2, batch_size: 16, device: cpu, threads: 1}\n"
                                   "record: {knn_bank: 48, knn_queries: 16}\n"
                                   "sweep:\n"
                                   "  method.temperature: [0.1, 0.5]\n"
                                   "  train.seed: [1, 2]\n");
        const QString folder = m_folder.filePath("tiny_sweep");
        const Outcome first = run({"sweep", file, "--out", folder, "--json"});
        QVERIFY2(first.code == 0, first.err);
        QList<json> lines = jsonLines(first.out);
        const json result = lines.takeLast();
        QCOMPARE(result.value("points", 0), 4);
        QCOMPARE(result.value("finished", 0), 4);
        QCOMPARE(lines.size(), 4);
        QCOMPARE(word(lines[1], "point"), QString("temperature 0.1, seed 2"));
        QCOMPARE(word(lines[2]["values"], "method.temperature"), QString("0.5"));
        QVERIFY(lines[3].at("knn").at("trained").is_number());
        for (const json& line : lines) QVERIFY2(QFile::exists(word(line, "run") + "/checkpoints"), line.dump().c_str());

        const auto table = [&folder](const char* name) {
            QFile csv(folder + '/' + name);
            return csv.open(QIODevice::ReadOnly) ? csv.readAll() : QByteArray();
        };
        QVERIFY2(table("sweep.csv").startsWith("method.temperature,train.seed,state,knn_trained,"), table("sweep.csv"));
        QCOMPARE(table("sweep.csv").count('\n'), 5);
        QVERIFY2(table("averages.csv").startsWith("method.temperature,runs,knn_trained,knn_trained_error,"), table("averages.csv"));
        QCOMPARE(table("averages.csv").count('\n'), 3);

        // A run that was cut off goes on in its own folder; the others are not trained again.
        const QString cut = folder + "/temperature=0.5_seed=1";
        QVERIFY(QFile::remove(cut + "/result.json"));
        const QByteArray before = table("sweep.csv");
        const Outcome second = run({"sweep", file, "--out", folder, "--resume", "--json"});
        QVERIFY2(second.code == 0, second.err);
        QCOMPARE(second.err.count("temperature 0.5, seed 1"), 1);
        QCOMPARE(second.err.count(" of 4: "), 1);
        QVERIFY(QFile::exists(cut + "/result.json") && !QFile::exists(cut + "_2"));
        QVERIFY2(second.err.contains("goes on after step 2"), second.err);
        QCOMPARE(jsonLines(second.out).last().value("finished", 0), 4);
        const auto trained = [](const QByteArray& csv, int row) { return csv.split('\n').at(row).split(',').mid(0, 5).join(','); };
        for (const int row : {1, 2, 3, 4}) QCOMPARE(trained(table("sweep.csv"), row), trained(before, row));

        // Other values are other runs.
        const Outcome longer = run({"sweep", file, "--out", folder, "--resume", "--set", "train.steps=3", "--json"});
        QVERIFY2(longer.code == 0, longer.err);
        QCOMPARE(longer.err.count(" of 4: "), 4);
        QCOMPARE(run({"check", file, "--json"}).code, 0);
        QCOMPARE(jsonLines(run({"check", file, "--json"}).out).last().value("points", 0), 4);
    }

    void anInterruptedSweepExitsWith130AndGoesOn()
    {
        const QString file = write("long_sweep.yaml", "data: {type: shapes, count: 48, test_count: 16}\n"
                                                      "backbone: {type: resnet, depth: 10, width: 8, stem: strided}\n"
                                                      "train: {steps: 1000000, batch_size: 16, device: cpu, threads: 1}\n"
                                                      "sweep: {train.seed: [1, 2]}\n");
        const QString folder = m_folder.filePath("long_sweep");
        QProcess process;
        start(process, {"sweep", file, "--out", folder, "--json"});
        QByteArray said;
        process.setReadChannel(QProcess::StandardError);
        while (!said.contains("step ") && process.waitForReadyRead(kPatience)) said += process.readAllStandardError();
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(kPatience));
        QCOMPARE(process.exitCode(), 130);
        const QList<json> lines = jsonLines(process.readAllStandardOutput());
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.last().value("finished", -1), 0);
        QVERIFY(QFile::exists(folder + "/seed=1/result.json"));  // stopped and saved
        QVERIFY(!QFile::exists(folder + "/seed=2"));
    }

    void aTableKeepsWhatIsFinished()
    {
        const QString file = write("one.yaml", "data: {type: shapes, count: 48, test_count: 16}\n"
                                               "backbone: {type: resnet, depth: 10, width: 8, stem: strided}\n"
                                               "train: {steps: 2, batch_size: 16, device: cpu, threads: 1}\n"
                                               "record: {knn_bank: 48, knn_queries: 16}\n");
        const QString table = m_folder.filePath("kept.csv");
        QCOMPARE(run({"table", file, "--out", table, "--json"}).code, 0);
        const Outcome again = run({"table", file, "--out", table, "--resume", "--json"});
        QCOMPARE(again.code, 0);
        QVERIFY2(again.err.isEmpty(), again.err);  // nothing was trained
        QCOMPARE(jsonLines(again.out).last().value("rows", 0), 1);
    }

    void referenceCasesPass_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("cases");
        for (const auto& [kind, cases] : QList<std::pair<const char*, int>>{
                 {"nt_xent", 5}, {"lars", 5}, {"sgd", 3}, {"adam", 1}, {"adamw", 2}, {"schedule", 15}, {"knn", 3}, {"align_uniform", 2}, {"spectrum", 3}, {"resnet", 3},
                 {"augment_blur", 1}, {"augment_color", 1}, {"augment_gray_solarize", 1}, {"augment_hue", 1}, {"augment_resized_crop", 1}})
            QTest::newRow(kind) << kind << cases;
    }

    void referenceCasesPass()
    {
        QFETCH(QString, kind);
        QFETCH(int, cases);
        const Outcome outcome = run({"verify", kSource + "/tests/golden", "--kind", kind, "--json"});
        QVERIFY2(outcome.code == 0, outcome.out + outcome.err);
        QList<json> lines = jsonLines(outcome.out);
        const json result = lines.takeLast();
        QCOMPARE(word(result, "event"), QString("result"));
        QCOMPARE(result.value("passed", 0), cases);
        QCOMPARE(result.value("failed", -1), 0);
        QCOMPARE(result.value("unsupported", -1), 0);
        QCOMPARE(lines.size(), cases);
        for (const json& line : lines) QVERIFY2(word(line, "kind") == kind && line.at("error") <= line.at("allowed"), line.dump().c_str());
    }

private:
    static void presetRows()
    {
        QTest::addColumn<QString>("preset");
        const QStringList files = QDir(kSource + "/presets").entryList({"*.yaml"}, QDir::Files);
        QVERIFY(!files.isEmpty());
        for (const QString& file : files) QTest::newRow(qPrintable(file)) << QFileInfo(file).completeBaseName();
    }

    void start(QProcess& process, const QStringList& arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("SELFSIGHT_PRESETS", kSource + "/presets");
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory(m_folder.path());
        process.start(SELFSIGHT_BIN "/selfsight-cli", arguments);
    }

    Outcome run(const QStringList& arguments) const
    {
        QProcess process;
        start(process, arguments);
        if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
            return {-1, process.readAllStandardOutput(), process.readAllStandardError() + process.errorString().toUtf8()};
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

    QString write(const QString& name, const QByteArray& text) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
