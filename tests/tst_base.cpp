// core/base: options, their tables, the nearest word, issues, registries and random numbers.
#include <QtTest>

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/issue.h"
#include "core/base/nearest.h"
#include "core/base/registry.h"
#include "core/base/rng.h"
#include "core/base/schema.h"

using namespace selfsight;

namespace {

enum class Stem { Small, Strided };

struct Everything {
    bool flag = true;
    int whole = 3;
    float single = 0.5f;
    double real = 0.2;
    std::string text = "hello";
    std::vector<double> numbers = {1, 2.5};
    Stem stem = Stem::Strided;
};

SchemaFor<Everything> everything()
{
    SchemaFor<Everything> s;
    s.add("flag", &Everything::flag, "A flag.");
    s.add("whole", &Everything::whole, "A whole number.").range(1, 10);
    s.add("single", &Everything::single, "A float.");
    s.add("real", &Everything::real, "A double.").range(0.01, 10).log().live().from("Somebody, 5.1");
    s.add("text", &Everything::text, "Words.");
    s.add("numbers", &Everything::numbers, "A list.").atLeast(0);
    s.addChoice("stem", &Everything::stem, {{"small", Stem::Small}, {"strided", Stem::Strided}}, "A choice.");
    return s;
}

struct Entry {
    std::string key;
};

std::string thrownBy(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TestBase : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void defaultsAreTheMembersInitialisers()
    {
        const auto schema = everything();
        QCOMPARE(schema.keys(), (std::vector<std::string>{"flag", "whole", "single", "real", "text", "numbers", "stem"}));
        QCOMPARE(schema.find("whole")->defaultValue, Value(std::int64_t{3}));
        QCOMPARE(schema.find("stem")->defaultValue, Value("strided"));
        QVERIFY(schema.find("real")->live);
        QVERIFY(schema.find("real")->logarithmic);
        QCOMPARE(schema.find("real")->reference, std::string("Somebody, 5.1"));
    }

    void whatIsWrittenReadsBackEqual()
    {
        const auto schema = everything();
        const Everything written{.flag = false, .whole = 7, .single = 0.25f, .real = 1e-1, .text = "x", .numbers = {}, .stem = Stem::Small};
        const Everything read = schema.read(schema.write(written, "it"));
        QCOMPARE(read.flag, written.flag);
        QCOMPARE(read.whole, written.whole);
        QCOMPARE(read.single, written.single);
        QCOMPARE(read.real, written.real);
        QCOMPARE(read.text, written.text);
        QCOMPARE(read.numbers, written.numbers);
        QVERIFY(read.stem == written.stem);
    }

    void onlyDifferencesFromTheDefaultsCountAsChanged()
    {
        const auto schema = everything();
        QVERIFY(schema.changed(schema.write(Everything{})).values.empty());
        QCOMPARE(schema.changed(schema.write(Everything{.whole = 4})).values, (std::map<std::string, Value>{{"whole", std::int64_t{4}}}));
    }

    void textIsReadAsTheOptionsKind_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shown");  // empty: refused
        QTest::newRow("flag") << "flag" << "false" << "false";
        QTest::newRow("a flag is not a number") << "flag" << "1" << "";
        QTest::newRow("whole") << "whole" << "4" << "4";
        QTest::newRow("a whole real is whole") << "whole" << "4.0" << "4";
        QTest::newRow("a fraction is not whole") << "whole" << "4.5" << "";
        QTest::newRow("too large") << "whole" << "11" << "";
        QTest::newRow("a whole number is real") << "real" << "1" << "1";
        QTest::newRow("exponent") << "real" << "1e-1" << "0.1";
        QTest::newRow("not finite") << "real" << "nan" << "";
        QTest::newRow("trailing rubbish") << "real" << "0.1x" << "";
        QTest::newRow("empty is no number") << "real" << "" << "";
        QTest::newRow("text stays text") << "text" << "12" << "12";
        QTest::newRow("numbers") << "numbers" << "[1, 2.5,3]" << "[1, 2.5, 3]";
        QTest::newRow("no numbers") << "numbers" << "[]" << "[]";
        QTest::newRow("each number has the range") << "numbers" << "[1, -1]" << "";
        QTest::newRow("an open list") << "numbers" << "[1, 2" << "";
        QTest::newRow("choice") << "stem" << "small" << "small";
        QTest::newRow("unknown choice") << "stem" << "smal" << "";
        QTest::newRow("unknown key") << "stemm" << "small" << "";
    }

    void textIsReadAsTheOptionsKind()
    {
        QFETCH(QString, key);
        QFETCH(QString, text);
        QFETCH(QString, shown);
        const auto schema = everything();
        const Schema::Checked checked = schema.parse(key.toStdString(), text.toStdString());
        QCOMPARE(checked.value.has_value(), !shown.isEmpty());
        QCOMPARE(checked.problem.empty(), checked.value.has_value());
        if (checked.value) QCOMPARE(QString::fromStdString(toText(*checked.value)), shown);
    }

    void everyBadValueIsListedWithItsKeyPath()
    {
        const auto schema = everything();
        const OptionSet set{.type = "it", .values = {{"whole", std::int64_t{0}}, {"real", std::string("x")}, {"flagg", true}}};
        const std::vector<Issue> issues = schema.problems(set, "method.");
        QCOMPARE(issues.size(), std::size_t{3});
        QCOMPARE(issues[0].keyPath, std::string("method.flagg"));
        QVERIFY(issues[0].message.find("did you mean 'flag'") != std::string::npos);
        QCOMPARE(issues[1].keyPath, std::string("method.real"));
        QCOMPARE(issues[2].keyPath, std::string("method.whole"));
        QVERIFY(issues[2].message.find("between 1 and 10") != std::string::npos);
        QVERIFY(!thrownBy([&] { schema.read(set); }).empty());
    }

