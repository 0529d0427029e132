// File formats, and the files that go wrong.
#include <QTemporaryDir>
#include <QtTest>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>

#include "core/io/float16.h"
#include "core/io/idx.h"
#include "core/io/npy.h"
#include "core/io/safetensors.h"
#include "core/io/wav.h"
#include "tests/made_files.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

std::string safetensorsBytes(const std::string& header, const std::string& data)
{
    const std::uint64_t size = header.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header + data;
}

template <class T>
TensorSource source(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    return {name, dtype, std::move(shape), std::as_bytes(std::span(values))};
}

}  // namespace

class TestIo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void aFileIsReplacedAsAWhole();
    void aFileThatIsNotCommittedLeavesTheOldOne();
    void aFolderThatCannotBeWrittenIsNamed();
    void aFullDiskLeavesTheOldFile();
    void aKilledWriterLeavesAWholeFile();
    void aFileLargerThanExpectedIsRefused();

    void halfPrecisionNumbersComeBack();
    void tensorsComeBackAsWritten();
    void theGoldenFilesOpen();
    void hostileTensorFilesAreRefused_data();
    void hostileTensorFilesAreRefused();
    void tensorsThatDoNotFitTheirShapeAreNotWritten();
    void numpyArraysComeBackAsWritten();
    void numpyArraysOfOtherKindsAreRefused_data();
    void numpyArraysOfOtherKindsAreRefused();

    void idxFilesAreReadPlainAndCompressed();
    void aTruncatedIdxFileIsNamedWithItsByteCounts();
    void wrongIdxHeadersAreRefused_data();
    void wrongIdxHeadersAreRefused();

    void everyCodingOfASoundGivesTheSameSamples_data();
    void everyCodingOfASoundGivesTheSameSamples();
    void chunksOfOtherKindsAreSkipped();
    void channelsAreMixedDown();
    void wrongWavFilesAreRefused_data();
    void wrongWavFilesAreRefused();

private:
    fs::path file(const char* name) const { return fs::path(m_folder->path().toStdString()) / name; }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestIo::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

// ---- core/io: files -------------------------------------------------------------------------------------------------

void TestIo::aFileIsReplacedAsAWhole()
{
    writeAtomically(file("a"), "old");
    AtomicFile next(file("a"));
    next.write("new ");
    next.write("text");
    QCOMPARE(contents(file("a")), std::string("old"));
    next.commit();
    QCOMPARE(contents(file("a")), std::string("new text"));
    QCOMPARE(std::distance(fs::directory_iterator(file("")), {}), 1);
}

void TestIo::aFileThatIsNotCommittedLeavesTheOldOne()
{
    writeAtomically(file("a"), "old");
    {
        AtomicFile(file("a")).write("new");
    }
    QCOMPARE(contents(file("a")), std::string("old"));
    QCOMPARE(std::distance(fs::directory_iterator(file("")), {}), 1);
}

void TestIo::aFolderThatCannotBeWrittenIsNamed()
{
    write(file("plain"), "a file");
    const QString error = errorOf([&] { writeAtomically(file("plain/a"), "text"); });
    QVERIFY2(error.contains("plain/a") && error.contains("Not a directory"), qPrintable(error));
    QVERIFY(errorOf([&] { writeAtomically(file("none/a"), "text"); }).contains("No such file or directory"));
    QVERIFY(errorOf([&] { writeAtomically(file(""), "text"); }).contains("is a folder"));
}

void TestIo::aFullDiskLeavesTheOldFile()
{
    QVERIFY(errorOf([] { writeAtomically("/dev/full", "text"); }).contains("No space left on device"));

    // A limit on file sizes fails in the middle of a file, as a disk does.
    writeAtomically(file("a"), "old");
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10'000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    const QString error = errorOf([&] { writeAtomically(file("a"), std::string(100'000, 'x')); });
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    QVERIFY2(error.contains("File too large") && error.contains("untouched"), qPrintable(error));
    QCOMPARE(contents(file("a")), std::string("old"));
    QCOMPARE(std::distance(fs::directory_iterator(file("")), {}), 1);
}

