// Attention maps against the plain formula, with random weights.
#include <QTest>
#include <torch/nn/init.h>

#include <cmath>
#include <limits>

#include "core/analysis/attention_maps.h"
#include "core/nn/row_softmax.h"
#include "core/nn/vit.h"
#include "core/train/attention.h"

using namespace selfsight;

namespace {

Vit randomVit(int registers = 0)
{
    torch::manual_seed(3);
    VitOptions options;
    options.dim = 24;
    options.heads = 3;
    options.depth = 3;
    options.registers = registers;
    Vit vit(options);
    for (auto& parameter : vit.parameters()) torch::nn::init::normal_(parameter, 0, 0.3);
    vit.eval();
    return vit;
}

/// (B, heads, T, T) of a block, by the formula: softmax((x Wq + bq)(x Wk + bk)' / sqrt(d)) of the normed input.
torch::Tensor plainAttention(Vit& vit, const torch::Tensor& input, int block)
{
    const auto parameters = vit.named_parameters();
    const auto named = [&](const char* name) { return parameters["blocks." + std::to_string(block) + "." + name]; };
    const auto dim = input.size(2), each = dim / vit.heads();
    const torch::Tensor x = at::layer_norm(input, {dim}, named("norm1.weight"), named("norm1.bias"), 1e-6);
    const torch::Tensor all = x.matmul(named("attn.qkv.weight").t()) + named("attn.qkv.bias");
    const auto part = [&](int i) {
        return all.slice(2, i * dim, (i + 1) * dim).reshape({x.size(0), x.size(1), vit.heads(), each}).transpose(1, 2);
    };
    return (part(0).matmul(part(1).transpose(2, 3)) / std::sqrt(static_cast<double>(each))).softmax(3);
}

double distance(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

RgbImage noise(int width, int height)
{
    RgbImage image(width, height);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    return image;
}

}  // namespace

class TestAttention : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRowIsThatOfTheWholeMatrix_data()
    {
        QTest::addColumn<int>("registers");
        QTest::newRow("no registers") << 0;
        QTest::newRow("four registers") << 4;
    }

    void aRowIsThatOfTheWholeMatrix()
    {
        QFETCH(int, registers);
        const torch::NoGradGuard noGradients;
        Vit vit = randomVit(registers);
        const auto inputs = vit.blockInputs(torch::randn({2, 3, 20, 28}), 2);
        for (const int block : {0, 1, 2})
            for (const int query : {0, 1, 17}) {
                const torch::Tensor whole = plainAttention(vit, inputs[static_cast<std::size_t>(block)], block);
                const torch::Tensor row = whole.select(2, query == 0 ? 0 : query + registers);
                const torch::Tensor kept = torch::cat({row.slice(2, 0, 1), row.slice(2, 1 + registers)}, 2);
                QVERIFY(distance(vit.attentionRow(inputs[static_cast<std::size_t>(block)], block, query), kept) < 1e-5);
            }
    }

    void blockInputsLeadToTheTokens()
    {
        const torch::NoGradGuard noGradients;
        Vit vit = randomVit(2);
        const torch::Tensor images = torch::randn({2, 3, 32, 24});
        QVERIFY(distance(vit.normed(vit.blockInputs(images, vit.depth()).back()), vit.tokens(images)) < 1e-5);
    }

    void manyTokensAreTheSameInParts()
    {
        Vit vit = randomVit();
        const torch::Tensor images = torch::randn({1, 3, 128, 136});  // 1088 patches
        const torch::Tensor whole = vit.tokens(images).detach();      // gradients are on: the whole matrix
        const torch::NoGradGuard noGradients;
        QVERIFY(distance(vit.tokens(images), whole) < 1e-4);
    }

    void theSoftmaxOfBfloat16IsThatOfDoubleRounded()
    {
        torch::manual_seed(5);
        for (const std::int64_t columns : {1, 15, 16, 17, 600}) {
            torch::Tensor scores = (torch::randn({9, columns}) * 20).to(torch::kBFloat16);
            if (columns > 1) scores[2][0] = -std::numeric_limits<float>::infinity();
            const torch::Tensor exact = scores.to(torch::kDouble).softmax(1), own = rowSoftmaxInPlace(scores.clone()).to(torch::kDouble);
            QVERIFY(((own - exact).abs() <= exact * std::ldexp(1.005, -8) + 1e-37).all().item<bool>());
        }
    }

    void rolloutIsTheProductOfAllBlocks()
    {
        const torch::NoGradGuard noGradients;
        Vit vit = randomVit(1);
        const auto inputs = vit.blockInputs(torch::randn({1, 3, 16, 20}), 2);
        const std::int64_t tokens = inputs[0].size(1);
        torch::Tensor product = torch::eye(tokens).unsqueeze(0);
        for (int block = 0; block < 3; ++block)
            product = ((plainAttention(vit, inputs[static_cast<std::size_t>(block)], block).mean(1) + torch::eye(tokens)) / 2).matmul(product);
        const torch::Tensor row = product.select(1, 1 + 1 + 6);
        const torch::Tensor kept = torch::cat({row.slice(1, 0, 1), row.slice(1, 2)}, 1);
        QVERIFY(distance(vit.attentionRollout(inputs, 1 + 6), kept) < 1e-5);
    }

