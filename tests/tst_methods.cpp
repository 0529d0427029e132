// Every method of the registry through the same questions, and every reference case of tests/golden.
#include <QtTest>

#include <map>
#include <set>

#include "core/verify/verify.h"
#include "tests/tensors.h"
#include "tests/tiny_training.h"

using namespace selfsight;

namespace {

double total(Method& method, const Views& views, std::int64_t step = 3)
{
    return method.loss(views, contextOf(step)).terms.at(0).second.item<double>();
}

/// Copies of all parameters and buffers, as a checkpoint holds them.
NamedTensors saved(const torch::nn::Module& module)
{
    NamedTensors result;
    for (const auto& item : module.named_parameters()) result.emplace_back(item.key(), item->detach().clone());
    for (const auto& item : module.named_buffers()) result.emplace_back(item.key(), item->detach().clone());
    return result;
}

void load(torch::nn::Module& module, const NamedTensors& state)
{
    const torch::NoGradGuard noGrad;
    auto parameters = module.named_parameters();
    auto buffers = module.named_buffers();
    for (const auto& [name, tensor] : state) (parameters.contains(name) ? parameters[name] : buffers[name]).copy_(tensor);
}

void addMethodRows()
{
    QTest::addColumn<QString>("key");
    for (const MethodInfo& info : methods()) QTest::newRow(info.key.c_str()) << QString::fromStdString(info.key);
}

const MethodInfo& currentMethod()
{
    QFETCH_GLOBAL(QString, key);
    return methods().at(key.toStdString());
}

}  // namespace

