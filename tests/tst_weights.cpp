// Weights of every layout into our networks, and trainings that begin with them.
#include <torch/types.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "core/nn/vit.h"
#include "core/nn/weight_copy.h"
#include "core/train/loaded_encoder.h"
#include "core/train/model.h"
#include "core/train/train_options.h"
#include "tests/made_files.h"
#include "tests/tiny_run.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

using State = std::map<std::string, torch::Tensor>;

State stateOf(const torch::nn::Module& network)
{
    State state;
    for (const auto& entry : network.named_parameters()) state[entry.key()] = entry.value().detach();
    for (const auto& entry : network.named_buffers()) state[entry.key()] = entry.value().detach();
    return state;
}

void save(const fs::path& file, const State& state)
{
    std::vector<torch::Tensor> held;
    std::vector<TensorSource> sources;
    for (const auto& [name, tensor] : state) {
        held.push_back(tensor.contiguous());
        const DType dtype = tensor.scalar_type() == torch::kInt64 ? DType::I64 : DType::F32;
        sources.push_back({name, dtype, tensor.sizes().vec(), {static_cast<const std::byte*>(held.back().data_ptr()), held.back().nbytes()}});
    }
    writeSafetensors(file, sources);
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
    return text;
}

/// Every name through the pairs, one after the other.
State renamed(const State& state, const std::vector<std::pair<std::string, std::string>>& pairs, const std::string& prefix = {})
{
    State result;
    for (const auto& [name, tensor] : state) {
        std::string other = name;
        for (const auto& [from, to] : pairs) other = replaced(other, from, to);
        result[prefix + other] = tensor;
    }
    return result;
}

/// Queries, keys and values apart.
State split(const State& state, const std::vector<std::string>& names)
{
    State result;
    for (const auto& [name, tensor] : state) {
        if (name.find("attn.qkv.") == std::string::npos) {
            result[name] = tensor;
            continue;
        }
        const auto parts = tensor.chunk(3, 0);
        for (std::size_t i = 0; i < 3; ++i) result[replaced(name, "attn.qkv.", names[i])] = parts[i];
    }
    return result;
}

State plus(State state, const std::vector<std::string>& further)
{
    for (const std::string& name : further) state[name] = torch::ones({2});
    return state;
}

const std::vector<std::pair<std::string, std::string>> kHf = {
    {"blocks.", "encoder.layer."}, {"patch_embed.proj", "embeddings.patch_embeddings.projection"}, {"cls_token", "embeddings.cls_token"},
    {"pos_embed", "embeddings.position_embeddings"}, {"reg_token", "embeddings.register_tokens"}, {"attn.proj", "attention.output.dense"},
};

State huggingFaceVit(const State& state)
{
    return renamed(split(state, {"attention.attention.query.", "attention.attention.key.", "attention.attention.value."}),
                   [] {
                       auto pairs = kHf;
                       pairs.insert(pairs.end(), {{"norm1", "layernorm_before"}, {"norm2", "layernorm_after"}, {"mlp.fc1", "intermediate.dense"}, {"mlp.fc2", "output.dense"}});
                       return pairs;
                   }(),
                   "vit.");
}

State numbered(const State& state)
{
    State result;
    for (const auto& [name, tensor] : state) {
        const std::string rest = name.substr(name.find('.'));
        const std::string first = name.substr(0, name.find('.'));
        const std::string number = first == "conv1" ? "0" : first == "bn1" ? "1" : std::to_string(first.back() - '1' + 4);
        result["backbone." + number + rest] = tensor;
    }
    return result;
}

struct Made {
    const char* layout;
    std::function<State(const State&)> make;
    OptionSet backbone;
};

OptionSet vit(std::int64_t dim, std::int64_t heads, std::int64_t registers = 0, bool scaled = false)
{
    OptionSet set{"vit", {{"dim", dim}, {"depth", std::int64_t{2}}, {"heads", heads}, {"patch", std::int64_t{8}}, {"image_size", std::int64_t{32}}}};
    if (registers > 0) set.values["registers"] = registers;
    if (scaled) set.values["layer_scale"] = 0.5;
    return set;
}

const OptionSet kResNet{"resnet", {{"depth", "18"}, {"width", std::int64_t{8}}}};
const OptionSet kBottlenecks{"resnet", {{"depth", "50"}, {"width", std::int64_t{4}}, {"stem", "imagenet"}}};

