// Exports of whole runs: every method's encoder as a program, and what is said when something is not there.
#include <QTemporaryDir>
#include <QtTest>

#include <torch/csrc/jit/serialization/import.h>

#include <cmath>
#include <set>
#include <sstream>

#include "core/catalog.h"
#include "core/export/encoder.h"
#include "core/export/export.h"
#include "core/export/torch_script.h"
#include "core/io/safetensors.h"
#include "core/runs/run_reader.h"
#include "core/train/model.h"
#include "core/train/trainer.h"
#include "tests/long_run.h"
#include "tests/made_files.h"
#include "tests/tiny_training.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

constexpr const char* kCheckpoint = "selfsight checkpoint 1";

bool always(const std::string&, double)
{
    return true;
}

ExportResult exported(const std::string& format, const ExportRequest& request)
{
    return exportRun(exportFormats().at(format), request, catalog(), always);
}

torch::jit::Module loaded(const std::string& bytes)
{
    std::istringstream stream(bytes);
    return torch::jit::load(stream);
}

/// Of both names and values.
void compareWithMethod(torch::jit::Module& script, Method& method, const MethodInfo& info, const std::vector<std::int64_t>& shape)
{
    std::set<std::string> expected, found;
    for (const auto& entry : method.named_parameters())
        if (const auto name = encoderName(info, entry.key())) expected.insert(*name);
    for (const auto& entry : method.named_buffers())
        if (const auto name = encoderName(info, entry.key())) expected.insert(*name);
    for (const auto& entry : script.named_parameters()) found.insert(entry.name);
    for (const auto& entry : script.named_buffers()) found.insert(entry.name);
    QVERIFY(!expected.empty());
    QCOMPARE(found, expected);

    const torch::NoGradGuard noGradients;
    for (const std::int64_t count : {1, 2, 5}) {
        std::vector<std::int64_t> batch = shape;
        batch.insert(batch.begin(), count);
        torch::manual_seed(3);
        const torch::Tensor images = torch::randn(batch), features = method.features(images);
        QVERIFY(features.std().item<float>() > 0);
        QVERIFY(torch::allclose(script.forward({images}).toTensor(), features, 1e-5, 1e-5));
    }
}

Experiment with(Experiment experiment, const std::vector<std::pair<std::string, std::string>>& settings)
{
    for (const auto& [key, value] : settings)
        if (const auto issue = setValue(experiment, key, value, catalog())) qFatal("%s", describe(*issue).c_str());
    return experiment;
}

/// The first preset of small views that trains `method`, with a tiny network.
Experiment tinyPreset(const std::string& method)
{
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(SELFSIGHT_SOURCE "/presets")) files.insert(entry.path());
    for (const fs::path& file : files) {
        Experiment experiment = loadExperiment(file, catalog()).experiment;
        const bool signals = methods().at(method).samples == SampleKind::Signal;
        if (experiment["method"].type != method || (!signals && experiment.views.global.size > 64)) continue;
        if (signals) return with(experiment, {{"backbone.channels", "16"}, {"views.global.size", "1600"}});
        if (experiment["backbone"].type == "resnet") return with(experiment, {{"backbone.width", "8"}});
        return with(experiment, {{"backbone.dim", "24"}, {"backbone.depth", "2"}, {"backbone.heads", "2"}});
    }
    qFatal("no preset of %s", method.c_str());
}

/// A run folder with one checkpoint of `method`'s tensors, as training leaves it.
void writeRun(const fs::path& folder, const Experiment& experiment, const Method& method)
{
    write(folder / "experiment.yaml", toYaml(experiment, catalog(), YamlStyle::Resolved));
    write(folder / "steps.bin", "");
    fs::create_directory(folder / "checkpoints");
    std::vector<TensorSource> tensors;
    std::vector<torch::Tensor> hosts;
    const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
        hosts.push_back(tensor.detach().contiguous());
        const torch::Tensor& host = hosts.back();
        const DType type = host.scalar_type() == torch::kLong   ? DType::I64
                           : host.scalar_type() == torch::kBool ? DType::Bool
                                                                : DType::F32;
        tensors.push_back({"method." + name,
                           type,
                           host.sizes().vec(),
                           {static_cast<const std::byte*>(host.data_ptr()), static_cast<std::size_t>(host.nbytes())}});
    };
    for (const auto& entry : method.named_parameters()) add(entry.key(), entry.value());
    for (const auto& entry : method.named_buffers()) add(entry.key(), entry.value());
    writeSafetensors(folder / "checkpoints" / "step_00000003.safetensors", tensors, {{"format", kCheckpoint}});
    write(folder / "checkpoints" / "step_00000003.json", "{}");
}