/// Runs once for every method of the registry.
class EveryMethod : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addMethodRows(); }

    void optionsSurviveTextAndBack()
    {
        const MethodInfo& info = currentMethod();
        for (const Option& option : info.schema->options()) {
            const Schema::Checked parsed = info.schema->parse(option.key, toText(option.defaultValue));
            QVERIFY2(parsed.value.has_value(), (option.key + ": " + parsed.problem).c_str());
            QCOMPARE(toText(*parsed.value), toText(option.defaultValue));
            QVERIFY2(!option.doc.empty(), option.key.c_str());
        }
    }

    void theLossIsFiniteAndComplete()
    {
        const MethodInfo& info = currentMethod();
        const auto method = makeMethod(info, 1);
        const StepOutput output = method->loss(randomViews(info), contextOf(0));
        QCOMPARE(QString::fromStdString(output.terms.at(0).first), QString("total"));
        for (const auto& [name, value] : output.terms) {
            QCOMPARE(value.dim(), std::int64_t{0});
            QVERIFY2(isFinite(value), name.c_str());
        }
        QCOMPARE(output.embedding.size(0), kBatch);
        QVERIFY(!output.embedding.requires_grad());
        QVERIFY(isFinite(output.embedding));
        if (output.features.defined()) QCOMPARE(output.features.size(0), kBatch);
        if (output.similarity.defined()) QCOMPARE(output.similarity.numel(), kBatch * kBatch);
    }

    void theLossesOfTheImagesHaveTheTotalAsTheirMean()
    {
        const MethodInfo& info = currentMethod();
        if (info.key == "barlow_twins" || info.key == "vicreg") QSKIP("its loss is of the batch as a whole");
        const StepOutput output = makeMethod(info, 1)->loss(randomViews(info), contextOf(0));
        QCOMPARE(output.perSample.numel(), kBatch);
        QVERIFY(!output.perSample.requires_grad());
        const double total = output.terms[0].second.item<double>(), mean = output.perSample.mean().item<double>();
        QVERIFY2(std::abs(mean - total) < 1e-4 * std::max(1.0, std::abs(total)), qPrintable(QString("%1 and %2").arg(mean).arg(total)));
    }

    void referenceLinesBelongToTerms()
    {
        const MethodInfo& info = currentMethod();
        if (!info.references) return;
        const StepOutput output = makeMethod(info, 1)->loss(randomViews(info), contextOf(0));
        for (const ReferenceLine& line : info.references({}, tinySetup(info))) {
            const bool known = std::any_of(output.terms.begin(), output.terms.end(),
                                           [&line](const auto& term) { return term.first == line.curve; });
            QVERIFY2(known, line.curve.c_str());
            QVERIFY(std::isfinite(line.value) && !line.label.empty());
        }
    }

    void everyTermIsDeclaredAndSaysWhatItShows()
    {
        const MethodInfo& info = currentMethod();
        OptionSet options{.type = info.key, .values = {}};
        for (const char* weight : {"koleo_weight", "proximal_weight", "labelled_weight"})
            if (info.schema->find(weight)) options.values[weight] = 0.1;  // terms that are reported with a weight alone
        const StepOutput output = makeMethod(info, 1, options)->loss(randomViews(info), contextOf(0));
        std::set<std::string> named;
        for (std::size_t i = 1; i < output.terms.size(); ++i) {
            const CurveInfo* curve = curveOf(info, output.terms[i].first);
            QVERIFY2(curve, output.terms[i].first.c_str());
            QVERIFY2(curve->doc.ends_with('.'), curve->doc.c_str());
            if (curve->scale == CurveScale::Share) QVERIFY(std::abs(output.terms[i].second.item<double>()) <= 1 + 1e-6);
            named.insert(curve->name);
        }
        for (const CurveInfo& curve : info.curves)
            QVERIFY2(named.contains(curve.name) || curve.name.ends_with("_to_*"), curve.name.c_str());
        QVERIFY(!info.embedding.empty());
    }

    void targetsThatAreDistributionsSayHowSharpTheyAre()
    {
        const MethodInfo& info = currentMethod();
        if (!info.largestEntropy) return;
        std::map<std::string, double> terms;
        for (const auto& [name, value] : makeMethod(info, 1)->loss(randomViews(info), contextOf(0)).terms) terms[name] = value.item<double>();
        QVERIFY(terms.at("teacher_entropy") > 0 && terms.at("teacher_entropy") <= info.largestEntropy({}) + 1e-4);
        QVERIFY(terms.at("divergence") > -1e-5);
    }

    void theGradientReachesEveryTrainableParameter()
    {
        const MethodInfo& info = currentMethod();
        const auto method = makeMethod(info, 1);
        method->loss(randomViews(info), contextOf(0)).terms.at(0).second.backward();
        for (const auto& parameter : method->named_parameters()) {
            if (!parameter->requires_grad()) continue;
            QVERIFY2(parameter->grad().defined(), parameter.key().c_str());
            QVERIFY2(isFinite(parameter->grad()) && largest(parameter->grad()) > 0, parameter.key().c_str());
        }
    }

    void theGroupsHoldEveryTrainableParameterOnce()
    {
        const auto method = makeMethod(currentMethod(), 1);
        std::set<std::string> grouped;
        for (const ParameterGroup& group : method->parameterGroups())
            for (const auto& [name, tensor] : group.parameters) QVERIFY2(grouped.insert(name).second, name.c_str());
        std::set<std::string> trainable;
        for (const auto& parameter : method->named_parameters())
            if (parameter->requires_grad()) trainable.insert(parameter.key());
        QVERIFY(grouped == trainable);
    }

    void theLossChangesNoParameterAndRepeats()
    {
        const MethodInfo& info = currentMethod();
        const auto method = makeMethod(info, 1);
        const Views views = randomViews(info);
        const NamedTensors before = saved(*method);
        const double first = total(*method, views), second = total(*method, views);
        QCOMPARE(first, second);
        const NamedTensors after = saved(*method);
        for (std::size_t i = 0; i < before.size(); ++i)
            if (before[i].first.find("running_") == std::string::npos && before[i].first.find("num_batches") == std::string::npos)
                QVERIFY2(torch::equal(before[i].second, after[i].second), before[i].first.c_str());
    }

    void aLoadedStateGivesTheSameNextLoss()
    {
        const MethodInfo& info = currentMethod();
        const auto original = makeMethod(info, 1);
        const Views views = randomViews(info);
        const auto optimizer = optimizers().at("sgd").make({}, original->parameterGroups());
        for (std::int64_t step = 0; step < 2; ++step) trainStep(*original, *optimizer, views, step);

        const auto copy = makeMethod(info, 2);
        QVERIFY(total(*copy, views) != total(*original, views));
        load(*copy, saved(*original));
        QCOMPARE(total(*copy, views), total(*original, views));
        original->eval();
        copy->eval();
        const torch::NoGradGuard noGrad;
        QVERIFY(torch::equal(copy->features(views.global[0]), original->features(views.global[0])));
    }

    /// Queues and banks would remember the sixteen images as negatives of themselves: they are kept as they start, and a queue is
    /// short, for a thousand random negatives bound the loss from below. A teacher's entropy does, too: what is above it shall fall.
    void theLossFallsOnSixteenImagesAgainstFixedTargets()
    {
        const MethodInfo& info = currentMethod();
        OptionSet options{.type = info.key, .values = {}};
        if (info.schema->find("queue_length")) options.values["queue_length"] = std::int64_t{16};
        if (info.schema->find("outputs")) options.values["outputs"] = std::int64_t{16};
        const auto method = makeMethod(info, 3, options, 16);
        const Views views = randomViews(info, 16, 1);  // far apart: MoCo's loss begins where its two encoders agree
        const auto optimizer = optimizers().at("adam").make({}, method->parameterGroups());
        const StepContext context = contextOf(10);  // always the same draws
        const auto aboveTheTargets = [&] {
            double sum = 0;
            for (const auto& [name, value] : method->loss(views, context).terms)
                if (name == "total" || name == "teacher_entropy") sum += (name == "total" ? 1 : -1) * value.item<double>();
            return sum;
        };
        const double first = aboveTheTargets();
        for (int step = 0; step < 40; ++step) trainStep(*method, *optimizer, views, context, 0.003, false);
        const double last = aboveTheTargets();
        QVERIFY2(last < first - 0.1 * std::abs(first), qPrintable(QString("%1 -> %2").arg(first).arg(last)));
    }

    void featuresOfAnImageDoNotDependOnItsNeighbours()
    {
        const MethodInfo& info = currentMethod();
        const auto method = makeMethod(info, 1);
        method->eval();
        const torch::NoGradGuard noGrad;
        const torch::Tensor images = randomViews(info).global[0];
        const torch::Tensor all = method->features(images);
        QCOMPARE(all.dim(), std::int64_t{2});
        QCOMPARE(all.size(0), kBatch);
        QVERIFY(largest(method->features(images.slice(0, 2, 4)) - all.slice(0, 2, 4)) <= 1e-5 * (1 + largest(all)));
    }

    void aLiveOptionActsAsIfBuiltWithIt()
    {
        const MethodInfo& info = currentMethod();
        const Views views = randomViews(info);
        for (const Option& option : info.schema->options()) {
            if (!option.live || option.kind != OptionKind::Real) continue;
            const Value other = std::min(option.maximum, 2 * std::get<double>(option.defaultValue));
            const auto changed = makeMethod(info, 1);
            const double before = total(*changed, views);
            changed->setOption(option.key, other);
            const auto built = makeMethod(info, 1, {info.key, {{option.key, other}}});
            QCOMPARE(total(*changed, views), total(*built, views));
            QVERIFY2(total(*changed, views) != before, option.key.c_str());
        }
    }

    void everyFailureSwitchCanBeBuilt()
    {
        const MethodInfo& info = currentMethod();
        for (const FailureSwitch& failure : info.failures) {
            const Schema::Checked value = info.schema->parse(failure.option, failure.value);
            QVERIFY2(value.value.has_value(), value.problem.c_str());
            QVERIFY(std::isfinite(total(*makeMethod(info, 1, {info.key, {{failure.option, *value.value}}}), randomViews(info))));
            QVERIFY(!failure.expected.empty());
        }
    }
};