void TestIo::aKilledWriterLeavesAWholeFile()
{
    constexpr std::size_t kSize = 300'000;
    writeAtomically(file("a"), std::string(kSize, 'a'));
    for (int round = 0; round < 8; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            for (char letter = 'b';; letter = letter == 'z' ? 'b' : static_cast<char>(letter + 1))
                writeAtomically(file("a"), std::string(kSize, letter));
        }
        usleep(static_cast<useconds_t>(2'000 + 3'100 * round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const std::string text = contents(file("a"));
        QCOMPARE(text, std::string(kSize, text.at(0)));
    }
}

void TestIo::aFileLargerThanExpectedIsRefused()
{
    write(file("a"), std::string(1000, 'x'));
    QCOMPARE(readFile(file("a"), 1000).size(), std::size_t{1000});
    QVERIFY(errorOf([&] { readFile(file("a"), 999); }).contains("larger than the 999 bytes"));
    QVERIFY(errorOf([&] { readFile(file("none"), 999); }).contains("No such file"));
    QVERIFY(errorOf([&] { readFile(file(""), 999); }).contains("directory"));
}

// ---- core/io: arrays ------------------------------------------------------------------------------------------------

void TestIo::halfPrecisionNumbersComeBack()
{
    for (int bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float number = fromHalf(half);
        if (std::isnan(number)) QVERIFY(std::isnan(fromHalf(toHalf(number))));
        else QCOMPARE(toHalf(number), half);
    }
    QCOMPARE(fromHalf(0x3C01), 1.0f + 1.0f / 1024);
    QCOMPARE(toHalf(1.0f + 1.0f / 2048), std::uint16_t{0x3C00});  // a tie goes to the even one
    QCOMPARE(toHalf(1.0f + 3.0f / 2048), std::uint16_t{0x3C02});
    QCOMPARE(toHalf(65519.0f), std::uint16_t{0x7BFF});
    QCOMPARE(toHalf(65520.0f), std::uint16_t{0x7C00});
}

void TestIo::tensorsComeBackAsWritten()
{
    const std::vector<std::uint8_t> bytes{1, 2, 3};
    const std::vector<float> floats{1.5f, -2, 3, 4, 5, 6};
    const std::vector<double> scalar{0.1};
    const std::vector<std::int64_t> whole{-1, std::int64_t{1} << 40};
    const std::vector<std::uint16_t> halfs{toHalf(0.5f), toHalf(-3.0f)};
    const std::vector<float> none;
    writeSafetensors(file("t"),
                     {source("bytes", DType::U8, {3}, bytes), source("floats", DType::F32, {2, 3}, floats),
                      source("scalar", DType::F64, {}, scalar), source("whole", DType::I64, {2}, whole),
                      source("halfs", DType::F16, {2}, halfs), source("none", DType::F32, {0, 4}, none)},
                     {{"kind", "test"}, {"quote\"", "\xff not UTF-8"}});

    const SafetensorsFile tensors = SafetensorsFile::open(file("t"));
    QCOMPARE(tensors.metadata().at("kind"), std::string("test"));
    QCOMPARE(tensors.tensors().size(), std::size_t{6});
    for (const TensorInfo& tensor : tensors.tensors()) QVERIFY(tensor.offset % bytesOf(tensor.dtype) == 0);
    QCOMPARE(tensors.values<float>("floats"), floats);
    QCOMPARE(tensors.at("floats").shape, (std::vector<std::int64_t>{2, 3}));
    QCOMPARE(tensors.values<double>("scalar"), scalar);
    QCOMPARE(tensors.values<std::int64_t>("whole"), whole);
    QCOMPARE(tensors.values<double>("halfs"), (std::vector<double>{0.5, -3}));
    QCOMPARE(tensors.values<std::int64_t>("bytes"), (std::vector<std::int64_t>{1, 2, 3}));
    QVERIFY(tensors.values<float>("none").empty());
    QVERIFY(errorOf([&] { tensors.values<std::int64_t>("floats"); }).contains("whole numbers"));
    QVERIFY(errorOf([&] { tensors.values<float>("float"); }).contains("did you mean 'floats'"));
}

void TestIo::theGoldenFilesOpen()
{
    int files = 0;
    for (const auto& entry : fs::directory_iterator(SELFSIGHT_SOURCE "/tests/golden")) {
        if (entry.path().extension() != ".safetensors") continue;
        const SafetensorsFile tensors = SafetensorsFile::open(entry.path());
        for (const TensorInfo& tensor : tensors.tensors())
            QCOMPARE(static_cast<std::int64_t>(tensors.values<double>(tensor.name).size()), tensor.count());
        ++files;
    }
    QVERIFY(files > 50);
}

void TestIo::hostileTensorFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& bytes, const char* words) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << words;
    };
    const std::string four(4, 'x');
    const auto one = [](const std::string& dtype, const std::string& shape, const std::string& range) {
        return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + range + "}}";
    };
    row("empty", "", "too short");
    row("no header", "12345", "too short");
    row("huge header", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) + "{}", "header would have");
    row("header longer than the file", std::string("\x09\0\0\0\0\0\0\0{}", 10), "cut off");
    row("not JSON", safetensorsBytes("hello", ""), "does not start with '{'");
    row("broken JSON", safetensorsBytes(R"({"a":)", ""), "header is damaged");
    row("deep JSON", safetensorsBytes(std::string(R"({"a":)").append(100'000, '['), ""), "nested too deeply");
    row("entry is no object", safetensorsBytes(R"({"a":3})", ""), "not an object");
    row("no offsets", safetensorsBytes(R"({"a":{"dtype":"F32","shape":[1]}})", four), "needs dtype, shape and data_offsets");
    row("unknown dtype", safetensorsBytes(one("F99", "[1]", "[0,4]"), four), "not supported");
    row("dtype is a number", safetensorsBytes(R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", four), "not supported");
    row("negative extent", safetensorsBytes(one("F32", "[-1]", "[0,4]"), four), "not a list of sizes");
    row("fractional extent", safetensorsBytes(one("F32", "[0.5]", "[0,4]"), four), "not a list of sizes");
    row("size overflows", safetensorsBytes(one("F32", "[4611686018427387905,4]", "[0,16]"), std::string(16, 'x')),
        "does not fill");
    row("shape larger than range", safetensorsBytes(one("F32", "[2]", "[0,4]"), four), "does not fill");
    row("range backwards", safetensorsBytes(one("F32", "[1]", "[4,0]"), four), "not a range");
    row("three offsets", safetensorsBytes(one("F32", "[1]", "[0,4,8]"), four), "not a range");
    row("range beyond the file", safetensorsBytes(one("F32", "[2]", "[0,8]"), four), "8 bytes of data, the file holds 4");
    row("stray tail bytes", safetensorsBytes(one("F32", "[1]", "[0,4]"), four + four), "4 bytes of data, the file holds 8");
    row("hole", safetensorsBytes(one("F32", "[1]", "[4,8]"), four + four), "a hole or an overlap");
    row("overlap",
        safetensorsBytes(
            R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})", four),
        "a hole or an overlap");
    row("metadata is no map", safetensorsBytes(R"({"__metadata__":{"a":1}})", ""), "header is damaged");
}

void TestIo::hostileTensorFilesAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    write(file("hostile.safetensors"), bytes.toStdString());
    const QString error = errorOf([&] { SafetensorsFile::open(file("hostile.safetensors")); });
    QVERIFY2(error.contains("hostile.safetensors") && error.contains(words), qPrintable(error));
}

void TestIo::tensorsThatDoNotFitTheirShapeAreNotWritten()
{
    const std::vector<float> two{1, 2};
    QVERIFY(errorOf([&] { writeSafetensors(file("t"), {source("a", DType::F32, {3}, two)}); }).contains("'a' has 8 bytes"));
    QVERIFY(errorOf([&] {
                writeSafetensors(file("t"), {source("a", DType::F32, {2}, two), source("a", DType::F32, {2}, two)});
            }).contains("comes twice"));
    QVERIFY(!fs::exists(file("t")));
}

void TestIo::numpyArraysComeBackAsWritten()
{
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{6}, {2, 3}, {1, 2, 3}}) {
        writeNpy(file("a.npy"), DType::F32, shape, std::as_bytes(std::span(values)));
        QCOMPARE(contents(file("a.npy")).size() % 64, std::size_t{24});  // the data starts at a multiple of 64
        const NpyArray array = readNpy(file("a.npy"));
        QCOMPARE(array.shape, shape);
        QCOMPARE(array.values<double>(), std::vector<double>(values.begin(), values.end()));
    }
    const std::vector<std::int64_t> scalar{-7};
    writeNpy(file("s.npy"), DType::I64, {}, std::as_bytes(std::span(scalar)));
    QCOMPARE(readNpy(file("s.npy")).values<std::int64_t>(), scalar);
}

void TestIo::numpyArraysOfOtherKindsAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& header, std::size_t dataBytes, const char* words) {
        const std::string length{static_cast<char>(header.size()), '\0'};
        QTest::newRow(name) << QByteArray::fromStdString(std::string("\x93NUMPY\x01\x00", 8) + length + header +
                                                         std::string(dataBytes, 'x'))
                            << words;
    };
    row("cut off", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 8,
        "holds 8 bytes of data where its shape needs 12");
    row("too long", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 16, "needs 12");
    row("overflow", "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4), }", 16,
        "more than can be addressed");
    row("Fortran order", "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", 8, "ascontiguousarray");
    row("pickled objects", "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", 8, "elements of type '|O'");
    row("big-endian", "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", 8, "elements of type '>f4'");
    row("structured", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8, "cannot be read");
    row("no shape", "{'descr': '<f4', 'fortran_order': False, }", 8, "no 'shape'");
    row("bad shape", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, "shape is damaged");
    QTest::newRow("other file") << QByteArray("PK\x03\x04 this is an npz") << "no .npy file";
}

void TestIo::numpyArraysOfOtherKindsAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    write(file("other.npy"), bytes.toStdString());
    const QString error = errorOf([&] { readNpy(file("other.npy")); });
    QVERIFY2(error.contains("other.npy") && error.contains(words), qPrintable(error));
}

// ---- IDX ------------------------------------------------------------------------------------------------------------

void TestIo::idxFilesAreReadPlainAndCompressed()
{
    const std::string bytes = idxImages(3, 4, 5);
    write(file("plain"), bytes);
    writeGz(file("packed.gz"), bytes);
    for (const char* name : {"plain", "packed.gz"}) {
        const IdxArray array = readIdx(file(name), 3);
        QCOMPARE(array.shape, (std::vector<std::int64_t>{3, 4, 5}));
        QCOMPARE(std::string(array.values.begin(), array.values.end()), bytes.substr(16));
    }
}

void TestIo::aTruncatedIdxFileIsNamedWithItsByteCounts()
{
    const std::string bytes = idxImages(3, 4, 5);
    write(file("plain"), bytes.substr(0, 40));
    QString error = errorOf([&] { readIdx(file("plain"), 3); });
    QVERIFY2(error.contains("plain") && error.contains("60 bytes") && error.contains("holds 24"), qPrintable(error));

    writeGz(file("packed.gz"), idxImages(100, 20, 20));
    const std::string packed = contents(file("packed.gz"));
    write(file("packed.gz"), packed.substr(0, packed.size() / 2));
    error = errorOf([&] { readIdx(file("packed.gz"), 3); });
    QVERIFY2(error.contains("packed.gz") && error.contains("40000 bytes") && error.contains("cut off"), qPrintable(error));

    std::string damaged = packed;
    for (std::size_t i = 2000; i < 2100; ++i) damaged[i] = static_cast<char>(~damaged[i]);
    write(file("packed.gz"), damaged);
    QVERIFY(errorOf([&] { readIdx(file("packed.gz"), 3); }).contains("packed.gz: is damaged"));
}