std::map<std::string, Made> madeLayouts()
{
    const auto under = [](const std::string& prefix, std::vector<std::string> further = {}) {
        return [=](const State& state) { return plus(renamed(state, {}, prefix), further); };
    };
    const auto both = [](const std::string& right, const std::string& wrong) {
        return [=](const State& state) {
            State all = renamed(state, {}, right);
            for (const auto& [name, tensor] : state) all[wrong + name] = tensor.is_floating_point() ? tensor + 1 : tensor;
            return all;
        };
    };
    return {
        {"timm", {"timm_vit", under("", {"head.weight", "head.bias"}), vit(128, 2)}},
        {"timm with registers", {"timm_vit",
                                 [](const State& state) {
                                     State other = renamed(state, {{"gamma_", "ls"}});
                                     State result;
                                     for (const auto& [name, tensor] : other)
                                         result[name.find(".ls") != std::string::npos ? name + ".gamma" : name] = name == "pos_embed" ? tensor.slice(1, 1) : tensor;
                                     return result;
                                 },
                                 vit(64, 1, 3, true)}},
        {"DINO", {"dino", both("teacher.backbone.", "student.module.backbone."), vit(128, 2)}},
        {"DINO within a module", {"dino", both("teacher.module.backbone.", "student.module.backbone."), vit(64, 1)}},
        {"DINOv2 in chunks", {"dinov2",
                              [](const State& state) {
                                  State result;
                                  for (const auto& [name, tensor] : renamed(state, {{"blocks.", "blocks.0."}, {"gamma_", "ls"}, {"reg_token", "register_tokens"}}))
                                      result[name.find(".ls") != std::string::npos ? name + ".gamma" : name] = tensor;
                                  return plus(result, {"mask_token"});
                              },
                              vit(64, 1, 4, true)}},
        {"MoCo v3", {"moco_v3_vit", both("state_dict.module.base_encoder.", "state_dict.module.momentum_encoder."), vit(96, 12)}},
        {"MAE", {"mae", under("model.", {"model.decoder_embed.weight"}), vit(128, 2)}},
        {"Hugging Face ViT", {"hf_vit", [](const State& state) { return plus(huggingFaceVit(state), {"classifier.weight"}); }, vit(128, 2)}},
        {"Hugging Face DINOv2", {"hf_dinov2",
                                 [](const State& state) {
                                     auto pairs = kHf;
                                     pairs.insert(pairs.end(), {{"gamma_1", "layer_scale1.lambda1"}, {"gamma_2", "layer_scale2.lambda1"}});
                                     return renamed(split(state, {"attention.attention.query.", "attention.attention.key.", "attention.attention.value."}), pairs);
                                 },
                                 vit(64, 1, 4, true)}},
        {"Hugging Face ViT, version 5", {"hf_vit",
                                         [](const State& state) {
                                             return renamed(split(state, {"attention.q_proj.", "attention.k_proj.", "attention.v_proj."}),
                                                            {{"blocks.", "layers."}, {"patch_embed.proj", "embeddings.patch_embeddings.projection"}, {"cls_token", "embeddings.cls_token"},
                                                             {"pos_embed", "embeddings.position_embeddings"}, {"attn.proj", "attention.o_proj"}, {"norm1", "layernorm_before"},
                                                             {"norm2", "layernorm_after"}});
                                         },
                                         vit(128, 2)}},
        {"a run's checkpoint", {"selfsight_vit", both("method.teacher_backbone.", "method.backbone."), vit(128, 2)}},
        {"torchvision", {"torchvision", under("", {"fc.weight", "fc.bias"}), kBottlenecks}},
        {"MoCo", {"moco", both("state_dict.module.encoder_q.", "state_dict.module.encoder_k."), kBottlenecks}},
        {"MoCo v3, ResNet", {"moco_v3_resnet", both("state_dict.module.base_encoder.", "state_dict.module.momentum_encoder."), kResNet}},
        {"SwAV", {"swav", under("module.", {"module.prototypes.weight", "module.projection_head.0.weight"}), kResNet}},
        {"SimSiam", {"simsiam", under("state_dict.module.encoder.", {"state_dict.module.predictor.0.weight"}), kResNet}},
        {"DINO, ResNet", {"dino_resnet", both("teacher.backbone.", "student.module.backbone."), kResNet}},
        {"VISSL", {"vissl", under("classy_state_dict.base_model.model.trunk._feature_blocks."), kResNet}},
        {"numbered", {"numbered_resnet", numbered, kResNet}},
    };
}

