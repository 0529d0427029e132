// Weights files: those of the peers, and those that were made to do harm.
#include <QTemporaryDir>
#include <QtTest>

#include <cstring>

#include "core/io/safetensors.h"
#include "core/io/torch_file.h"
#include "core/io/torch_writer.h"
#include "core/io/weights_file.h"
#include "tests/made_files.h"
#include "tests/torch_bytes.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

const std::string kGolden = SELFSIGHT_SOURCE "/tests/golden/";

std::string floats(const std::vector<float>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

const std::string kSix = floats({0, 1, 2, 3, 4, 5});

std::string six(const std::string& type = "FloatStorage")
{
    return made::storage(type, "0", 6);
}

std::string named(const std::string& tensor)
{
    return made::dict(made::text("a") + tensor);
}

}  // namespace

class TestWeightsFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void thePeersCheckpointsOpen_data();
    void thePeersCheckpointsOpen();
    void whatTheProgramWritesItReads();
    void viewsAreLaidOutRowByRow();
    void oldFilesAreReadLikeNewOnes();
    void everythingElseIsInert();
    void tensorsThatCannotBeReadAreNamed();
    void numbersAreConverted();
    void aSharedBranchDoesNotGrow();
    void damagedFilesAreRefused_data();
    void damagedFilesAreRefused();
    void everyCutIsRefused();