    void aRealSurvivesItsText()
    {
        for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 1e22, 123456789.123456789}) {
            const auto checked = Schema(everything()).parse("numbers", toText(Value(std::vector<double>{value})));
            QVERIFY(checked.value.has_value());
            QCOMPARE(std::get<std::vector<double>>(*checked.value).at(0), value);
        }
    }

    void aMistypedWordFindsItsNeighbour()
    {
        const std::vector<std::string> known = {"temperature", "hidden", "output"};
        QCOMPARE(nearest("temprature", known), std::string("temperature"));
        QCOMPARE(nearest("output", known), std::string("output"));
        QCOMPARE(nearest("zzzzzzzz", known), std::string());
        QCOMPARE(suggestion("zzzzzzzz", known), std::string(" (known: temperature, hidden, output)"));
        QCOMPARE(suggestion("x", {}), std::string());
    }

    void anIssueShowsThePartsThatAreKnown()
    {
        QCOMPARE(describe({.file = "a.yaml", .line = 12, .keyPath = "train.steps", .message = "wrong"}), std::string("a.yaml:12: train.steps: wrong"));
        QCOMPARE(describe({.severity = Issue::Severity::Warning, .message = "odd"}), std::string("warning: odd"));
        QVERIFY(hasErrors({{.message = "wrong"}}));
        QVERIFY(!hasErrors({{.severity = Issue::Severity::Warning, .message = "odd"}}));
    }

    void anErrorSaysWhereWhatAndWhatToDo()
    {
        const Error error("a.bin", "too short: 3 bytes", "Download it again");
        QCOMPARE(std::string(error.what()), std::string("a.bin: too short: 3 bytes. Download it again."));
        QCOMPARE(std::string(error.within("data").what()), std::string("data: a.bin: too short: 3 bytes. Download it again."));
    }

    void aRegistryKeepsItsOrderAndNamesTheNearest()
    {
        const Registry<Entry> registry("method", {{"simclr"}, {"byol"}});
        QCOMPARE(registry.keys(), (std::vector<std::string>{"simclr", "byol"}));
        QCOMPARE(registry.at("byol").key, std::string("byol"));
        QVERIFY(registry.find("simclrr") == nullptr);
        QCOMPARE(thrownBy([&] { registry.at("simclrr"); }), std::string("method: there is no 'simclrr' (did you mean 'simclr'?)."));
    }

    void randomNumbersNeverChange()
    {
        // Runs are replayed from their records: these values are a file format. Made with a SplitMix64 written in Python.
        Rng rng{1, 2, 3};
        QCOMPARE(rng.bits(), std::uint64_t{16728364071895701060u});
        QCOMPARE(rng.bits(), std::uint64_t{8464944250915073940u});
        QCOMPARE(rng.uniform(), 0.46682287555140867);
        QCOMPARE(rng.below(1000), std::int64_t{118});
        QCOMPARE(Rng{7}.permutation(8), (std::vector<std::int64_t>{3, 4, 6, 2, 5, 7, 0, 1}));
        QCOMPARE(Rng{}.bits(), std::uint64_t{7960286522194355700u});
    }

    void streamsOfDifferentKeysAreIndependent()
    {
        // Any two neighbours in any key word: the correlation of 4,096 uniforms stays within 5 standard errors.
        const std::vector<std::pair<Rng, Rng>> neighbours = {
            {Rng{1, 0, 0}, Rng{2, 0, 0}}, {Rng{1, 0, 0}, Rng{1, 1, 0}}, {Rng{1, 0, 0}, Rng{1, 0, 1}}, {Rng{1}, Rng{1, 0}}, {Rng{0, 1}, Rng{1, 0}}};
        for (auto [a, b] : neighbours) {
            double sum = 0;
            for (int i = 0; i < 4096; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12;
            QVERIFY2(std::abs(sum / 4096) < 5.0 / 64, qPrintable(QString::number(sum / 4096)));
        }
    }

    void aCopyContinuesFromTheSamePlace()
    {
        Rng first{5};
        first.bits();
        Rng second = first;
        QCOMPARE(first.bits(), second.bits());
        first.bits();
        QVERIFY(first.bits() != second.bits());
    }

    void uniformNormalAndBelowHaveTheirMoments()
    {
        Rng rng{42};
        const int n = 100'000;
        double uniformSum = 0, normalSum = 0, normalSquares = 0;
        std::vector<int> counts(7);
        for (int i = 0; i < n; ++i) {
            const double u = rng.uniform(-1, 3);
            QVERIFY(u >= -1 && u < 3);
            uniformSum += u;
            const double z = rng.normal();
            normalSum += z;
            normalSquares += z * z;
            ++counts.at(static_cast<std::size_t>(rng.below(7)));
        }
        QVERIFY(std::abs(uniformSum / n - 1) < 0.02);
        QVERIFY(std::abs(normalSum / n) < 0.02);
        QVERIFY(std::abs(normalSquares / n - 1) < 0.03);
        for (const int count : counts) QVERIFY(std::abs(count - n / 7) < 700);
    }

    void aPermutationHoldsEveryNumberOnce()
    {
        for (const std::int64_t n : {0, 1, 2, 1000}) {
            const auto order = Rng{9}.permutation(n);
            const std::set<std::int64_t> seen(order.begin(), order.end());
            QCOMPARE(order.size(), static_cast<std::size_t>(n));
            QCOMPARE(seen.size(), order.size());
            if (n > 0) QVERIFY(*seen.begin() == 0 && *seen.rbegin() == n - 1);
        }
        QVERIFY(Rng{9}.permutation(1000) != Rng{10}.permutation(1000));
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