std::shared_ptr<Backbone> network(const OptionSet& options, std::uint64_t seed)
{
    torch::manual_seed(seed);
    auto made = backbones().at(options.type).make(options);
    const torch::NoGradGuard noGradients;
    for (const auto& entry : made->named_buffers())
        if (entry.value().is_floating_point()) entry.value().uniform_(0.5, 1.5);
    for (torch::Tensor& parameter : made->parameters()) parameter.add_(0.02 * torch::randn_like(parameter));
    made->eval();
    return made;
}

}  // namespace

class TestWeights : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void everyLayoutFillsItsNetwork_data();
    void everyLayoutFillsItsNetwork();
    void everyLayoutHasARow();
    void registersTakePartInAttentionAlone();
    void whatDoesNotFitIsSaid();
    void aSmallFileCannotAskForALargeNetwork();
    void anExportSaysMoreThanItsShapes();
    void headsMayBeToldWhereFilesAreSilent();
    void anotherNetworkIsChosenByItsPrefix();
    void aTrainingBeginsWithTheWeights();
    void positionsAreInterpolatedForATraining();
    void wrongWeightsStopATrainingBeforeItsFirstStep();
    void aTrainingGoesOnWithoutTheFile();
    void anExperimentTakesTheNetworkOfWeights();

private:
    fs::path file(const std::string& name) const { return fs::path(m_folder->path().toStdString()) / name; }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestWeights::everyLayoutFillsItsNetwork_data()
{
    QTest::addColumn<QString>("name");
    for (const auto& entry : madeLayouts()) QTest::newRow(entry.first.c_str()) << QString::fromStdString(entry.first);
}

void TestWeights::everyLayoutFillsItsNetwork()
{
    QFETCH(QString, name);
    const Made made = madeLayouts().at(name.toStdString());
    const auto original = network(made.backbone, 3);
    const torch::NoGradGuard noGradients;
    if (auto positions = stateOf(*original).find("pos_embed"); name == "timm with registers" && positions != stateOf(*original).end())
        original->named_parameters()["pos_embed"].slice(1, 0, 1).zero_();  // that layout has none for [CLS]
    save(file("w.safetensors"), made.make(stateOf(*original)));
    const LoadedEncoder loaded = loadEncoder(file("w.safetensors"));
    QCOMPARE(loaded.report.recognized->layout->key, std::string(made.layout));
    QVERIFY(loaded.report.match.isWhole());
    const torch::Tensor images = torch::randn({2, 3, 32, 32});
    QVERIFY(torch::equal(loaded.network->forward(images), original->forward(images)));
    for (const torch::Tensor& parameter : loaded.network->parameters()) QVERIFY(!parameter.requires_grad());
}

void TestWeights::everyLayoutHasARow()
{
    std::set<std::string> tested{"selfsight_resnet"};  // as its transformer, but for the network
    for (const auto& entry : madeLayouts()) tested.insert(entry.second.layout);
    for (const WeightLayout& layout : weightLayouts()) QVERIFY2(tested.contains(layout.key), layout.key.c_str());
}

void TestWeights::registersTakePartInAttentionAlone()
{
    const torch::NoGradGuard noGradients;
    const auto made = network(vit(64, 1, 4), 5);
    auto& model = dynamic_cast<Vit&>(*made);
    const torch::Tensor images = torch::randn({2, 3, 32, 24});
    QCOMPARE(model.registers(), std::int64_t{4});
    QCOMPARE(model.tokens(images).size(1), std::int64_t{1 + 4 * 3});
    const torch::Tensor attention = model.lastAttention(images);
    QCOMPARE(attention.sizes().vec(), (std::vector<std::int64_t>{2, 1, 17, 17}));
    const torch::Tensor before = model.forward(images);
    model.named_parameters()["reg_token"].add_(1);
    QVERIFY(!torch::allclose(before, model.forward(images)));
}