void TestIo::wrongIdxHeadersAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& bytes, const char* words) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << words;
    };
    row("empty", "", "too short");
    row("labels in place of images", idxLabels("abc"), "starts with 00000801");
    row("text", "hello, world", "starts with 68656c6c");
    row("header cut off", idxImages(1, 2, 2).substr(0, 10), "within its header");
    row("sizes overflow", bigEndian(0x803) + bigEndian(0xFFFFFFFF) + bigEndian(0xFFFFFFFF) + bigEndian(0xFFFFFFFF), "too large");
    row("more than promised", idxImages(1, 2, 2) + "x", "goes on after the 4 bytes");
}

void TestIo::wrongIdxHeadersAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    write(file("wrong"), bytes.toStdString());
    const QString error = errorOf([&] { readIdx(file("wrong"), 3); });
    QVERIFY2(error.contains("wrong: ") && error.contains(words), qPrintable(error));
}

// ---- WAV ------------------------------------------------------------------------------------------------------------

void TestIo::everyCodingOfASoundGivesTheSameSamples_data()
{
    QTest::addColumn<int>("coding");
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("extensible");
    for (const bool extensible : {false, true}) {
        for (const int bits : {8, 16, 24, 32}) QTest::addRow("PCM %d%s", bits, extensible ? " extensible" : "") << 1 << bits << extensible;
        QTest::addRow("float%s", extensible ? " extensible" : "") << 3 << 32 << extensible;
    }
}