/// What only some of the methods have.
class SingleMethods : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Each view's keys go to its own queue, one batch a step.
    void twoQueuesKeepTheViewsApart()
    {
        const MethodInfo& info = methods().at("moco_v2");
        const OptionSet options{
            "moco_v2", {{"symmetric", true}, {"two_queues", true}, {"queue_length", std::int64_t{16}}, {"batch_norm_groups", std::int64_t{1}}}};
        const auto method = makeMethod(info, 1, options);
        const Views views = randomViews(info);
        for (std::int64_t step = 0; step < 2; ++step) {
            const StepOutput output = method->loss(views, contextOf(step));
            method->afterStep(output, contextOf(step));
            const auto buffers = method->named_buffers();
            QVERIFY(torch::equal(buffers["queue"].slice(0, step * kBatch, (step + 1) * kBatch), output.carried.at(0)));
            QVERIFY(torch::equal(buffers["queue2"].slice(0, step * kBatch, (step + 1) * kBatch), output.carried.at(1)));
            QVERIFY(!torch::equal(output.carried.at(0), output.carried.at(1)));
        }
    }

    void theQueuesAgeIsThatOfItsKeys()
    {
        const MethodInfo& info = methods().at("moco_v1");
        const auto method = makeMethod(info, 1, {"moco_v1", {{"queue_length", std::int64_t{32}}, {"batch_norm_groups", std::int64_t{1}}}});
        const double expected[] = {0, 1, 1.5, 2, 2.5, 2.5, 2.5};  // 4 batches of 8
        for (std::int64_t step = 0; step < 7; ++step) {
            const StepOutput output = method->loss(randomViews(info), contextOf(step));
            QCOMPARE(output.terms.at(3).first, std::string("queue_age"));
            QCOMPARE(output.terms.at(3).second.item<double>(), expected[step]);
        }
    }

    void biasesOfBarlowTwinsHaveARateOfTheirOwn()
    {
        const auto method = makeMethod(methods().at("barlow_twins"), 1, {"barlow_twins", {{"bias_rate_factor", 0.024}}});
        for (const ParameterGroup& group : method->parameterGroups())
            for (const auto& [name, parameter] : group.parameters) QCOMPARE(group.learningRateFactor, parameter.dim() > 1 ? 1.0 : 0.024);
    }

    void koLeoSpreadsTheFeaturesInBothOfDinosMethods()
    {
        for (const char* key : {"dino", "ibot"}) {
            const MethodInfo& info = methods().at(key);
            const double without = total(*makeMethod(info, 1), randomViews(info));
            const auto method = makeMethod(info, 1, {key, {{"koleo_weight", 0.1}}});
            double koleo = 0, with = 0;
            for (const auto& [name, value] : method->loss(randomViews(info), contextOf(3)).terms) {
                if (name == "koleo") koleo = value.item<double>();
                if (name == "total") with = value.item<double>();
            }
            QVERIFY(koleo != 0 && std::abs(with - without - 0.1 * koleo) < 1e-4 * std::abs(with));
        }
    }
};