private:
    fs::path file(const std::string& name) const { return fs::path(m_folder->path().toStdString()) / name; }
    fs::path made(const std::string& bytes) const
    {
        write(file("made.pth"), bytes);
        return file("made.pth");
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestWeightsFiles::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestWeightsFiles::thePeersCheckpointsOpen_data()
{
    QTest::addColumn<QString>("format");
    QTest::newRow("dino_checkpoint") << "PyTorch archive";
    QTest::newRow("dino_checkpoint_full") << "PyTorch archive";
    QTest::newRow("dino_checkpoint_legacy") << "PyTorch before 1.6";
}

void TestWeightsFiles::thePeersCheckpointsOpen()
{
    const std::string name = QTest::currentDataTag();
    QFETCH(QString, format);
    const WeightsFile weights = WeightsFile::open(kGolden + name + ".pth");
    const SafetensorsFile expected = SafetensorsFile::open(kGolden + name + ".safetensors");
    QCOMPARE(QString::fromStdString(weights.format()), format);
    QVERIFY(weights.unread().empty());
    for (const std::string who : {"student", "teacher"}) {
        std::int64_t count = 0;
        double sum = 0;
        for (const WeightTensor& tensor : weights.tensors()) {
            if (!tensor.name.starts_with(who + '.')) continue;
            ++count;
            for (const float value : weights.values(tensor)) sum += static_cast<double>(value);
        }
        QCOMPARE(count, expected.values<std::int64_t>("out." + who + ".n_tensors").front());
        const double right = expected.values<double>("out." + who + ".sum").front();
        QVERIFY2(std::abs(sum - right) < 1e-9 * (1 + std::abs(right)), qPrintable(QString::number(sum - right)));
    }
    if (name != "dino_checkpoint") QVERIFY(weights.facts().contains("args.arch"));
}

void TestWeightsFiles::whatTheProgramWritesItReads()
{
    const std::vector<float> numbers{1.5f, -2, 3, 4, 5, 6};
    const std::vector<std::int64_t> counts{7};
    const std::vector<std::int16_t> halves{1, 2};
    writeTorchFile(file("a.pt"), {{"w", DType::F32, {2, 3}, std::as_bytes(std::span(numbers))},
                                  {"n", DType::I64, {}, std::as_bytes(std::span(counts))},
                                  {"none", DType::F16, {0, 3}, {}},
                                  {"s", DType::I16, {2}, std::as_bytes(std::span(halves))}},
                   R"({"backbone": "vit", "step": 3})");
    const WeightsFile weights = WeightsFile::open(file("a.pt"));
    QCOMPARE(weights.tensors().size(), std::size_t{4});
    QCOMPARE(weights.values(*weights.find("w")), numbers);
    QCOMPARE(weights.values(*weights.find("n")), std::vector<float>{7});
    QCOMPARE(weights.values(*weights.find("s")), (std::vector<float>{1, 2}));
    QVERIFY(weights.values(*weights.find("none")).empty());
    QCOMPARE(weights.facts(), (std::map<std::string, std::string>{{"backbone", "vit"}}));
}

void TestWeightsFiles::viewsAreLaidOutRowByRow()
{
    const auto values = [this](std::int64_t offset, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
        const WeightsFile weights = WeightsFile::open(made(made::archive(named(made::tensor(six(), offset, shape, strides)), kSix)));
        return weights.values(weights.tensors().front());
    };
    QCOMPARE(values(0, {3, 2}, {1, 3}), (std::vector<float>{0, 3, 1, 4, 2, 5}));
    QCOMPARE(values(1, {2, 2}, {3, 1}), (std::vector<float>{1, 2, 4, 5}));
    QCOMPARE(values(5, {3}, {0}), (std::vector<float>{5, 5, 5}));
    QCOMPARE(values(2, {}, {}), (std::vector<float>{2}));
    QCOMPARE(values(6, {0}, {1}), (std::vector<float>{}));
    QCOMPARE(values(1, {1, 2}, {INT64_MAX, 1}), (std::vector<float>{1, 2}));
}

void TestWeightsFiles::oldFilesAreReadLikeNewOnes()
{
    const WeightsFile plain = WeightsFile::open(made(made::legacy(named(made::tensor(six(), 1, {2, 2}, {3, 1})), 6, kSix)));
    QCOMPARE(plain.values(*plain.find("a")), (std::vector<float>{1, 2, 4, 5}));
    const std::string view = made::storage("FloatStorage", "0", 6, made::tuple(made::text("7") + made::integer(2) + made::integer(3)));
    const WeightsFile within = WeightsFile::open(made(made::legacy(named(made::tensor(view, 0, {3}, {1})), 6, kSix)));
    QCOMPARE(within.values(*within.find("a")), (std::vector<float>{2, 3, 4}));
}

/// A pickle that would run a command if it were obeyed.
void TestWeightsFiles::everythingElseIsInert()
{
    const std::string harm = file("harm").string();
    const std::string command = made::global("os", "system") + made::tuple(made::text("touch " + harm)) + 'R';
    const std::string options = made::global("argparse", "Namespace") + ")\x81" + made::dict(made::text("arch") + made::text("vit_small") + made::text("lr") + "K\x05") + 'b';
    const std::string loop = made::text("loop") + "]q\x07h\x07" + "a";
    const WeightsFile weights = WeightsFile::open(
        made(made::archive(made::dict(made::text("run") + command + made::text("args") + options + loop + made::text("a") + made::tensor(six(), 0, {6}, {1})), kSix)));
    QVERIFY(!fs::exists(harm));
    QCOMPARE(weights.tensors().size(), std::size_t{1});
    QCOMPARE(weights.facts().at("args.arch"), std::string("vit_small"));
    QCOMPARE(weights.facts().at("args.lr"), std::string("5"));
}

void TestWeightsFiles::tensorsThatCannotBeReadAreNamed()
{
    const std::string complex = made::tensor(made::storage("ComplexFloatStorage", "0", 3), 0, {3}, {1});
    const std::string quantised = made::global("torch._utils", "_rebuild_qtensor") + made::tuple("N") + 'R';
    const WeightsFile weights = WeightsFile::open(made(made::archive(made::dict(made::text("c") + complex + made::text("q") + quantised), kSix)));
    QVERIFY(weights.tensors().empty());
    QCOMPARE(weights.unread().size(), std::size_t{2});
    QCOMPARE(weights.unread()[0], (std::pair<std::string, std::string>{"c", "is of complex64, which is not read"}));
    QCOMPARE(weights.unread()[1], (std::pair<std::string, std::string>{"q", "is quantised"}));
}

void TestWeightsFiles::numbersAreConverted()
{
    const auto values = [this](const std::string& type, const std::string& numbers, std::int64_t count) {
        const WeightsFile weights = WeightsFile::open(made(made::archive(named(made::tensor(made::storage(type, "0", count), 0, {count}, {1})), numbers)));
        return weights.values(weights.tensors().front());
    };
    QCOMPARE(values("HalfStorage", std::string("\x00\x3c\x00\xc0", 4), 2), (std::vector<float>{1, -2}));
    QCOMPARE(values("BFloat16Storage", std::string("\x80\x3f\x00\xc0", 4), 2), (std::vector<float>{1, -2}));
    QCOMPARE(values("DoubleStorage", std::string("\0\0\0\0\0\0\xf8\x3f", 8), 1), (std::vector<float>{1.5f}));
    QCOMPARE(values("ShortStorage", std::string("\xff\xff\x02\x00", 4), 2), (std::vector<float>{-1, 2}));
    QCOMPARE(values("CharStorage", "\xff\x02", 2), (std::vector<float>{-1, 2}));
    QCOMPARE(values("ByteStorage", "\xff\x02", 2), (std::vector<float>{255, 2}));
    QCOMPARE(values("BoolStorage", std::string("\x00\x01", 2), 2), (std::vector<float>{0, 1}));
}

/// Forty lists, each of them twice the one before: a million million ways to the innermost.
void TestWeightsFiles::aSharedBranchDoesNotGrow()
{
    std::string lists = "]q" + std::string(1, '\0');
    for (char i = 0; i < 40; ++i) lists += std::string("](h") + i + "h" + i + "eq" + static_cast<char>(i + 1);
    QVERIFY(errorOf([&] { TorchFile::open(made(made::archive(lists, kSix))); }).contains("refers to its values more than"));
}

void TestWeightsFiles::damagedFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& bytes, const char* words) { QTest::newRow(name) << QByteArray::fromStdString(bytes) << words; };
    const auto tensor = [&row](const char* name, const std::string& described, const char* words) {
        row(name, made::archive(named(described), kSix), words);
        row((std::string(name) + ", old form").c_str(), made::legacy(named(described), 6, kSix), words);
    };
    row("empty", "", "is empty");
    row("a text", "hello, these are no weights", "no weights in a form that is known");
    row("a web page", "<!DOCTYPE html>", "web page");
    row("a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "pointer of Git LFS");
    row("another pickle", made::pickle("}"), "not one that torch.save() wrote");
    row("no tensors", made::archive("}", kSix), "holds no tensors");

    const std::string good = made::pickle(named(made::tensor(six(), 0, {6}, {1})));
    row("another zip", made::zipArchive({{"a/b", "x"}}), "no data.pkl");
    row("no storage", made::zipArchive({{"a/data.pkl", good}}), "holds no 'a/data/0'");
    row("storage too small", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", "x"}}), "has 1 bytes, where 24 are described");
    row("a bomb", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", "x", 8}}), "is compressed or encrypted");
    row("a compressed pickle", made::zipArchive({{"a/data.pkl", good, 8}, {"a/data/0", kSix}}), "is compressed or encrypted");
    row("a member beyond the end", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", kSix, 0, 0x7fffffff}}), "which it does not hold");
    row("a member of another place", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", kSix, 0, -1, 3}}), "is not where it should be");
    row("a member from beyond", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", kSix, 0, -1, 0x7fffffff}}), "lies outside of it");
    row("members overlap", made::zipArchive({{"a/data.pkl", good}, {"a/data/0", kSix, 0, -1, 0}}), "overlap");
    row("a name twice", made::zipArchive({{"a/data.pkl", good}, {"a/data.pkl", good}}), "comes twice");
    row("big-endian", made::zipArchive({{"a/data.pkl", good}, {"a/byteorder", "big"}, {"a/data/0", kSix}}), "big-endian");

    const auto pickled = [&row](const char* name, const std::string& value, const char* words) { row(name, made::archive(value, kSix), words); };
    pickled("no instruction", "\xff", "0xff is no instruction");
    pickled("code by number", "\x82\x01", "names code by a number");
    pickled("a later protocol", "\x80\x09", "protocol 9 is not known");
    pickled("nothing to take", "R", "takes a value where there is none");
    pickled("no mark", "t", "a mark that was never set");
    pickled("nothing under a mark", "N(0R", "takes a value where there is none");
    pickled("not remembered", "h\x05", "never remembered");
    pickled("a key without a value", "}(Nu", "a key without a value");
    pickled("appended to a number", "K\x01Na", "what is no list");
    pickled("items of a list", "](NNu", "what is no dictionary");
    pickled("a text of 4 GB", std::string("X\xff\xff\xff\xff", 5) + "a", "more than 268435456 bytes of text");
    pickled("a text of 2^60 bytes", std::string("\x8d\0\0\0\0\0\0\0\x10", 9), "more than 268435456 bytes of text");
    pickled("a text beyond the end", std::string("X\xff\x00\x00\x00", 5) + "abc", "announces 255 bytes");
    pickled("no number", "Ihello\n", "is no number");
    pickled("an endless line", "I" + std::string(100'000, '1'), "a line of more than");
    pickled("deep", [] {
        std::string deep;
        for (int i = 0; i < 5000; ++i) deep += "]";
        return deep + std::string(4999, 'a');
    }(), "nested more than 100 deep");
    pickled("breaks off", "}(", "takes a value where there is none");

    tensor("negative size", made::tensor(six(), 0, {-1}, {1}), "negative");
    tensor("negative stride", made::tensor(six(), 0, {3}, {-1}), "negative");
    tensor("negative offset", made::tensor(six(), -1, {3}, {1}), "begins at element -1");
    tensor("too many elements", made::tensor(six(), 0, {7}, {1}), "reaches to element 6");
    tensor("too far a stride", made::tensor(six(), 0, {2}, {6}), "reaches to element 6");
    tensor("too far an offset", made::tensor(six(), 6, {1}, {1}), "reaches to element 6");
    tensor("wider than its storage", made::tensor(made::storage("ByteStorage", "0", 6), 0, {7}, {1}), "reaches to element 6");
    tensor("size overflows", made::tensor(six(), 0, {INT64_MAX, INT64_MAX, 4}, {0, 0, 0}), "is too large");
    tensor("stride overflows", made::tensor(six(), 0, {3, 3}, {INT64_MAX, INT64_MAX}), "is too large");
    tensor("empty but endless", made::tensor(six(), 0, {INT64_MAX, INT64_MAX, 0}, {0, 0, 0}), "is too large");
    tensor("repeated without end", made::tensor(six(), 0, {1'000'000, 1'000'000}, {0, 0}), "would repeat its 24 bytes");
    tensor("sizes and strides", made::tensor(six(), 0, {2, 3}, {1}), "2 sizes and 1 strides");
    tensor("negative storage", made::tensor(made::storage("FloatStorage", "0", -6), 0, {1}, {1}), "would have -6 elements");
    tensor("huge storage", made::tensor(made::storage("FloatStorage", "0", INT64_MAX), 0, {1}, {1}), "elements");
    tensor("no arguments", made::global("torch._utils", "_rebuild_tensor_v2") + ")R", "makes no sense");
    tensor("wrong arguments", made::global("torch._utils", "_rebuild_tensor_v2") + made::tuple("NNNNNN") + 'R', "makes no sense");
    tensor("a parameter of nothing", made::global("torch._utils", "_rebuild_parameter") + made::tuple("N") + 'R', "makes no sense");

    row("old form, another count", made::legacy(named(made::tensor(six(), 0, {6}, {1})), 5, kSix), "holds 5 elements, where 6 are described");
    row("old form, cut off", made::legacy(named(made::tensor(six(), 0, {6}, {1})), 6, kSix.substr(1)), "ends too early");
    row("old form, another storage", made::legacy(named(made::tensor(made::storage("FloatStorage", "1", 6), 0, {6}, {1})), 6, kSix), "nothing refers to");
}

void TestWeightsFiles::damagedFilesAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    const fs::path path = made(bytes.toStdString());
    const QString text = errorOf([&] { WeightsFile::open(path); });
    QVERIFY2(text.contains(words), qPrintable(text));
    QVERIFY(text.startsWith(QString::fromStdString(path.string())));
    QVERIFY2(!text.contains('\n'), "one sentence");
}

void TestWeightsFiles::everyCutIsRefused()
{
    const std::string value = named(made::tensor(six(), 0, {6}, {1}));
    for (const std::string& whole : {made::archive(value, kSix), made::legacy(value, 6, kSix)})
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const fs::path path = made(whole.substr(0, length));
            QVERIFY2(!errorOf([&] { WeightsFile::open(path); }).isEmpty(), qPrintable(QString::number(length)));
        }
}

QTEST_GUILESS_MAIN(TestWeightsFiles)
#include "tst_weights_files.moc"