void TestIo::everyCodingOfASoundGivesTheSameSamples()
{
    QFETCH(int, coding);
    QFETCH(int, bits);
    QFETCH(bool, extensible);
    const std::vector<float> expected = {0, 0.5f, -0.25f, -1, 0.75f};
    std::string data;
    for (const float sample : expected) {
        std::uint32_t word = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::ldexp(static_cast<double>(sample), bits - 1)));
        if (bits == 8) word += 128;
        if (coding == 3) std::memcpy(&word, &sample, sizeof word);
        data += littleEndian(word, bits / 8);
    }
    const auto wordOf = [](int number) { return static_cast<std::uint32_t>(number); };
    std::string format = wavFormat(wordOf(extensible ? 0xFFFE : coding), 1, 16000, wordOf(bits));
    if (extensible) {
        const std::string guid = littleEndian(wordOf(coding), 2) + std::string("\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 14);
        format = wavChunk("fmt ", format.substr(8) + littleEndian(22, 2) + littleEndian(wordOf(bits), 2) + littleEndian(4, 4) + guid);
    }
    write(file("a.wav"), wavFile(format + wavChunk("data", data)));
    const Wav wav = readWav(file("a.wav"));
    QCOMPARE(wav.rate, 16000);
    QCOMPARE(wav.samples, expected);
}

void TestIo::chunksOfOtherKindsAreSkipped()
{
    const std::string format = wavFormat(1, 1, 8000, 16), data = wavChunk("data", littleEndian(0x4000, 2));
    write(file("a.wav"), wavFile(wavChunk("LIST", "odd") + format + wavChunk("fact", "1234") + data + wavChunk("id3 ", "after")));
    QCOMPARE(readWav(file("a.wav")).samples, std::vector<float>{0.5f});
    const WavHeader header = readWavHeader(file("a.wav"));
    QCOMPARE(header.frames, 1);
    QCOMPARE(header.rate, 8000);
}