void TestWeights::whatDoesNotFitIsSaid()
{
    State state = stateOf(*network(vit(64, 1), 1));
    state.erase("norm.bias");
    state["norm.weight"] = torch::ones({3});
    save(file("w.safetensors"), state);
    const WeightsReport report = inspectWeights(file("w.safetensors"));
    QCOMPARE(report.match.missing, std::vector<std::string>{"norm.bias"});
    QCOMPARE(report.match.mismatched, std::vector<std::string>{"norm.weight: (3) in the file, (64) in the network"});
    const QString text = errorOf([&] { loadEncoder(file("w.safetensors")); });
    QVERIFY2(text.contains("2 of the network's tensors are not in it; norm.weight: (3)"), qPrintable(text));

    save(file("other.safetensors"), {{"a", torch::ones({2})}});
    QVERIFY(errorOf([&] { loadEncoder(file("other.safetensors")); }).contains("no network of a layout that is known"));
    QVERIFY(!inspectWeights(file("other.safetensors")).recognized);

    State strange = stateOf(*network(kResNet, 1));
    strange.erase("layer2.1.conv1.weight");
    save(file("strange.safetensors"), strange);
    const WeightsReport odd = inspectWeights(file("strange.safetensors"));
    QVERIFY(!odd.recognized && odd.notes.size() == 1);
    QVERIFY2(odd.notes[0].find("2, 1, 2, 2 blocks make no ResNet that is known") != std::string::npos, odd.notes[0].c_str());
}

void TestWeights::aSmallFileCannotAskForALargeNetwork()
{
    State state{{"patch_embed.proj.weight", torch::zeros({4096, 3, 1, 1})}};
    for (int i = 0; i < 100; ++i) state["blocks." + std::to_string(i) + ".norm1.weight"] = torch::ones({1});
    save(file("w.safetensors"), state);
    const WeightsReport report = inspectWeights(file("w.safetensors"));
    QVERIFY(!report.recognized);
    QVERIFY2(report.notes.at(0).find("are too few") != std::string::npos, report.notes.at(0).c_str());
}

void TestWeights::anExportSaysMoreThanItsShapes()
{
    const torch::NoGradGuard noGradients;
    OptionSet options = vit(64, 4);
    options.values["pool"] = "mean";
    const auto original = network(options, 2);
    std::vector<torch::Tensor> held;
    std::vector<TensorSource> sources;
    for (const auto& [name, tensor] : stateOf(*original)) {
        held.push_back(tensor.contiguous());
        sources.push_back({name, DType::F32, tensor.sizes().vec(), {static_cast<const std::byte*>(held.back().data_ptr()), held.back().nbytes()}});
    }
    writeSafetensors(file("w.safetensors"), sources, {{"backbone", "vit"}, {"backbone_options", "heads: 4\npool: mean\ndim: 4096\n"}});
    const torch::Tensor images = torch::randn({1, 3, 32, 32});
    QVERIFY(torch::equal(loadEncoder(file("w.safetensors")).network->forward(images), original->forward(images)));
}

void TestWeights::headsMayBeToldWhereFilesAreSilent()
{
    const torch::NoGradGuard noGradients;
    const auto original = network(vit(64, 4), 2);
    save(file("w.safetensors"), stateOf(*original));
    const torch::Tensor images = torch::randn({1, 3, 32, 32});
    QVERIFY(!torch::allclose(loadEncoder(file("w.safetensors")).network->forward(images), original->forward(images)));
    QVERIFY(torch::equal(loadEncoder(file("w.safetensors"), {.heads = 4}).network->forward(images), original->forward(images)));
}

void TestWeights::anotherNetworkIsChosenByItsPrefix()
{
    const torch::NoGradGuard noGradients;
    State all;
    const auto student = network(vit(64, 1), 1), teacher = network(vit(64, 1), 2);
    for (const auto& [name, tensor] : stateOf(*student)) all["student." + name] = tensor;
    for (const auto& [name, tensor] : stateOf(*teacher)) all["teacher." + name] = tensor;
    save(file("w.safetensors"), all);
    const torch::Tensor images = torch::randn({1, 3, 32, 32});
    QVERIFY(torch::equal(loadEncoder(file("w.safetensors")).network->forward(images), teacher->forward(images)));
    QVERIFY(torch::equal(loadEncoder(file("w.safetensors"), {.prefix = "student"}).network->forward(images), student->forward(images)));
    const QString text = errorOf([&] { loadEncoder(file("w.safetensors"), {.prefix = "nobody"}); });
    QVERIFY2(text.contains("student., teacher.") || text.contains("teacher., student."), qPrintable(text));
}