std::shared_ptr<Method> built(const Experiment& experiment)
{
    const ComputeDevice device{.device = torch::kCPU, .products = torch::kFloat, .channelsLast = false, .description = {}};
    return buildMethod(experiment, methodSetup(experiment, 40, 5, 10, 4), 17, device);
}

/// Trained for a few steps, once for all tests.
Experiment trainable()
{
    const char* yaml = R"(
data:      {type: shapes, image_size: 32, count: 96, test_count: 32}
backbone:  {type: resnet, depth: 18, width: 8, stem: strided}
method:    {type: simclr, hidden: 32, output: 16}
views:     {global: {count: 2, size: 32, chain: [{type: random_resized_crop}, {type: horizontal_flip}, {type: normalize}]}}
optimizer: {type: sgd, lr: 0.05}
train:     {steps: 5, batch_size: 8, seed: 7, precision: fp32, device: cpu, threads: 1, checkpoint_every_steps: 2}
record:    {knn_bank: 64, knn_queries: 16, quality_images: 16}
)";
    return parseExperiment(yaml, "tiny", catalog()).experiment;
}

}  // namespace

class TestExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_temporary.isValid());
        m_folder = m_temporary.path().toStdString();
        m_run = m_folder / "run";
        Trainer trainer(catalog(), trainable(), {.runFolder = m_run});
        trainer.join();
        QVERIFY(fs::exists(m_run / "result.json"));
    }

    void everyMethodsEncoderBecomesAProgramWithItsWeights_data()
    {
        QTest::addColumn<std::string>("key");
        for (const MethodInfo& info : methods()) QTest::newRow(info.key.c_str()) << info.key;
    }

    void everyMethodsEncoderBecomesAProgramWithItsWeights()
    {
        QFETCH(std::string, key);
        const MethodInfo& info = methods().at(key);
        const Experiment experiment = tinyPreset(key);
        const std::shared_ptr<Method> method = built(experiment);
        const fs::path run = m_folder / ("run_" + key);
        writeRun(run, experiment, *method);
        method->eval();

        exported("torchscript", {.run = run, .out = run / "encoder.pt"});
        torch::jit::Module script = loaded(contents(run / "encoder.pt"));
        compareWithMethod(script, *method, info, sampleShape(experiment));

        QCOMPARE(exported("safetensors", {.run = run, .out = run / "encoder.safetensors"}).step.value_or(-1), std::int64_t{3});
        const SafetensorsFile weights = SafetensorsFile::open(run / "encoder.safetensors");
        QCOMPARE(weights.metadata().at("method"), key);
        for (const auto& entry : script.named_parameters())
            QVERIFY(torch::equal(torch::tensor(weights.values<float>(entry.name)), entry.value.detach().flatten()));
    }

    void everyBackboneBecomesAProgram_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("options");
        const std::vector<std::pair<const char*, QStringList>> variants = {
            {"resnet",
             {"", "depth: 50", "stem: imagenet", "stem: strided, zero_init_residual: true", "norm: group_ws, groups: 4",
              "selective_kernels: true", "depth: 50, selective_kernels: true, norm: group_ws"}},
            {"vit",
             {"", "pool: mean", "positions: sin_cos", "patch_projection: conv_stem", "patch_projection: stop_gradient",
              "patch_projection: frozen", "layer_scale: 0.1", "drop_path: 0.5", "init: moco_v3"}},
        };
        for (const auto& [type, lists] : variants)
            for (const QString& options : lists) QTest::addRow("%s %s", type, qPrintable(options)) << QString(type) << options;
    }

    void everyBackboneBecomesAProgram()
    {
        QFETCH(QString, type);
        QFETCH(QString, options);
        const QString size =
            type == "resnet" ? "width: 8" : "dim: 24, heads: 2" + QString(options.contains("depth") ? "" : ", depth: 2");
        const QString yaml =
            QString("data: {type: shapes}\nbackbone: {type: %1, %2%3}\nmethod: {type: simclr}\nviews: {global: {size: 32}}\n")
                .arg(type, size, options.isEmpty() ? "" : ", " + options);
        const LoadedExperiment read = parseExperiment(yaml.toStdString(), "variant", catalog());
        QVERIFY2(read.issues.empty(), read.issues.empty() ? "" : read.issues.front().message.c_str());
        const std::shared_ptr<Method> method = built(read.experiment);
        method->eval();
        torch::jit::Module script = loaded(torchScriptBytes(*method, methods().at("simclr"), {3, 32, 32}, "{}"));
        compareWithMethod(script, *method, methods().at("simclr"), {3, 32, 32});
    }

    void aRecordedResNetTakesLargerImagesToo()
    {
        const Experiment experiment = with(trainable(), {{"backbone.stem", "imagenet"}});  // a map of one pixel at 32
        const std::shared_ptr<Method> method = built(experiment);
        method->eval();
        torch::jit::Module script = loaded(torchScriptBytes(*method, methods().at("simclr"), {3, 32, 32}, "{}"));
        const torch::NoGradGuard noGradients;
        const torch::Tensor images = torch::randn({2, 3, 96, 64});
        QVERIFY(torch::allclose(script.forward({images}).toTensor(), method->features(images), 1e-5, 1e-5));
    }

    void theEncoderIsNamedAsTorchvisionNamesIt()
    {
        const fs::path file = m_folder / "encoder.safetensors";
        const ExportResult result = exported("safetensors", {.run = m_run, .out = file});
        QCOMPARE(result.step.value_or(-1), std::int64_t{5});
        const SafetensorsFile weights = SafetensorsFile::open(file);
        QCOMPARE(weights.tensors().size(), std::size_t{120});  // torchvision's ResNet-18 less fc's two
        QVERIFY(weights.find("layer4.1.bn2.running_var"));
        QVERIFY(weights.find("conv1.weight"));
        for (const char* fact :
             {"format", "method", "backbone", "data", "step", "experiment", "mean", "std", "program", "view_size"})
            QVERIFY2(weights.metadata().contains(fact), fact);
        QVERIFY(weights.metadata().at("experiment").find("temperature: 0.2") != std::string::npos);
    }

    void allIsEverythingTheMethodHolds()
    {
        const fs::path file = m_folder / "all.safetensors";
        exported("safetensors", {.run = m_run, .out = file, .step = 2, .part = ExportPart::All});
        const SafetensorsFile weights = SafetensorsFile::open(file);
        QVERIFY(weights.find("backbone.conv1.weight"));
        QVERIFY(weights.find("head.0.weight"));
        QCOMPARE(weights.metadata().at("step"), std::string("2"));
        QVERIFY(errorOf([&] {
                    exported("torchscript", {.run = m_run, .out = m_folder / "x.pt", .part = ExportPart::All});
                }).contains("--what"));
    }

    void tablesHoldWhatTheRunRecorded()
    {
        exported("csv", {.run = m_run, .out = m_folder / "csv"});
        const QStringList steps = QString::fromStdString(contents(m_folder / "csv" / "steps.csv")).split("\r\n");
        QCOMPARE(steps.first(), QString("step,epoch,batch,wall_seconds,learning_rate,total,accuracy"));
        QCOMPARE(steps.size(), 1 + 5 + 1);
        const std::vector<StepRecord> records = openRun(m_run)->drain().steps;
        QCOMPARE(steps[5].split(',')[5].toFloat(), records.back().terms.front());
        QCOMPARE(QString::fromStdString(contents(m_folder / "csv" / "gradient_norms.csv")).split("\r\n").size(), 1 + 5 + 1);
        QVERIFY(contents(m_folder / "csv" / "probes.csv").starts_with("step,wall_seconds,figure,value,note\r\n"));
        QVERIFY(contents(m_folder / "csv" / "run.csv").find("\r\nstate,finished\r\n") != std::string::npos);
    }

    /// Longer than the pieces that a run is read in.
    void aLongRunIsExportedStepByStep()
    {
        constexpr std::int64_t kSteps = 9'001;
        constexpr StepColumns kColumns{2, 3};
        const fs::path run = m_folder / "long";
        makeRun(run, kSteps, kColumns);
        exported("csv", {.run = run, .out = m_folder / "long_csv"});
        const QStringList steps = QString::fromStdString(contents(m_folder / "long_csv" / "steps.csv")).split("\r\n");
        const QStringList norms = QString::fromStdString(contents(m_folder / "long_csv" / "gradient_norms.csv")).split("\r\n");
        QCOMPARE(steps.size(), 1 + kSteps + 1);
        QCOMPARE(norms.size(), 1 + kSteps + 1);
        for (std::int64_t step = 1; step <= kSteps; ++step) {
            const QStringList cells = steps[step].split(','), layers = norms[step].split(',');
            const StepRecord made = madeStep(step, kColumns);
            QCOMPARE(cells.size(), 7);
            QCOMPARE(cells[0].toLongLong(), step);
            QCOMPARE(cells[3].toDouble(), made.wallSeconds);
            QCOMPARE(cells[6].toFloat(), made.terms[1]);
            QCOMPARE(layers.size(), 4);
            QCOMPARE(layers[0].toLongLong(), step);
            QVERIFY(std::abs(std::log(layers[3].toFloat() / made.gradientNorms[2])) < 0.005f);
        }
        QVERIFY(contents(m_folder / "long_csv" / "run.csv").find("\r\nsteps,9001\r\n") != std::string::npos);
    }

    void aLogFolderHoldsEventsAndTheProjector()
    {
        const ExportResult result = exported("tensorboard", {.run = m_run, .out = m_folder / "log"});
        QVERIFY2(result.notes.empty(), result.notes.empty() ? "" : result.notes.front().c_str());
        std::set<std::string> names;
        std::string events;
        for (const auto& entry : fs::directory_iterator(m_folder / "log")) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("events.out.tfevents.")) events = contents(entry.path());
            else names.insert(name);
        }
        QCOMPARE(names, (std::set<std::string>{"metadata.tsv", "projector_config.pbtxt", "sprite.png", "tensors.tsv"}));
        for (const char* tag : {"train/total", "train/learning_rate", "gradient_norms/layers", "weights/backbone.conv1.weight",
                                "views", "experiment", "_hparams_/session_start_info", "result/knn_trained"})
            QVERIFY2(events.find(tag) != std::string::npos, tag);
        QCOMPARE(QString::fromStdString(contents(m_folder / "log" / "tensors.tsv")).count('\n'), 32);
        QCOMPARE(QString::fromStdString(contents(m_folder / "log" / "metadata.tsv")).count('\n'), 33);
    }

    void withoutItsDataARunStillBecomesALogFolder()
    {
        const fs::path run = m_folder / "moved";
        fs::copy(m_run, run, fs::copy_options::recursive);
        std::string yaml = contents(run / "experiment.yaml");
        const auto from = yaml.find("data:"), to = yaml.find("\nbackbone:");
        yaml.replace(from, to - from, "data:\n  type: image_folder\n  path: /nowhere/at/all");
        write(run / "experiment.yaml", yaml);
        const ExportResult result = exported("tensorboard", {.run = run, .out = m_folder / "log_without_data"});
        QCOMPARE(result.notes.size(), std::size_t{1});
        QVERIFY(result.notes.front().find("/nowhere/at/all") != std::string::npos);
        QVERIFY(!fs::exists(m_folder / "log_without_data" / "tensors.tsv"));
        const SafetensorsFile weights = [&] {
            exported("safetensors", {.run = run, .out = m_folder / "without_data.safetensors"});
            return SafetensorsFile::open(m_folder / "without_data.safetensors");
        }();
        QVERIFY(!weights.metadata().contains("mean"));
    }

    void anOptionOfAnotherVersionMattersWhereTheEncoderDependsOnIt()
    {
        const fs::path run = m_folder / "older";
        fs::copy(m_run, run, fs::copy_options::recursive);
        const std::string yaml = contents(run / "experiment.yaml");
        const auto replaced = [&yaml](const std::string& before, const std::string& after) {
            std::string text = yaml;
            return text.replace(text.find(before), before.size(), after);
        };
        write(run / "experiment.yaml", replaced("momentum:", "momentun:"));
        exported("torchscript", {.run = run, .out = m_folder / "older.pt"});
        write(run / "experiment.yaml", replaced("width:", "widht:"));
        const QString sentence = errorOf([&] { exported("torchscript", {.run = run, .out = m_folder / "none.pt"}); });
        QVERIFY2(sentence.contains("unknown key 'widht'") && sentence.contains("cannot be rebuilt"), qPrintable(sentence));
    }

    void whatCannotBeExportedIsSaidInOneSentence_data()
    {
        QTest::addColumn<std::string>("format");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("words");
        QTest::newRow("no run") << std::string("csv") << "no run"
                                << "does not exist";
        QTest::newRow("no checkpoint") << std::string("safetensors") << "no checkpoint"
                                       << "holds no checkpoint. Its weights were never saved";
        QTest::newRow("no checkpoint to run") << std::string("torchscript") << "no checkpoint"
                                              << "holds no checkpoint";
        QTest::newRow("another step") << std::string("pt") << "step"
                                      << "holds no checkpoint of step 7. There are those of steps 0, 2, 4, 5.";
        QTest::newRow("an unfinished checkpoint") << std::string("pt") << "unfinished"
                                                  << "holds no checkpoint of step 5. There are those of steps 0, 2, 4.";
        QTest::newRow("a newer checkpoint") << std::string("pt") << "newer"
                                            << "was written by a newer Selfsight (checkpoint format 99";
        QTest::newRow("no checkpoint of ours") << std::string("safetensors") << "foreign"
                                               << "is no checkpoint of Selfsight";
        QTest::newRow("a cut checkpoint") << std::string("torchscript") << "cut"
                                          << "step_00000005.safetensors: ";
        QTest::newRow("another network's checkpoint") << std::string("torchscript") << "other"
                                                      << "where the experiment asks for";
        QTest::newRow("an existing file") << std::string("safetensors") << "exists"
                                          << "exists already. Nothing is overwritten unasked";
        QTest::newRow("an existing folder") << std::string("csv") << "exists"
                                            << "Nothing is overwritten";
        QTest::newRow("an unwritable place") << std::string("pt") << "unwritable"
                                             << "cannot be created";
        QTest::newRow("an unwritable folder") << std::string("tensorboard") << "unwritable"
                                              << "cannot be created";
    }

    void whatCannotBeExportedIsSaidInOneSentence()
    {
        QFETCH(std::string, format);
        QFETCH(QString, kind);
        QFETCH(QString, words);
        const fs::path run = m_folder / "bad";
        fs::remove_all(run);
        fs::copy(m_run, run, fs::copy_options::recursive);
        const fs::path last = run / "checkpoints" / "step_00000005.safetensors";
        ExportRequest request{.run = run, .out = m_folder / "bad_export"};
        if (kind == "no run") fs::remove_all(run);
        if (kind == "no checkpoint") fs::remove_all(run / "checkpoints");
        if (kind == "unfinished") fs::remove(run / "checkpoints" / "step_00000005.json");
        if (kind == "step" || kind == "unfinished") request.step = kind == "step" ? 7 : 5;
        if (kind == "newer") writeSafetensors(last, {}, {{"format", "selfsight checkpoint 99"}});
        if (kind == "foreign") writeSafetensors(last, {});
        if (kind == "cut") fs::resize_file(last, fs::file_size(last) / 2);
        if (kind == "other") {
            const Experiment wider = with(trainable(), {{"backbone.width", "16"}});
            fs::remove_all(run);
            writeRun(run, trainable(), *built(wider));
        }
        if (kind == "exists") request.out = m_run;
        if (kind == "unwritable") request.out = "/proc/nowhere/export";
        const QString sentence = errorOf([&] { exported(format, request); });
        QVERIFY2(sentence.contains(words), qPrintable(sentence));
        QVERIFY(!sentence.contains('\n'));
        QVERIFY(!fs::exists(m_folder / "bad_export"));
    }

    void anExistingFileGivesWayWhenAsked()
    {
        const fs::path file = m_folder / "again.pt";
        write(file, "old");
        exported("pt", {.run = m_run, .out = file, .overwrite = true});
        QVERIFY(contents(file).starts_with("PK"));
    }

    void aCancelledExportLeavesNothing_data()
    {
        QTest::addColumn<std::string>("format");
        for (const ExportFormat& format : exportFormats()) QTest::newRow(format.key.c_str()) << format.key;
    }

    void aCancelledExportLeavesNothing()
    {
        QFETCH(std::string, format);
        const fs::path place = m_folder / ("cancelled_" + format);
        fs::create_directory(place);
        for (int wanted = 1;; ++wanted) {  // at every moment there is
            int calls = 0;
            const ExportRequest request{.run = m_run, .out = place / "out"};
            const ExportResult result = exportRun(exportFormats().at(format), request, catalog(),
                                                  [&](const std::string&, double) { return ++calls < wanted; });
            if (!result.cancelled) break;
            QVERIFY(fs::is_empty(place));
            if (wanted > 6) wanted += 20;  // the rest is more of the same
        }
        QVERIFY(fs::exists(place / "out"));
    }

private:
    QTemporaryDir m_temporary;
    fs::path m_folder, m_run;
};

QTEST_GUILESS_MAIN(TestExport)
#include "tst_export.moc"