void TestIo::channelsAreMixedDown()
{
    std::string data;
    for (const std::uint32_t sample : {0x4000u, 0x2000u, 0xC000u, 0x4000u}) data += littleEndian(sample, 2);
    write(file("a.wav"), wavFile(wavFormat(1, 2, 44100, 16) + wavChunk("data", data)));
    QCOMPARE(readWav(file("a.wav")).samples, (std::vector<float>{0.375f, 0}));
}

void TestIo::wrongWavFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& bytes, const char* words) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << words;
    };
    const std::string good = wavFormat(1, 1, 8000, 16), sound = wavChunk("data", "abcdefgh");
    const auto promised = [](std::uint32_t bytes) { return "data" + littleEndian(bytes, 4) + "abcd"; };
    const auto floats = [](std::uint32_t word) { return wavFile(wavFormat(3, 1, 8000, 32) + wavChunk("data", littleEndian(word, 4))); };
    row("empty", "", "too short for a WAV file: 0 bytes");
    row("text", "hello, world, this is text", "starts with 'hell'");
    row("big-endian", "RIFX" + wavFile(good + sound).substr(4), "starts with 'RIFX'");
    row("no chunks", wavFile(""), "no 'data' chunk");
    row("no sound", wavFile(good + wavChunk("data", "")), "holds no sound");
    row("no data", wavFile(good), "no 'data' chunk");
    row("no format", wavFile(sound), "sound before its format");
    row("cut off", wavFile(good + promised(1000)), "promises 1000 bytes of sound, it holds 4");
    row("of unknown length", wavFile(good + promised(0xFFFFFFFF)), "promises 4294967295 bytes");
    row("half a frame", wavFile(good + wavChunk("data", "abc")), "not whole frames of 2");
    row("format cut off", wavFile("fmt " + littleEndian(16, 4) + "abc"), "cut off within its header");
    row("short format", wavFile(wavChunk("fmt ", "12345678") + sound), "cut off within its header");
    row("endless chunk", wavFile("LIST" + littleEndian(0xFFFFFFF0, 4) + good + sound), "no 'data' chunk");
    row("ADPCM", wavFile(wavFormat(2, 1, 8000, 16) + sound), "coded as number 2");
    row("12 bits", wavFile(wavFormat(1, 1, 8000, 12) + sound), "with 12 bits");
    row("double precision", wavFile(wavFormat(3, 1, 8000, 64) + sound), "with 64 bits");
    row("no channel", wavFile(wavFormat(1, 0, 8000, 16) + sound), "0 channels");
    row("a thousand channels", wavFile(wavFormat(1, 1000, 8000, 16) + sound), "1000 channels");
    row("no rate", wavFile(wavFormat(1, 1, 0, 16) + sound), "0 Hz");
    row("absurd rate", wavFile(wavFormat(1, 1, 4000000000u, 16) + sound), "4000000000 Hz");
    row("extended without its end", wavFile(wavFormat(0xFFFE, 1, 8000, 16) + sound), "extended header");
    row("not a number", floats(0x7FC00000), "no sound");
    row("infinite", floats(0x7F800000), "no sound");
    row("too loud", floats(0x7E000000), "no sound");
}

void TestIo::wrongWavFilesAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    write(file("wrong.wav"), bytes.toStdString());
    const QString error = errorOf([&] { readWav(file("wrong.wav")); });
    QVERIFY2(error.contains("wrong.wav: ") && error.contains(words), qPrintable(error));
    QVERIFY(errorOf([&] { readWav(file("none.wav")); }).contains("No such file"));
    QVERIFY(!errorOf([&] { readWav(file("")); }).isEmpty());
}

QTEST_GUILESS_MAIN(TestIo)
#include "tst_io.moc"