void TestWeights::aTrainingBeginsWithTheWeights()
{
    const Experiment plain = tiny();
    const auto original = network(plain["backbone"], 9);
    save(file("w.safetensors"), stateOf(*original));
    const Experiment experiment = with(plain, {{"train.init_weights", file("w.safetensors").string()}, {"train.steps", "2"}});
    const Heard heard = run(experiment, {.runFolder = file("run"), .evaluateAtEnd = false});
    QVERIFY2(heard.state.phase == RunPhase::Finished, heard.state.activity.c_str());
    QVERIFY(std::ranges::any_of(heard.log, [](const LogLine& line) { return line.text.find("begins with the weights of") != std::string::npos; }));
    const WeightsFile first = WeightsFile::open(file("run") / "checkpoints" / "step_00000000.safetensors");
    const torch::Tensor expected = stateOf(*original).at("layer1.0.conv1.weight");
    const std::vector<float> got = first.values(*first.find("method.backbone.layer1.0.conv1.weight"));
    QVERIFY(torch::equal(torch::tensor(got), expected.flatten()));
}

void TestWeights::positionsAreInterpolatedForATraining()
{
    const auto original = network(vit(64, 1), 1);
    save(file("w.safetensors"), stateOf(*original));
    Experiment experiment = with(tiny(), {{"backbone.type", "vit"}, {"train.init_weights", file("w.safetensors").string()}});
    experiment.sections["backbone"] = vit(64, 1);
    experiment.sections["backbone"].values["image_size"] = std::int64_t{48};
    const WeightsReport report = inspectInitialWeights(experiment, initialWeights(experiment));
    QCOMPARE(report.match.resized, std::vector<std::string>{"pos_embed: 16 positions become 36"});
    ComputeDevice device;
    device.channelsLast = false;
    const auto method = buildMethod(experiment, methodSetup(experiment, 8, 2, 1, 2), 1, device, file("w.safetensors"));
    QCOMPARE(method->named_parameters()["backbone.pos_embed"].size(1), std::int64_t{37});
    QVERIFY(torch::equal(method->named_parameters()["backbone.cls_token"], stateOf(*original).at("cls_token")));

    experiment.sections["backbone"].values["heads"] = std::int64_t{4};
    QCOMPARE(inspectInitialWeights(experiment, initialWeights(experiment)).notes.size(), std::size_t{1});
}

void TestWeights::wrongWeightsStopATrainingBeforeItsFirstStep()
{
    save(file("w.safetensors"), stateOf(*network(vit(64, 1), 1)));
    const auto problemOf = [this](const std::string& path) {
        fs::remove_all(file("run"));
        const Heard heard = run(with(tiny(), {{"train.init_weights", path}}), {.runFolder = file("run"), .evaluateAtEnd = false});
        return QString::fromStdString(heard.state.phase == RunPhase::Failed ? heard.state.activity : "");
    };
    QVERIFY2(problemOf(file("w.safetensors").string()).contains("holds no network of the type resnet"), qPrintable(problemOf(file("w.safetensors").string())));
    QVERIFY2(problemOf(file("nothing.pth").string()).contains("train.init_weights"), qPrintable(problemOf(file("nothing.pth").string())));
}

void TestWeights::aTrainingGoesOnWithoutTheFile()
{
    const Experiment plain = tiny();
    save(file("w.safetensors"), stateOf(*network(plain["backbone"], 9)));
    run(with(plain, {{"train.init_weights", file("w.safetensors").string()}}), {.runFolder = file("run"), .steps = 2, .evaluateAtEnd = false});
    fs::remove(file("w.safetensors"));
    Trainer trainer(catalog(), ResumeOptions{.runFolder = file("run"), .furtherSteps = 2, .evaluateAtEnd = false});
    trainer.join();
    Heard heard;
    heard.hear(*trainer.feed());
    QCOMPARE(heard.state.step, std::int64_t{4});
    QVERIFY(std::ranges::any_of(heard.log, [](const LogLine& line) { return line.text.find("The reference before training will be a random network") != std::string::npos; }));
}

void TestWeights::anExperimentTakesTheNetworkOfWeights()
{
    save(file("w.safetensors"), stateOf(*network(vit(128, 2, 2), 1)));
    const Experiment experiment = withWeights(tiny(), inspectWeights(file("w.safetensors")));
    QCOMPARE(experiment["backbone"].type, std::string("vit"));
    QCOMPARE(std::get<std::int64_t>(experiment["backbone"].values.at("registers")), std::int64_t{2});
    QCOMPARE(initialWeights(experiment), fs::canonical(file("w.safetensors")));
    QVERIFY(inspectInitialWeights(experiment, initialWeights(experiment)).match.isWhole());
}

QTEST_GUILESS_MAIN(TestWeights)
#include "tst_weights.moc"
