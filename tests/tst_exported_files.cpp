// The files that other programs open, byte by byte: event files, PyTorch's zip, PNG, CSV, and folders that appear as a whole.
#include <QImage>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/stat.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/io/atomic_folder.h"
#include "core/io/csv.h"
#include "core/io/event_file.h"
#include "core/io/png.h"
#include "core/io/torch_writer.h"
#include "tests/made_files.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

std::uint64_t number(const std::string& bytes, std::size_t at, int count)
{
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)))} << (8 * i);
    return value;
}

QByteArray hex(const std::string& bytes)
{
    return QByteArray::fromStdString(bytes).toHex();
}

struct ZipMember {
    std::string data;
    std::size_t start = 0;
};

/// What the central directory lists, checked against the local headers.
std::map<std::string, ZipMember> zipMembers(const std::string& bytes)
{
    std::map<std::string, ZipMember> members;
    const std::size_t end = bytes.size() - 22;
    if (number(bytes, end, 4) != 0x06054b50) throw Error("zip", "no end record");
    std::size_t at = number(bytes, end + 16, 4);
    for (std::uint64_t left = number(bytes, end + 10, 2); left > 0; --left) {
        if (number(bytes, at, 4) != 0x02014b50) throw Error("zip", "no directory entry");
        const std::string name = bytes.substr(at + 46, number(bytes, at + 28, 2));
        const std::size_t local = number(bytes, at + 42, 4), size = number(bytes, at + 24, 4);
        if (number(bytes, local, 4) != 0x04034b50 || number(bytes, local + 8, 2) != 0) throw Error(name, "is not stored");
        if (bytes.substr(local + 4, 24) != bytes.substr(at + 6, 24)) throw Error(name, "its two headers differ");
        ZipMember member;
        member.start = local + 30 + number(bytes, local + 26, 2) + number(bytes, local + 28, 2);
        member.data = bytes.substr(member.start, size);
        const auto* data = reinterpret_cast<const Bytef*>(member.data.data());
        if (crc32(0, data, static_cast<uInt>(size)) != number(bytes, at + 16, 4)) throw Error(name, "has a wrong checksum");
        members[name] = member;
        at += 46 + name.size();
    }
    return members;
}

/// Runs a state dict's pickle: every value as text, tuples in parentheses, calls as NAME(...).
std::string unpickled(const std::string& pickle)
{
    std::vector<std::string> stack;
    std::vector<std::size_t> marks;
    const auto take = [&stack] {
        std::string top = stack.back();
        stack.pop_back();
        return top;
    };
    const auto sinceMark = [&] {
        std::string joined;
        for (std::size_t i = marks.back(); i < stack.size(); ++i) joined += (joined.empty() ? "" : ",") + stack[i];
        stack.resize(marks.back());
        marks.pop_back();
        return joined;
    };
    for (std::size_t at = 2; at < pickle.size();) {
        const auto code = static_cast<unsigned char>(pickle[at++]);
        if (code == 'c') {
            const std::size_t line = pickle.find('\n', at), next = pickle.find('\n', line + 1);
            stack.push_back(pickle.substr(at, line - at) + '.' + pickle.substr(line + 1, next - line - 1));
            at = next + 1;
        } else if (code == '(') marks.push_back(stack.size());
        else if (code == 't') stack.push_back('(' + sinceMark() + ')');
        else if (code == ')') stack.push_back("()");
        else if (code == 'R') {
            const std::string arguments = take(), function = take();
            stack.push_back(function + arguments);
        } else if (code == 'Q') stack.push_back('@' + take());
        else if (code == 0x89) stack.push_back("False");
        else if (code == 'u') {
            const std::string items = sinceMark();
            stack.push_back(take() + '{' + items + '}');
        } else if (code == 'X') {
            const std::size_t size = number(pickle, at, 4);
            stack.push_back(pickle.substr(at + 4, size));
            at += 4 + size;
        } else if (code == 'J') {
            stack.push_back(std::to_string(number(pickle, at, 4)));
            at += 4;
        } else if (code == 0x8a) {
            stack.push_back(std::to_string(number(pickle, at + 1, 8)));
            at += 9;
        } else if (code == '.') {
            return at == pickle.size() && stack.size() == 1 && marks.empty() ? stack.front() : "not finished";
        } else {
            return "unknown opcode " + std::to_string(code);
        }
    }
    return "no end";
}

}  // namespace

class TestExportedFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_folder = m_temporary->path().toStdString();
    }

    void theChecksumIsCastagnolis_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<quint32>("sum");
        QTest::newRow("nothing") << QByteArray() << 0u;
        QTest::newRow("the catalogue's check value") << QByteArray("123456789") << 0xe3069283u;
        QTest::newRow("zeros (RFC 3720)") << QByteArray(32, '\0') << 0x8a9136aau;
        QTest::newRow("ones (RFC 3720)") << QByteArray(32, '\xff') << 0x62a8ab43u;
    }

    void theChecksumIsCastagnolis()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(quint32, sum);
        QCOMPARE(crc32c(bytes.toStdString()), sum);
    }

    void recordsAreFramedAsTensorBoardsOwnWriterFramesThem()
    {
        QCOMPARE(maskedCrc32c("123456789"), 0xc78ab0e5u);
        QCOMPARE(hex(eventRecord("selfsight")), QByteArray("090000000000000037f9713973656c667369676874301b6c74"));
    }

    void anEventFileHoldsTheBytesThatTensorBoardsOwnWriterWrites()
    {
        const fs::path file = m_folder / "events";
        EventFile events(file, 1.5);
        const std::pair<std::string, double> values[] = {{"train/total", 0.5}};
        events.scalars(300, 2.0, values);
        events.commit();
        // Event(wall_time=1.5, file_version="brain.Event:2") and Event(wall_time=2, step=300, summary of one simple_value)
        const QByteArray version = "09000000000000f83f1a0d627261696e2e4576656e743a32";
        const QByteArray scalar = "09000000000000004010ac022a140a120a0b747261696e2f746f74616c150000003f";
        QCOMPARE(hex(contents(file)), hex(eventRecord(QByteArray::fromHex(version).toStdString()) +
                                          eventRecord(QByteArray::fromHex(scalar).toStdString())));
    }

    void anEventFileThatIsNotCommittedIsNotThere()
    {
        {
            EventFile events(m_folder / "events", 0);
        }
        QVERIFY(fs::is_empty(m_folder));
    }

    void histogramsLeaveOutWhatIsNotFinite()
    {
        const fs::path with = m_folder / "with", without = m_folder / "without", none = m_folder / "none";
        const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
        const auto write = [](const fs::path& file, std::vector<float> values) {
            EventFile events(file, 0);
            events.histogram(1, 0, "h", values);
            events.commit();
        };
        write(with, {1, nan, 2, infinity, 3});
        write(without, {1, 2, 3});
        write(none, {nan});
        QCOMPARE(contents(with), contents(without));
        QCOMPARE(fs::file_size(none), std::uintmax_t{16 + 24});
    }

    void aTorchFileIsAZipOfAlignedStoredRecords()
    {
        const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
        const std::vector<std::int64_t> count = {7};
        const fs::path file = m_folder / "a.pt";
        writeTorchFile(file,
                       {{"conv1.weight", DType::F32, {2, 3}, std::as_bytes(std::span(weights))},
                        {"bn1.num_batches_tracked", DType::I64, {}, std::as_bytes(std::span(count))}},
                       "{}");
        const auto members = zipMembers(contents(file));
        for (const auto& [name, member] : members) {
            QVERIFY(name.starts_with("archive/"));
            QCOMPARE(member.start % 64, std::size_t{0});
        }
        QCOMPARE(members.at("archive/version").data, std::string("3\n"));
        QCOMPARE(members.at("archive/byteorder").data, std::string("little"));
        QCOMPARE(members.at("archive/.data/serialization_id").data.size(), std::size_t{40});
        QCOMPARE(members.at("archive/extra/selfsight.json").data, std::string("{}"));
        QVERIFY(std::memcmp(members.at("archive/data/0").data.data(), weights.data(), 24) == 0);
        QCOMPARE(members.at("archive/data/1").data.size(), std::size_t{8});
        const std::string pickle = members.at("archive/data.pkl").data;
        QCOMPARE(pickle.substr(0, 2), std::string("\x80\x02"));
        QCOMPARE(unpickled(pickle),
                 std::string(
                     "collections.OrderedDict(){"
                     "conv1.weight,torch._utils._rebuild_tensor_v2(@(storage,torch.FloatStorage,0,cpu,6),0,(2,3),(3,1),False,"
                     "collections.OrderedDict()),"
                     "bn1.num_batches_tracked,torch._utils._rebuild_tensor_v2(@(storage,torch.LongStorage,1,cpu,1),0,(),(),False,"
                     "collections.OrderedDict())}"));
    }

    void aTorchFileWithoutTensorsIsAnEmptyDictionary()
    {
        writeTorchFile(m_folder / "a.pt", {});
        QCOMPARE(unpickled(zipMembers(contents(m_folder / "a.pt")).at("archive/data.pkl").data),
                 std::string("collections.OrderedDict()"));
    }

    void tensorsThatDoNotFitAreNotWritten()
    {
        const std::vector<float> values = {1, 2};
        const TensorSource good{"a", DType::F32, {2}, std::as_bytes(std::span(values))};
        TensorSource bad = good;
        bad.shape = {3};
        QVERIFY(errorOf([&] { writeTorchFile(m_folder / "a.pt", {bad}); }).contains("does not fill"));
        QVERIFY(errorOf([&] { writeTorchFile(m_folder / "a.pt", {good, good}); }).contains("comes twice"));
        QVERIFY(errorOf([&] { writeTorchFile(m_folder / "nowhere" / "a.pt", {good}); }).contains("a.pt: cannot be created"));
        QVERIFY(fs::is_empty(m_folder));
    }

    void pngComesBackAsItWas()
    {
        RgbImage image(5, 3);
        for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(5 * i);
        const QImage read =
            QImage::fromData(QByteArray::fromStdString(pngBytes(image)), "PNG").convertToFormat(QImage::Format_RGB888);
        QCOMPARE(read.size(), QSize(5, 3));
        for (int y = 0; y < 3; ++y) QVERIFY(std::memcmp(read.constScanLine(y), image.row(y), 15) == 0);
    }

    void cellsAreQuotedWhereRfc4180WantsIt()
    {
        QCOMPARE(csvRow({"a", "b c", ""}), std::string("a,b c,\r\n"));
        QCOMPARE(csvRow({"say \"x\", twice", "two\nlines"}), std::string("\"say \"\"x\"\", twice\",\"two\nlines\"\r\n"));
        CsvFile table(m_folder / "a.csv", {"step"});
        table.row({"1"});
        QVERIFY(!fs::exists(m_folder / "a.csv"));
        table.commit();
        QCOMPARE(contents(m_folder / "a.csv"), std::string("step\r\n1\r\n"));
    }

    void aFolderAppearsAsAWhole()
    {
        const fs::path target = m_folder / "deep" / "log";
        {
            AtomicFolder folder(target);
            write(folder.path() / "a", "1");
            QVERIFY(!fs::exists(target));
        }
        QVERIFY(fs::is_empty(m_folder / "deep"));
        fs::create_directory(target);  // an empty one gives way
        AtomicFolder folder(target.string() + "/");
        write(folder.path() / "a", "1");
        folder.commit();
        QCOMPARE(contents(target / "a"), std::string("1"));
        QVERIFY(errorOf([&] { AtomicFolder again(target); }).contains("Nothing is overwritten"));
        QVERIFY(errorOf([&] { AtomicFolder again(target / "a"); }).contains("is a file, not a folder"));
        QVERIFY(errorOf([&] { AtomicFolder again(target / "a" / "b"); }).contains("cannot be created"));
    }

private:
    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;
};

QTEST_GUILESS_MAIN(TestExportedFiles)
#include "tst_exported_files.moc"
