// Vision transformers, their heads, and the variants of residual networks.
#include <QtTest>
#include <malloc.h>
#include <torch/nn/modules/batchnorm.h>

#include "core/nn/convolution_parts.h"
#include "core/nn/dino_head.h"
#include "core/nn/positions.h"
#include "core/nn/resnet.h"
#include "core/nn/signal_encoder.h"
#include "core/nn/torch_compat.h"
#include "core/nn/vit.h"
#include "tests/tensors.h"

using namespace selfsight;

namespace {

VitOptions tiny()
{
    VitOptions options;
    options.dim = 24;
    options.depth = 2;
    options.heads = 3;
    options.imageSize = 16;
    return options;
}

torch::Tensor images(std::int64_t h = 16, std::int64_t w = 16)
{
    return torch::randn({3, 3, h, w});
}

bool close(const torch::Tensor& a, const torch::Tensor& b)
{
    return a.sizes() == b.sizes() && torch::allclose(a, b, 1e-4, 1e-5);
}

bool isPatchProjection(const std::string& name)
{
    return name.starts_with("patch_embed.");
}

}  // namespace

class BackbonesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void everyBackboneIsBuiltFromItsDefaultsAndTrains()
    {
        for (const BackboneInfo& info : backbones()) {
            const auto backbone = info.make({info.key, {}});
            const bool signals = info.samples == SampleKind::Signal;
            const torch::Tensor features = backbone->forward(signals ? torch::randn({2, 1, 1, 1000}) : torch::randn({2, 3, 32, 32}));
            QCOMPARE(features.sizes().vec(), (std::vector<std::int64_t>{2, backbone->featureSize()}));
            features.square().sum().backward();
            for (const auto& parameter : backbone->named_parameters())
                QVERIFY2(isFinite(parameter->grad()), (info.key + ' ' + parameter.key()).c_str());
        }
    }

    /// Maps of one pixel in bf16, with fresh memory full of huge numbers: oneDNN leaves part of a strided weight gradient unwritten.
    void theGradientOfAStridedConvolutionOfOnePixelIsItsOwn()
    {
        for (const ConvolutionNorm norm : {ConvolutionNorm::Batch, ConvolutionNorm::GroupWs}) {
            torch::nn::AnyModule convolution = ConvolutionParts{norm}.convolution(16, 32, 3, 2);
            const torch::Tensor x = torch::randn({64, 16, 1, 1}), g = torch::randn({64, 32, 1, 1});
            const torch::Tensor weight = convolution.ptr()->parameters().at(0);
            const auto gradient = [&](torch::ScalarType type) {
                weight.mutable_grad().reset();
                torch::Tensor y;
                {
                    const Autocast autocast(torch::kCPU, type);
                    y = convolution.forward(x);
                }
                (y * g).sum().backward();
                return weight.grad().clone();
            };
            const torch::Tensor exact = gradient(torch::kFloat);
            mallopt(M_PERTURB, 128);
            const torch::Tensor rounded = gradient(torch::kBFloat16);
            mallopt(M_PERTURB, 0);
            QVERIFY(largest(rounded - exact) < 0.03 * largest(exact));
        }
    }

    void sizesOfATransformerAreThoseOfItsPaper()
    {
        const std::map<VitSize, std::int64_t> weights = {{VitSize::Tiny, 5524416}, {VitSize::Small, 21665664}};  // DINO's
        for (const auto& [size, expected] : weights) {
            VitOptions options;
            options.size = size;
            options.patch = 16;
            options.imageSize = 224;
            const Vit model(options);
            std::int64_t count = 0;
            for (const torch::Tensor& parameter : model.parameters()) count += parameter.numel();
            QCOMPARE(count, expected);
        }
    }

    void numbersThatDoNotFitAreRefused()
    {
        const auto errorWith = [](auto change) {
            VitOptions options = tiny();
            change(options);
            return errorOf([&] { Vit model(options); });
        };
        QVERIFY(errorWith([](VitOptions& o) { o.heads = 5; }).contains("5 heads cannot share 24 features"));
        QVERIFY(errorWith([](VitOptions& o) { o.patch = 32; }).contains("no patch of 32"));
        QVERIFY(errorWith([](VitOptions& o) {
                    o.dim = 6;
                    o.positions = VitPositions::SinCos;
                }).contains("multiple of 4, not 6"));
        QVERIFY(errorWith([](VitOptions& o) {
                    o.patch = 6;
                    o.patchProjection = PatchProjection::ConvStem;
                }).contains("6 is no power"));
    }

    void aFrozenPatchProjectionIsNotForTheOptimizer()
    {
        VitOptions options = tiny();
        options.patchProjection = PatchProjection::Frozen;
        Vit model(options);
        model.forward(images()).sum().backward();
        for (const auto& parameter : model.named_parameters()) {
            QCOMPARE(parameter->requires_grad(), !isPatchProjection(parameter.key()));
            QCOMPARE(parameter->grad().defined(), parameter->requires_grad());
        }
    }

    void aStoppedGradientLeavesThePatchProjectionOnlyItsDecay()
    {
        VitOptions options = tiny();
        options.patchProjection = PatchProjection::StopGradient;
        Vit model(options);
        model.forward(images()).sum().backward();
        for (const auto& parameter : model.named_parameters()) {
            QVERIFY(parameter->requires_grad());
            if (isPatchProjection(parameter.key())) QCOMPARE(largest(parameter->grad()), 0.0);
        }
    }

    void everyPatchProjectionGivesTheSameGrid()
    {
        for (const PatchProjection kind :
             {PatchProjection::Learned, PatchProjection::Frozen, PatchProjection::StopGradient, PatchProjection::ConvStem}) {
            VitOptions options = tiny();
            options.patchProjection = kind;
            Vit model(options);
            const Vit::Grid grid = model.gridSize(19, 26);  // a rest on both sides
            QCOMPARE(model.tokens(images(19, 26)).size(1), 1 + grid.h * grid.w);
        }
    }

    void positionsOfARectangleAreInterpolated()
    {
        for (const VitPositions positions : {VitPositions::Learned, VitPositions::SinCos}) {
            VitOptions options = tiny();
            options.positions = positions;
            Vit model(options);
            QCOMPARE(model.tokens(images(24, 16)).size(1), std::int64_t{1 + 6 * 4});
        }
        // Rows stay rows: a coordinate that grows with the row is, in the larger grid, constant along each row and growing.
        const torch::Tensor numbers = torch::arange(4, torch::kFloat).repeat_interleave(4);
        const torch::Tensor rows = torch::cat({torch::zeros({1}), numbers}).view({1, 17, 1});
        const torch::Tensor grid = interpolatePositions(rows, 8, 4).slice(1, 1).view({8, 4});
        QVERIFY(close(grid, grid.slice(1, 0, 1).expand({8, 4})));
        QVERIFY((grid.slice(0, 1) > grid.slice(0, 0, 7)).all().item<bool>());
        QVERIFY(torch::equal(interpolatePositions(rows, 4, 4), rows));
    }

    void fixedPositionsAreNoParameter()
    {
        VitOptions options = tiny();
        options.positions = VitPositions::SinCos;
        Vit model(options);
        QVERIFY(!model.named_parameters().contains("pos_embed"));
        QVERIFY(torch::equal(model.named_buffers()["pos_embed"], sinCosPositions(24, 4, 4)));
    }

    void allPatchesVisibleEqualsTokens()
    {
        Vit model(tiny());
        const torch::Tensor x = images();
        QVERIFY(close(model.visibleTokens(x, torch::arange(16).expand({3, 16})), model.tokens(x)));
        const torch::Tensor order = torch::randperm(16).expand({3, 16});  // attention does not know an order
        QVERIFY(close(model.visibleTokens(x, order).slice(1, 1), model.tokens(x).slice(1, 1).index_select(1, order[0])));
    }

    void hiddenPatchesAreNotSeen()
    {
        Vit model(tiny());
        torch::Tensor x = images();
        const torch::Tensor keep = torch::tensor({{1, 2}, {3, 5}, {7, 1}});
        const torch::Tensor before = model.visibleTokens(x, keep);
        x.slice(2, 12).fill_(9);  // the last row of patches
        QVERIFY(torch::equal(model.visibleTokens(x, keep), before));
    }

    void maskedPatchesAreReplacedByTheMaskToken()
    {
        Vit model(tiny());
        model.addMaskToken();
        const torch::Tensor x = images();
        torch::Tensor mask = torch::zeros({3, 16}, torch::kBool);
        QVERIFY(close(model.tokens(x, mask), model.tokens(x)));
        mask.slice(1, 12).fill_(true);
        torch::Tensor other = x.clone();
        other.slice(2, 12).fill_(9);
        const torch::Tensor tokens = model.tokens(x, mask);
        QVERIFY(torch::equal(model.tokens(other, mask), tokens));
        tokens.square().sum().backward();
        QVERIFY(largest(model.named_parameters()["mask_token"].grad()) > 0);
    }

    void theLastAttentionIsADistribution()
    {
        Vit model(tiny());
        const torch::Tensor attention = model.lastAttention(images(16, 24));
        QCOMPARE(attention.sizes().vec(), (std::vector<std::int64_t>{3, 3, 25, 25}));
        QVERIFY(close(attention.sum(3), torch::ones({3, 3, 25})));
    }

    void meanPoolingLeavesOutTheClsToken()
    {
        VitOptions options = tiny();
        options.pool = VitPool::Mean;
        Vit model(options);
        const torch::Tensor x = images();
        QVERIFY(close(model.forward(x), model.tokens(x).slice(1, 1).mean(1)));
    }

    void dropPathActsOnlyWhereItShould()
    {
        VitOptions options = tiny();
        options.dropPath = 0.5;
        Vit model(options);
        const torch::Tensor x = images();
        const auto repeats = [&] { return torch::equal(model.forward(x), model.forward(x)); };
        QVERIFY(!repeats());
        model.eval();
        QVERIFY(repeats());
        const torch::Tensor expected = model.forward(x);
        model.train();
        disableDropPath(model);
        QVERIFY(torch::equal(model.forward(x), expected));
    }

    void droppedBranchesKeepTheirMean()
    {
        const torch::NoGradGuard noGradients;
        TransformerBlock block(8, 2, 0.25);
        const torch::Tensor x = torch::randn({1, 3, 8}).expand({20000, 3, 8});
        const torch::Tensor dropped = block.forward(x) - x;
        // Both branches left out: 1/4 * 1/4 of the images.
        const double untouched = (dropped.abs().amax({1, 2}) == 0).to(torch::kDouble).mean().item<double>();
        QVERIFY(std::abs(untouched - 0.0625) < 0.01);
    }

    void layerScaleStartsNearTheIdentity()
    {
        TransformerBlock block(8, 2, 0, 1e-6);
        const torch::Tensor x = torch::randn({2, 3, 8});
        QVERIFY(largest(block.forward(x) - x) < 1e-4);
        QVERIFY(block.named_parameters().contains("gamma_2"));
    }

    void mocosStartIsBoundedAsItsLayersSay()
    {
        VitOptions options = tiny();
        options.init = VitInit::MocoV3;
        const Vit model(options);
        const auto bound = [](double in, double out) { return std::sqrt(6 / (in + out)); };
        const auto weights = model.named_parameters();
        const auto reaches = [&](const std::string& name, double limit) {
            const double most = largest(weights[name]);
            return most <= limit * 1.000001 && most > 0.9 * limit;
        };
        QVERIFY(reaches("blocks.1.attn.qkv.weight", bound(24, 24)));
        QVERIFY(reaches("blocks.1.mlp.fc1.weight", bound(24, 96)));
        QVERIFY(reaches("patch_embed.proj.weight", bound(48, 24)));
        QVERIFY(largest(weights["cls_token"]) < 1e-5);
    }

    void aTransformerTrainsInBf16()
    {
        VitOptions options = tiny();
        options.dropPath = 0.1;
        options.layerScale = 0.1;
        Vit model(options);
        model.addMaskToken();
        const torch::Tensor x = images();
        const Autocast autocast(torch::kCPU, torch::kBFloat16);
        const torch::Tensor tokens = model.tokens(x, torch::rand({3, 16}) < 0.5);
        QVERIFY(isFinite(tokens));
        tokens.to(torch::kFloat).square().sum().backward();
        for (const auto& parameter : model.named_parameters()) QVERIFY2(isFinite(parameter->grad()), parameter.key().c_str());
        QVERIFY(torch::allclose(model.lastAttention(x).to(torch::kFloat).sum(3), torch::ones({3, 3, 17}), 0.02, 0.02));
    }

    void aDinoHeadGivesCosines()
    {
        DinoHead head({.in = 6, .out = 9, .hidden = 8, .bottleneck = 4});
        QVERIFY(largest(head.forward(torch::randn({5, 6}))) <= 1.00001);
        QVERIFY(!head.named_parameters()["last_layer.weight_g"].requires_grad());
        QVERIFY(DinoHead({.in = 6, .out = 9, .layers = 1, .bottleneck = 4}).named_parameters().contains("mlp.weight"));
        const DinoHead free({.in = 6, .out = 9, .hidden = 8, .bottleneck = 4, .normLastLayer = false});
        QVERIFY(free.named_parameters()["last_layer.weight_g"].requires_grad());
    }

    void everyKindOfResNetTrains_data()
    {
        QTest::addColumn<int>("depth");
        QTest::addColumn<bool>("groups");
        QTest::addColumn<bool>("selective");
        for (const int depth : {10, 50})
            for (const bool groups : {false, true})
                for (const bool selective : {false, true})
                    QTest::addRow("%d%s%s", depth, groups ? " group_ws" : "", selective ? " selective" : "")
                        << depth << groups << selective;
    }

    void everyKindOfResNetTrains()
    {
        QFETCH(int, depth);
        QFETCH(bool, groups);
        QFETCH(bool, selective);
        ResNet model({.depth = depth,
                      .width = 8,
                      .zeroInitResidual = depth == 50,
                      .norm = groups ? ConvolutionNorm::GroupWs : ConvolutionNorm::Batch,
                      .selectiveKernels = selective});
        const torch::Tensor features = model.forward(images());
        QVERIFY(isFinite(features));
        features.square().sum().backward();
        for (const auto& parameter : model.named_parameters()) QVERIFY2(isFinite(parameter->grad()), parameter.key().c_str());
        const std::string where = depth == 50 ? "layer1.0.conv2" : "layer1.0.conv1";
        QCOMPARE(model.named_parameters().contains(where + ".mix.weight"), selective);
    }

    void aLatentSeesTheSamplesOfItsReachAndNoOthers()
    {
        for (const int layers : {1, 3, 5}) {
            SignalEncoder encoder({.layers = layers, .channels = 6});
            QCOMPARE(latentCount({.layers = layers}, encoder.reach() - 1), std::int64_t{0});
            for (const std::int64_t samples : {encoder.reach(), encoder.reach() + 7 * encoder.stride() - 1, std::int64_t{2000}}) {
                const torch::Tensor signal = torch::randn({2, 1, 1, samples}).requires_grad_();
                const torch::Tensor latents = encoder.latents(signal);
                QCOMPARE(latents.sizes().vec(), (std::vector<std::int64_t>{2, latentCount({.layers = layers}, samples), 6}));
                const std::int64_t last = latents.size(1) - 1, begin = last * encoder.stride();
                latents.select(1, last).sum().backward();
                const torch::Tensor seen = signal.grad().flatten(0, 2).abs().sum(0) > 0;
                QVERIFY(!seen.slice(0, 0, begin).any().item<bool>());
                QVERIFY(!seen.slice(0, begin + encoder.reach()).any().item<bool>());
                QVERIFY(seen.slice(0, begin, begin + encoder.reach()).any().item<bool>());
            }
        }
        QCOMPARE(SignalEncoder({}).stride(), std::int64_t{160});  // 10 ms at 16 kHz, as in the paper
        QCOMPARE(SignalEncoder({}).reach(), std::int64_t{465});
    }

    void groupNormSeesNoOtherImage()
    {
        ResNet model({.depth = 10, .width = 8, .norm = ConvolutionNorm::GroupWs, .selectiveKernels = true});
        for (const auto& module : model.modules(false)) QVERIFY(!module->as<torch::nn::BatchNorm2d>());
        QVERIFY(model.named_buffers().is_empty());
        const torch::Tensor x = images();
        QVERIFY(close(model.forward(x).slice(0, 0, 1), model.forward(x.slice(0, 0, 1))));
    }
};

QTEST_GUILESS_MAIN(BackbonesTest)
#include "tst_backbones.moc"
