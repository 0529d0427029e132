// The parts that methods are made of, against plain loops: losses, networks, optimisers, schedules.
#include <QtTest>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <map>

#include "core/nn/ema.h"
#include "core/nn/grid_context.h"
#include "core/nn/nt_xent.h"
#include "core/nn/optimizer.h"
#include "core/nn/patch_masks.h"
#include "core/nn/projection_head.h"
#include "core/nn/resnet.h"
#include "core/nn/sequence_nce.h"
#include "core/nn/sights.h"
#include "core/nn/signal_encoder.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"
#include "tests/naive.h"
#include "tests/tensors.h"

using namespace selfsight;

using Numbers = std::vector<double>;

class NnTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aCentredLastLayerSpreadsNearlyEqualRows()
    {
        torch::manual_seed(21);
        const torch::NoGradGuard noGrad;
        const torch::Tensor rows = torch::rand({1, 24}) + 0.01 * torch::randn({64, 24});
        torch::nn::Sequential head = makeMlp({.in = 24, .hidden = 32, .out = 8, .hiddenNorm = HeadNorm::Group, .hiddenBias = true});
        const torch::Tensor before = head->forward(rows), returned = centreLastLayer(*head, rows), after = head->forward(rows);
        QVERIFY(unitRows(before).std(0).mean().item<double>() * std::sqrt(8) < 0.2);
        QVERIFY(after.mean(0).abs().max().item<double>() < 1e-3);
        QVERIFY((after.std(0) - 1).abs().max().item<double>() < 1e-3);
        QVERIFY(torch::allclose(returned, after, 1e-3, 1e-4));
        // One row has no spread to go by.
        torch::nn::Sequential single = makeMlp({.in = 24, .hidden = 32, .out = 8, .hiddenNorm = HeadNorm::None});
        const torch::Tensor alone = single->forward(rows.slice(0, 0, 1));
        QVERIFY(torch::equal(centreLastLayer(*single, rows.slice(0, 0, 1)), alone));
        QVERIFY(torch::equal(single->forward(rows.slice(0, 0, 1)), alone));
    }

    void ntXentEqualsLoopsInValueAndGradient()
    {
        torch::manual_seed(5);
        const torch::Tensor z1 = torch::randn({5, 7}, torch::kDouble).requires_grad_(),
                            z2 = torch::randn({5, 7}, torch::kDouble).requires_grad_();
        const NtXent result = ntXent(z1, z2, 0.3);
        naive::Matrix rows1 = rowsOf(z1), rows2 = rowsOf(z2);
        QVERIFY(std::abs(result.loss.item<double>() - naive::ntXent(rows1, rows2, 0.3)) < 1e-12);
        QVERIFY(std::abs(result.perSample.mean().item<double>() - result.loss.item<double>()) < 1e-12);
        result.loss.backward();
        constexpr double kStep = 1e-6;
        for (std::size_t i = 0; i < rows1.size(); ++i)
            for (std::size_t d = 0; d < rows1[i].size(); ++d) {
                const double kept = rows1[i][d];
                rows1[i][d] = kept + kStep;
                const double above = naive::ntXent(rows1, rows2, 0.3);
                rows1[i][d] = kept - kStep;
                const double below = naive::ntXent(rows1, rows2, 0.3);
                rows1[i][d] = kept;
                const double gradient = z1.grad()[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(d)].item<double>();
                QVERIFY(std::abs(gradient - (above - below) / (2 * kStep)) < 1e-8);
            }
    }

    /// CPC: what is predicted at a place must not have been heard.
    void aSummaryOfASignalHearsNothingLater()
    {
        torch::manual_seed(4);
        SignalEncoder encoder({.layers = 3, .channels = 8});
        const auto context = makeGridContext(ContextKind::Gru, 8, 5);
        torch::nn::Linear predict(5, 8);
        const torch::Tensor signal = torch::randn({2, 1, 1, 900}).requires_grad_();
        const torch::Tensor summaries = context->forward(encoder.latents(signal).unsqueeze(2)).squeeze(2);
        constexpr std::int64_t kPlace = 6;
        predict(summaries.select(1, kPlace)).square().sum().backward();
        const torch::Tensor heard = signal.grad().flatten(0, 2).abs().sum(0);
        const std::int64_t end = kPlace * encoder.stride() + encoder.reach();
        QVERIFY(end < 900);
        QCOMPARE(largest(heard.slice(0, end)), 0.0);
        QVERIFY(largest(heard.slice(0, end - encoder.stride(), end)) > 0);
        QVERIFY(largest(heard.slice(0, 0, encoder.stride())) > 0);  // and remembers the beginning
    }

    void sequenceNceEqualsLoopsForEveryChoiceOfNegatives()
    {
        torch::manual_seed(5);
        constexpr int kBatch = 3, kLength = 5, kSize = 4, kOffset = 2;
        const torch::Tensor z = torch::randn({kBatch, kLength, kSize}, torch::kDouble).requires_grad_(),
                            p = torch::randn({kBatch, kLength - kOffset, kSize}, torch::kDouble).requires_grad_();
        const torch::Tensor scores = torch::einsum("btd,nsd->btns", {p, z}).detach() * 0.7;
        for (const SequenceNegatives negatives : {SequenceNegatives::Batch, SequenceNegatives::Own, SequenceNegatives::Others}) {
            double expected = 0, right = 0;
            for (int b = 0; b < kBatch; ++b)
                for (int t = 0; t < kLength - kOffset; ++t) {
                    const auto score = [&](int n, int s) { return scores[b][t][n][s].item<double>(); };
                    const double positive = score(b, t + kOffset);
                    double sum = 0, best = -1e9;
                    std::int64_t candidates = 0;
                    for (int n = 0; n < kBatch; ++n)
                        for (int s = 0; s < kLength; ++s) {
                            const bool own = n == b, wanted = own && s == t + kOffset;
                            if (negatives == SequenceNegatives::Own && !own) continue;
                            if (negatives == SequenceNegatives::Others && own && !wanted) continue;
                            sum += std::exp(score(n, s));
                            best = std::max(best, score(n, s));
                            ++candidates;
                        }
                    QCOMPARE(candidates, sequenceCandidates(negatives, kBatch, kLength));
                    expected += std::log(sum) - positive;
                    right += positive == best;
                }
            constexpr int kPredictions = kBatch * (kLength - kOffset);
            const InfoNce result = sequenceInfoNce(p, z, kOffset, negatives, 0.7);
            QVERIFY(std::abs(result.loss.item<double>() - expected / kPredictions) < 1e-12);
            QVERIFY(std::abs(result.accuracy.item<double>() - right / kPredictions) < 1e-6);
            result.loss.backward();
            QVERIFY(isFinite(p.grad()) && isFinite(z.grad()));
        }
    }

    void ntXentDoesNotDependOnTheLengthOfRows()
    {
        torch::manual_seed(6);
        const torch::Tensor z1 = torch::randn({6, 16}), z2 = torch::randn({6, 16});
        const double expected = naive::ntXent(rowsOf(z1), rowsOf(z2), 0.1);
        for (const double factor : {1e-30, 1e-8, 1.0, 1e8, 1e30}) {
            const torch::Tensor scaled = (z1 * factor).requires_grad_();
            const NtXent result = ntXent(scaled, z2, 0.1);
            QVERIFY(std::abs(result.loss.item<double>() - expected) < 1e-5);
            result.loss.backward();
            QVERIFY(isFinite(scaled.grad()));
        }
    }

    void ntXentIsComputedInFullPrecisionUnderAutocast()
    {
        torch::manual_seed(7);
        const torch::Tensor z1 = torch::randn({6, 16}), z2 = torch::randn({6, 16});
        const torch::Tensor expected = ntXent(z1, z2, 0.05).loss;
        const Autocast autocast(torch::kCPU, torch::kBFloat16);
        QVERIFY(torch::equal(ntXent(z1, z2, 0.05).loss, expected));
    }

    void contrastiveAccuracyCountsPartnersThatComeFirst()
    {
        const torch::Tensor apart = torch::eye(4);
        QCOMPARE(ntXent(apart, apart, 0.2).accuracy.item<double>(), 1.0);
        QCOMPARE(ntXent(apart, apart.roll(1, 0), 0.2).accuracy.item<double>(), 0.0);
    }

    void autocastLastsAsLongAsItsGuard()
    {
        const torch::Tensor a = torch::ones({4, 4});
        try {
            const Autocast autocast(torch::kCPU, torch::kBFloat16);
            QCOMPARE(a.mm(a).scalar_type(), torch::kBFloat16);
            throw Error("here", "something failed");
        } catch (const Error&) {
        }
        QCOMPARE(a.mm(a).scalar_type(), torch::kFloat);
    }

    void aGeneratorStateRepeatsItsNumbers()
    {
        torch::manual_seed(8);
        const torch::Tensor state = generatorState(torch::kCPU);
        const torch::Tensor first = torch::rand({5});
        setGeneratorState(torch::kCPU, state);
        QVERIFY(torch::equal(torch::rand({5}), first));
    }

    void resNetsHaveTorchvisionsNamesAndSizes()
    {
        const std::map<int, std::int64_t> weights = {{18, 11176512}, {34, 21284672}, {50, 23508032}};  // torchvision without fc
        for (const auto& [depth, expected] : weights) {
            const ResNet model({.depth = depth, .stem = Stem::ImageNet});
            std::int64_t count = 0;
            for (const torch::Tensor& parameter : model.parameters()) count += parameter.numel();
            QCOMPARE(count, expected);
            QVERIFY(model.named_parameters().contains("layer2.0.downsample.0.weight"));
            QCOMPARE(model.featureSize(), depth == 50 ? std::int64_t{2048} : std::int64_t{512});
        }
    }

    void everyStemTakesSmallImages()
    {
        for (const Stem stem : {Stem::ImageNet, Stem::Small, Stem::Strided}) {
            ResNet model({.depth = 50, .width = 4, .stem = stem, .zeroInitResidual = true});
            const torch::Tensor features = model.forward(torch::randn({2, 3, 28, 28}));
            QCOMPARE(features.size(1), model.featureSize());
            QVERIFY(isFinite(features));
        }
    }

    void aHeadIsBuiltAsItIsWritten()
    {
        auto head = makeHead({{.in = 6, .out = 5, .norm = HeadNorm::Batch, .activation = HeadActivation::Relu, .bias = false},
                              {.in = 5, .out = 3, .norm = HeadNorm::BatchNoShift, .bias = false}});
        std::vector<std::string> trainable;
        for (const auto& parameter : head->named_parameters())
            if (parameter->requires_grad()) trainable.push_back(parameter.key());
        QCOMPARE(trainable, (std::vector<std::string>{"0.weight", "1.weight", "1.bias", "3.weight", "4.weight"}));
        QCOMPARE(head->forward(torch::randn({4, 6})).size(1), std::int64_t{3});
        const torch::Tensor x = torch::randn({4, 6});
        QVERIFY(torch::equal(makeHead({})->forward(x), x));
    }

    void theAverageMovesParametersAndNoBuffer()
    {
        torch::nn::BatchNorm1d target(3), online(3);
        const torch::NoGradGuard noGrad;
        online->weight.fill_(3);
        online->running_mean.fill_(7);
        emaUpdate(*target, *online, 0.75);
        QCOMPARE(target->weight[0].item<double>(), 1.5);
        QCOMPARE(target->running_mean[0].item<double>(), 0.0);
    }

    void optimizersEqualLoops_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("variant");
        QTest::addColumn<double>("momentum");
        QTest::addColumn<bool>("nesterov");
        QTest::addColumn<bool>("clip");
        QTest::newRow("sgd") << "sgd" << "" << 0.9 << false << false;
        QTest::newRow("sgd nesterov") << "sgd" << "" << 0.8 << true << false;
        QTest::newRow("sgd without momentum") << "sgd" << "" << 0.0 << false << false;
        QTest::newRow("adam") << "adam" << "" << 0.9 << false << false;
        QTest::newRow("adamw") << "adamw" << "" << 0.9 << false << false;
        for (const char* variant : {"moco_v3", "simclr", "solo"})
            for (const bool nesterov : {false, true})
                QTest::addRow("lars %s %s", variant, nesterov ? "nesterov" : "") << "lars" << variant << 0.9 << nesterov << false;
        QTest::newRow("lars solo clipped") << "lars" << "solo" << 0.9 << false << true;
    }

    void optimizersEqualLoops()
    {
        QFETCH(QString, type);
        QFETCH(QString, variant);
        QFETCH(double, momentum);
        QFETCH(bool, nesterov);
        QFETCH(bool, clip);
        naive::Rule rule{.optimizer = type.toStdString(),
                         .variant = variant.toStdString(),
                         .momentum = momentum,
                         .decay = 0.03,
                         .trust = 0.5,
                         .eps = 1e-6,
                         .beta1 = 0.8,
                         .beta2 = 0.95,
                         .nesterov = nesterov,
                         .clip = clip};
        OptionSet options{rule.optimizer, {{"weight_decay", rule.decay}}};
        if (type.startsWith("adam")) options.values.insert({{"beta1", rule.beta1}, {"beta2", rule.beta2}, {"eps", rule.eps}});
        else options.values.insert({{"momentum", momentum}, {"nesterov", nesterov}});
        if (type == "lars")
            options.values.insert(
                {{"variant", rule.variant}, {"trust_coefficient", rule.trust}, {"clip_lr", clip}, {"eps", rule.eps}});

        // A matrix, one that is zero, a vector without decay, and one that never gets a gradient.
        torch::manual_seed(9);
        std::vector<torch::Tensor> tensors = {torch::randn({3, 4}), torch::zeros({2, 2}), torch::randn({4}), torch::ones({3})};
        const auto optimizer = optimizers()
                                   .at(rule.optimizer)
                                   .make(options, {{.parameters = {{"a", tensors[0]}, {"b", tensors[1]}, {"idle", tensors[3]}}},
                                                   {.parameters = {{"c", tensors[2]}}, .decay = false}});
        std::vector<naive::Weights> expected;
        for (const torch::Tensor& tensor : tensors) {
            const Numbers w = rowsOf(tensor.reshape({1, -1}))[0];
            expected.push_back({w, Numbers(w.size(), 0), Numbers(w.size(), 0)});
        }
        for (int t = 1; t <= 6; ++t) {
            const double rate = 0.1 / t;
            for (std::size_t i = 0; i < 3; ++i) {
                tensors[i].mutable_grad() = torch::randn_like(tensors[i]);
                naive::step(rule, expected[i], rowsOf(tensors[i].grad().reshape({1, -1}))[0], rate, i == 2, t);
            }
            optimizer->step(rate, rate);
            optimizer->zeroGrad();
            for (std::size_t i = 0; i < 4; ++i) {
                const Numbers got = rowsOf(tensors[i].reshape({1, -1}))[0];
                for (std::size_t j = 0; j < got.size(); ++j)
                    QVERIFY2(std::abs(got[j] - expected[i].w[j]) < 1e-5, qPrintable(QString("tensor %1, step %2").arg(i).arg(t)));
            }
        }
    }

    void ratesOfAGroupAreItsOwn()
    {
        torch::Tensor half = torch::zeros({1}), constant = torch::zeros({1});
        const auto optimizer =
            optimizers().at("sgd").make({"sgd", {{"momentum", 0.0}}},
                                        {{.parameters = {{"half", half}}, .decay = false, .learningRateFactor = 0.5},
                                         {.parameters = {{"constant", constant}}, .decay = false, .constantLearningRate = true}});
        half.mutable_grad() = torch::ones({1});
        constant.mutable_grad() = torch::ones({1});
        optimizer->step(0.25, 2.0);
        QCOMPARE(half.item<double>(), -0.125);
        QCOMPARE(constant.item<double>(), -2.0);
    }

    void aSavedOptimizerContinuesBitIdentically()
    {
        for (const OptimizerInfo& info : optimizers()) {
            const auto run = [&info](bool interrupted) {
                torch::manual_seed(10);
                torch::Tensor w = torch::randn({5, 6});
                auto optimizer = info.make({}, {{.parameters = {{"w", w}}}});
                for (int step = 0; step < 6; ++step) {
                    if (interrupted && step == 3) {
                        NamedTensors kept;
                        for (const auto& [name, tensor] : optimizer->state()) kept.emplace_back(name, tensor.clone());
                        optimizer = info.make({}, {{.parameters = {{"w", w}}}});
                        optimizer->loadState(kept);
                    }
                    w.mutable_grad() = torch::randn({5, 6});
                    optimizer->step(0.01, 0.01);
                }
                return w;
            };
            QVERIFY2(torch::equal(run(true), run(false)), info.key.c_str());
        }
    }

    void aStateOfAnotherModelIsRefused()
    {
        const auto make = [](const std::string& name, std::int64_t size) {
            return optimizers().at("adamw").make({}, {{.parameters = {{name, torch::zeros({size})}}}});
        };
        QVERIFY(errorOf([&] { make("a", 3)->loadState(make("b", 3)->state()); }).contains("there is no 'mean.a'"));
        QVERIFY(errorOf([&] { make("a", 3)->loadState(make("a", 4)->state()); }).contains("has shape (4), expected is (3)"));
    }

    void theRateWarmsUpAndFallsAsAsked()
    {
        const OptimizerInfo& sgd = optimizers().at("sgd");
        const auto rate = [&sgd](const std::map<std::string, Value>& values, std::int64_t step) {
            return sgd.learningRate({"sgd", values}, step, 100, 10);
        };
        QCOMPARE(rate({{"lr", 2.0}}, 0), 2.0);
        QVERIFY(std::abs(rate({{"lr", 2.0}}, 50) - 1.0) < 1e-12);
        QVERIFY(std::abs(rate({{"lr", 2.0}, {"final_lr_share", 0.25}}, 100) - 0.5) < 1e-12);
        QVERIFY(std::abs(rate({{"lr", 2.0}, {"warmup_epochs", 2.0}}, 5) - 0.5) < 1e-12);
        QCOMPARE(rate({{"lr", 2.0}, {"schedule", "constant"}}, 99), 2.0);
        QVERIFY(std::abs(rate({{"lr", 2.0}, {"schedule", "step"}}, 59) - 2.0) < 1e-12);
        QVERIFY(std::abs(rate({{"lr", 2.0}, {"schedule", "step"}}, 60) - 0.2) < 1e-12);
        QVERIFY(std::abs(rate({{"lr", 2.0}, {"schedule", "step"}}, 80) - 0.02) < 1e-12);
        QCOMPARE(rate({{"lr", 2.0}, {"once_per_epoch", true}}, 59), rate({{"lr", 2.0}}, 50));
        QVERIFY(std::isfinite(sgd.learningRate({"sgd", {{"warmup_epochs", 10.0}}}, 3, 4, 1)));
        for (const std::string schedule : {"cosine", "constant", "step"})
            QVERIFY(std::abs(rate({{"lr", 2.0}, {"schedule", schedule}, {"warmup_epochs", 2.0}, {"warmup_lr", 1.0}}, 5) - 1.25) < 1e-12);
    }

    /// InvaSpread's: a tenth, a twentieth and a hundredth of the rate, from epochs 120, 160 and 200 of 301.
    void everyMilestoneHasItsFactor()
    {
        const OptimizerInfo& sgd = optimizers().at("sgd");
        const OptionSet options{"sgd",
                                {{"lr", 0.03}, {"schedule", std::string("step")}, {"once_per_epoch", true},
                                 {"milestones", Numbers{0.3986, 0.5315, 0.6644}}, {"step_factor", Numbers{0.1, 0.5, 0.2}}}};
        const auto rate = [&](std::int64_t epoch) { return sgd.learningRate(options, epoch * 390 + 389, 301 * 390, 390); };
        const std::map<std::int64_t, double> expected = {{119, 0.03},   {120, 0.003},  {159, 0.003}, {160, 0.0015},
                                                         {199, 0.0015}, {200, 0.0003}, {300, 0.0003}};
        for (const auto& [epoch, value] : expected)
            QVERIFY2(std::abs(rate(epoch) - value) < 1e-12, qPrintable(QString("epoch %1: %2").arg(epoch).arg(rate(epoch))));
    }

    void weightDecayReachesBiasesWhenAskedTo()
    {
        for (const char* type : {"sgd", "adam", "adamw"})
            for (const bool all : {false, true}) {
                torch::Tensor bias = torch::ones({3});
                bias.mutable_grad() = torch::zeros({3});
                const auto optimizer = optimizers().at(type).make({type, {{"weight_decay", 0.5}, {"decay_all", all}}},
                                                                  {{.parameters = {{"bias", bias}}, .decay = false}});
                optimizer->step(0.1, 0.1);
                QCOMPARE(torch::equal(bias, torch::ones({3})), !all);
            }
    }

    void blocksHideAtMostTheirShareInRectangles()
    {
        Rng rng({11});
        const std::vector<double> shares = {0, 0.1, 0.3, 0.5, 1};
        for (const auto& [h, w] : std::vector<std::pair<std::int64_t, std::int64_t>>{{14, 14}, {8, 8}, {4, 4}, {3, 9}, {1, 1}}) {
            const torch::Tensor masks = blockMasks(rng, shares, h, w);
            QCOMPARE(masks.sizes().vec(), (std::vector<std::int64_t>{5, h * w}));
            for (std::size_t i = 0; i < shares.size(); ++i)
                QVERIFY(masks[static_cast<std::int64_t>(i)].sum().item<std::int64_t>() <= static_cast<std::int64_t>(shares[i] * static_cast<double>(h * w)));
        }
        // On a large grid nearly all of the share is found, and neighbours are hidden together.
        const torch::Tensor masks = blockMasks(rng, std::vector<double>(200, 0.3), 14, 14).view({200, 14, 14});
        const double hidden = masks.to(torch::kFloat).mean().item<double>();
        QVERIFY2(hidden > 0.2 && hidden <= 0.3, qPrintable(QString::number(hidden)));
        const torch::Tensor both = masks.slice(2, 1).logical_and(masks.slice(2, 0, 13));
        QVERIFY(both.to(torch::kFloat).mean().item<double>() > 2 * hidden * hidden);
    }

    void scatteredPatchesAreAsManyAsTheShare()
    {
        Rng rng({12});
        QVERIFY(torch::equal(scatteredMasks(rng, {0, 0.25, 1}, 16).sum(1), torch::tensor({0, 4, 16}, torch::kLong)));
    }

    void outputsInUseAreCounted()
    {
        const torch::Tensor outputs = torch::tensor({{1.0f, 0.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 2.0f, 1.0f}, {3.0f, 0.0f, 0.0f, 0.0f}});
        QCOMPARE(usedShare(outputs).item<double>(), 0.5);
    }

    void edgesAreSobels()
    {
        torch::manual_seed(13);
        const torch::Tensor images = torch::rand({2, 3, 5, 7}), grey = images.mean(1);
        const torch::Tensor edges = sights(images, SightSplit::ImageEdges).at(1);
        const auto at = [&](std::int64_t y, std::int64_t x) { return y < 0 || x < 0 || y >= 5 || x >= 7 ? 0.0 : grey[1][y][x].item<double>(); };
        for (std::int64_t y = 0; y < 5; ++y)
            for (std::int64_t x = 0; x < 7; ++x) {
                double across = 0, down = 0;
                for (std::int64_t offset = -1; offset <= 1; ++offset) {
                    const double weight = offset == 0 ? 0.5 : 0.25;
                    across += weight * (at(y + offset, x + 1) - at(y + offset, x - 1));
                    down += weight * (at(y + 1, x + offset) - at(y - 1, x + offset));
                }
                for (std::int64_t channel = 0; channel < 3; ++channel)
                    QVERIFY(std::abs(edges[1][channel][y][x].item<double>() - std::hypot(across, down)) < 1e-5);
            }
    }

    void sightsShareNoChannel()
    {
        const torch::Tensor images = torch::rand({2, 3, 4, 4}) + 1;
        for (const SightSplit split : {SightSplit::LightnessColour, SightSplit::Channels}) {
            torch::Tensor sum = torch::zeros_like(images);
            for (const torch::Tensor& sight : sights(images, split)) sum += sight;
            QVERIFY(torch::equal(sum, images));
        }
    }
};

QTEST_GUILESS_MAIN(NnTest)
#include "tst_nn.moc"