    void distanceIsTheMeanOverAllPatches()
    {
        const torch::NoGradGuard noGradients;
        Vit vit = randomVit(2);
        const torch::Tensor input = vit.blockInputs(torch::randn({1, 3, 12, 16}), 1).back();
        const torch::Tensor whole = plainAttention(vit, input, 1)[0];
        const torch::Tensor distances = vit.attentionDistance(input, 1, {3, 4})[0];
        for (int head = 0; head < 3; ++head) {
            double mean = 0;
            for (int from = 0; from < 12; ++from) {
                double sum = 0, weights = 0;
                for (int to = 0; to < 12; ++to) {
                    const double share = whole[head][3 + from][3 + to].item<double>();
                    sum += share * std::hypot(from / 4 - to / 4, from % 4 - to % 4);
                    weights += share;
                }
                mean += sum / weights / 12;
            }
            QVERIFY(std::abs(distances[head].item<double>() - mean) < 1e-4);
        }
    }

    void theMaskHoldsTheTopOfTheMass()
    {
        const FloatMap map{5, 1, {0.1f, 0.4f, 0.05f, 0.3f, 0.15f}};
        QCOMPARE(massMask(map, 0.6).values, (std::vector<float>{0, 1, 0, 1, 0}));
        QCOMPARE(massMask(map, 0.8).values, (std::vector<float>{0, 1, 0, 1, 1}));
        QCOMPARE(massMask({2, 1, {0, 0}}, 0.6).values, (std::vector<float>{0, 0}));
    }

    void upsamplingIsTorchs()
    {
        const torch::Tensor map = torch::rand({1, 1, 5, 7});
        const FloatMap own{7, 5, std::vector<float>(map.data_ptr<float>(), map.data_ptr<float>() + 35)};
        const auto compare = [](const FloatMap& seen, const torch::Tensor& wanted) {
            return distance(torch::tensor(seen.values).view({seen.height, seen.width}), wanted[0][0]) < 1e-5;
        };
        QVERIFY(compare(upsampled(own, 28, 20, Upsampling::Bicubic), at::upsample_bicubic2d(map, {20, 28}, false)));
        QVERIFY(compare(upsampled(own, 28, 20, Upsampling::Nearest), at::upsample_nearest2d(map, at::IntArrayRef{20, 28})));
    }

    void entropyAndOverlapAreTheFormulas()
    {
        QVERIFY(std::abs(attentionEntropy({4, 1, {0.2f, 0.2f, 0.2f, 0.2f}}) - std::log(4.0)) < 1e-6);
        QCOMPARE(attentionEntropy({2, 1, {1, 0}}), 0.0);
        QCOMPARE(intersectionOverUnion({4, 1, {1, 1, 0, 0}}, {4, 1, {0, 1, 1, 0}}), 1.0 / 3);
    }

    void imagesOfAnySizeAreAskedAbout()
    {
        torch::manual_seed(1);
        AttentionModel model = AttentionModel::untrained(16);
        AttentionQuestion question;
        question.rollout = question.components = question.distance = true;
        question.patch = 7;
        const AttentionAnswer answer = model.ask(noise(70, 50), 0, question);
        QCOMPARE(answer.image.width, 64);
        QCOMPARE(answer.image.height, 48);
        QCOMPARE(answer.heads.size(), std::size_t{6});
        QCOMPARE(answer.heads[0].values.size(), std::size_t{12});
        QCOMPARE(answer.distances.size(), std::size_t{6});
        QCOMPARE(answer.rollout.values.size(), std::size_t{12});
        QCOMPARE(answer.components.pixels.size(), std::size_t{36});
        QVERIFY_EXCEPTION_THROWN(model.ask(noise(9, 50), 0, question), std::exception);
        question.patch = 12;
        QVERIFY_EXCEPTION_THROWN(model.ask(noise(70, 50), 0, question), std::exception);
        question.patch = 0;
        question.block = 12;
        QVERIFY_EXCEPTION_THROWN(model.ask(noise(70, 50), 0, question), std::exception);
    }

    void bf16IsNearFp32()
    {
        torch::manual_seed(1);
        AttentionModel model = AttentionModel::untrained(16);
        AttentionQuestion question;
        const AttentionAnswer exact = model.ask(noise(96, 96), 0, question);
        question.precision = AttentionPrecision::Bf16;
        const AttentionAnswer half = model.ask(noise(96, 96), 0, question);
        for (std::size_t head = 0; head < exact.heads.size(); ++head)
            for (std::size_t i = 0; i < exact.heads[head].values.size(); ++i)
                QVERIFY(std::abs(exact.heads[head].values[i] - half.heads[head].values[i]) < 1e-2f);
    }
};

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