/// The reference cases, and what keeps them honest.
class ReferenceCases : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyCaseOfAKnownKindPasses()
    {
        std::set<std::string> passed;
        verifyFolder(SELFSIGHT_SOURCE "/tests/golden", {}, [&passed](const CaseResult& result) {
            if (result.status == CaseResult::Status::Fail) QFAIL((result.name + ": " + result.message).c_str());
            if (result.status == CaseResult::Status::Pass) passed.insert(result.kind);
        });
        for (const std::string& kind : verifiableKinds()) QVERIFY2(passed.contains(kind), kind.c_str());
    }

    void aWrongNumberFails_data()
    {
        QTest::addColumn<double>("got");
        QTest::addColumn<bool>("passes");
        QTest::newRow("exact") << 2.0 << true;
        QTest::newRow("within") << 2.0 + 0.9e-3 * 2 << true;
        QTest::newRow("outside") << 2.0 + 1.2e-3 * 2 << false;
        QTest::newRow("not a number") << std::numeric_limits<double>::quiet_NaN() << false;
    }

    void aWrongNumberFails()
    {
        QFETCH(double, got);
        QFETCH(bool, passes);
        const Case reference("made", {{"kind", "x"}, {"tolerance", "rtol=1e-3 atol=1e-9 (max-norm)"}},
                             {{"out.loss", {.shape = {1}, .values = std::vector<float>{2}}}});
        Comparison comparison(reference);
        comparison.compare("loss", {got});
        QCOMPARE(comparison.result().status == CaseResult::Status::Pass, passes);
        QCOMPARE(comparison.result().message.empty(), passes);
    }

    void anOutputThatNobodyComputedFails()
    {
        const CaseTensor one{.shape = {1}, .values = std::vector<float>{2}};
        const Case reference("made", {{"kind", "x"}}, {{"out.loss", one}, {"out.grad.z", one}});
        Comparison comparison(reference);
        comparison.compare("loss", {2.0});
        QCOMPARE(QString::fromStdString(comparison.result().message), QString("grad.z was not computed"));
    }

    void anUnknownKindIsAskedForInVain()
    {
        QVERIFY(errorOf([] { verifyFolder(SELFSIGHT_SOURCE "/tests/golden", {"nt_xnet"}); }).contains("did you mean 'nt_xent'?"));
        QVERIFY(errorOf([] { verifyFolder(SELFSIGHT_SOURCE "/nowhere"); }).contains("nowhere"));
    }
};

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    EveryMethod everyMethod;
    SingleMethods singleMethods;
    ReferenceCases referenceCases;
    return QTest::qExec(&everyMethod, argc, argv) + QTest::qExec(&singleMethods, argc, argv) + QTest::qExec(&referenceCases, argc, argv);
}

#include "tst_methods.moc"
