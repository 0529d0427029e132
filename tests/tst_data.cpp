// Data sets and image files, with those that go wrong.
#include <QTemporaryDir>
#include <QtTest>

#include <archive.h>
#include <archive_entry.h>

#include <cmath>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "core/data/data_path.h"
#include "core/data/data_set.h"
#include "core/data/image_file.h"
#include "core/io/cifar.h"
#include "tests/made_files.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

cv::Mat picture(int width, int height, std::uint64_t seed, int type = CV_8UC3)
{
    cv::Mat mat(height, width, type);
    const std::string bytes = noise(mat.total() * mat.elemSize(), seed);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(mat.data));
    return mat;
}

std::string encoded(const std::string& extension, const cv::Mat& mat)
{
    std::vector<unsigned char> bytes;
    cv::imencode(extension, mat, bytes);
    return {bytes.begin(), bytes.end()};
}

void writePicture(const fs::path& file, int width, int height, std::uint64_t seed)
{
    write(file, encoded(file.extension().string(), picture(width, height, seed)));
}

DataSplits openSet(const std::string& type, std::map<std::string, Value> values, const fs::path& base = ".")
{
    return dataSets().at(type).open({type, std::move(values)}, base);
}

DataSplits openFolder(const fs::path& root, std::map<std::string, Value> values = {})
{
    values["path"] = root.string();
    return openSet("image_folder", std::move(values));
}

/// A row of CIFAR's files: pixel (x, y) has red x, green y, blue the row's number.
std::string cifarRow(const std::string& labels, int number)
{
    std::string planes(kCifarImageBytes, '\0');
    for (int i = 0; i < kCifarSide * kCifarSide; ++i) {
        planes[static_cast<std::size_t>(i)] = static_cast<char>(i % kCifarSide);
        planes[static_cast<std::size_t>(1024 + i)] = static_cast<char>(i / kCifarSide);
        planes[static_cast<std::size_t>(2048 + i)] = static_cast<char>(number);
    }
    return labels + planes;
}

/// File names and contents of a tiny CIFAR-10: two images a batch.
std::map<std::string, std::string> tinyCifar10()
{
    std::map<std::string, std::string> files{
        {"batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"}};
    for (int b = 1; b <= 5; ++b)
        files["data_batch_" + std::to_string(b) + ".bin"] =
            cifarRow(std::string(1, static_cast<char>(b)), b) + cifarRow(std::string(1, '\0'), b + 100);
    files["test_batch.bin"] = cifarRow(std::string(1, 9), 50);
    return files;
}

void writeTarGz(const fs::path& file, const std::string& folder, const std::map<std::string, std::string>& members)
{
    archive* out = archive_write_new();
    archive_write_add_filter_gzip(out);
    archive_write_set_format_pax_restricted(out);
    archive_write_open_filename(out, file.c_str());
    for (const auto& [name, bytes] : members) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, (folder + "/" + name).c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_write_header(out, entry);
        archive_write_data(out, bytes.data(), bytes.size());
        archive_entry_free(entry);
    }
    archive_write_free(out);
}

}  // namespace

class TestData : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void labelsOfAnotherLengthAreRefused();
    void missingIdxLabelsAreAWarning();

    void cifarIsReadFromFolderAndArchive();
    void cifar100HasTwoLabelTables();
    void aTruncatedCifarBatchIsNamed();
    void cifarAsPicklesIsRecognised();
    void cifarAsImagesOpensToo();

    void imagesOfEveryFormatAreRead_data();
    void imagesOfEveryFormatAreRead();
    void aGreyOrTransparentOrDeepImageBecomesRgb();
    void anExifRotationIsIgnored();
    void anImageOverThePixelLimitIsRefusedUndecoded();
    void aDamagedPngIsNamed();
    void aLargeImageIsReducedWithoutAliasing();

    void anImageFolderIsSortedAsTorchvisionDoesIt();
    void aFlatFolderHasNoLabels();
    void oneClassFolderIsAWarning();
    void anEmptyFolderIsAnError();
    void testAndValFoldersAreHeldOut();
    void aTestShareIsBalancedAndRepeatable();
    void unreadableFilesAreListedAndLeftOut();
    void tooManyUnreadableFilesAreAnError();
    void cachedImagesEqualDecodedOnes();
    void fingerprintsFollowTheFiles();
    void dataPathsAreLookedForInTheirOrder();
    void aSetIsPresentWhenItsPathIs();

    void fashionMnistOpens();
    void shapesAreRepeatable();
    void shapeMasksCoverTheFigure();

    void tonesAreRepeatable();
    void tonesDifferByWhoSpeaksAndWhatIsSaid();
    void recordingsInClassFoldersAreSignals();
    void recordingsThatCannotBeReadOrHaveAnotherRateAreLeftOut();
    void aFolderWithoutRecordingsIsAnError();

private:
    fs::path file(const char* name) const { return fs::path(m_folder->path().toStdString()) / name; }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestData::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

// ---- IDX ------------------------------------------------------------------------------------------------------------

void TestData::labelsOfAnotherLengthAreRefused()
{
    write(file("train-images-idx3-ubyte"), idxImages(3, 8, 8));
    write(file("train-labels-idx1-ubyte"), idxLabels(std::string("\0\1", 2)));
    const QString error = errorOf([&] { openSet("idx", {{"path", file("").string()}}); });
    QVERIFY2(error.contains("train-labels-idx1-ubyte") && error.contains("2 labels for the 3 images"), qPrintable(error));
}

void TestData::missingIdxLabelsAreAWarning()
{
    writeGz(file("train-images-idx3-ubyte.gz"), idxImages(3, 8, 6));
    const DataSplits splits = openSet("idx", {{"path", file("").string()}});
    QCOMPARE(splits.train->size(), 3);
    QCOMPARE(splits.train->image(2).width, 6);
    QVERIFY(splits.train->labelTables().empty());
    QVERIFY(!splits.test);
    QCOMPARE(splits.issues.size(), std::size_t{2});
    QVERIFY(!hasErrors(splits.issues));
    QVERIFY(errorOf([&] {
                openSet("idx", {{"path", file("").string()}, {"train_labels", "labls"}});
            }).contains("neither labls nor labls.gz"));
}

// ---- CIFAR ----------------------------------------------------------------------------------------------------------

void TestData::cifarIsReadFromFolderAndArchive()
{
    const auto files = tinyCifar10();
    for (const auto& [name, bytes] : files) write(file("cifar-10-batches-bin") / name, bytes);
    fs::create_directories(file("packed"));
    writeTarGz(file("packed/cifar-10-binary.tar.gz"), "cifar-10-batches-bin", files);
    std::string fingerprint;
    for (const char* path : {"", "cifar-10-batches-bin", "packed", "packed/cifar-10-binary.tar.gz"}) {
        const DataSplits splits = openSet("cifar10", {{"path", file(path).string()}});
        QCOMPARE(splits.train->size(), 10);
        QCOMPARE(splits.test->size(), 1);
        const LabelTable& table = splits.train->labelTables().at(0);
        QCOMPARE(table.labels, (std::vector<std::int32_t>{1, 0, 2, 0, 3, 0, 4, 0, 5, 0}));
        QCOMPARE(table.classes.at(9), std::string("truck"));
        const RgbImage image = splits.train->image(2);
        const std::uint8_t* pixel = image.row(20) + 3 * 10;
        QCOMPARE(std::vector<int>(pixel, pixel + 3), (std::vector<int>{10, 20, 2}));
        QCOMPARE(splits.statistics.mean[0], 0.4914f);
        if (fingerprint.empty()) fingerprint = splits.fingerprint;
        QCOMPARE(splits.fingerprint, fingerprint);
    }
}

void TestData::cifar100HasTwoLabelTables()
{
    write(file("train.bin"), cifarRow("\x03\x2A", 1) + cifarRow("\x13\x63", 2));
    write(file("test.bin"), cifarRow("\x01\x02", 3));
    write(file("coarse_label_names.txt"), "aquatic_mammals\r\nfish\n");
    const DataSplits splits = openSet("cifar100", {{"path", file("").string()}});
    const auto& tables = splits.train->labelTables();
    QCOMPARE(tables.size(), std::size_t{2});
    QCOMPARE(tables[0].labels, (std::vector<std::int32_t>{42, 99}));
    QCOMPARE(tables[1].labels, (std::vector<std::int32_t>{3, 19}));
    QCOMPARE(tables[0].classes.size(), std::size_t{100});
    QCOMPARE(tables[1].classes.at(0), std::string("aquatic_mammals"));
    write(file("train.bin"), cifarRow("\x03\x70", 1));
    QVERIFY(errorOf([&] { openSet("cifar100", {{"path", file("").string()}}); }).contains("row 0 has label 112"));
}

void TestData::aTruncatedCifarBatchIsNamed()
{
    auto files = tinyCifar10();
    files["data_batch_3.bin"].pop_back();
    for (const auto& [name, bytes] : files) write(file(name.c_str()), bytes);
    QString error = errorOf([&] { readCifar(file(""), CifarKind::Cifar10); });
    QVERIFY2(error.contains("data_batch_3.bin") && error.contains("6145 bytes are not whole rows of 3073"), qPrintable(error));

    fs::remove(file("data_batch_3.bin"));
    QVERIFY(errorOf([&] { readCifar(file(""), CifarKind::Cifar10); }).contains("data_batch_3.bin is missing"));

    writeTarGz(file("c.tar.gz"), "cifar-10-batches-bin", tinyCifar10());
    const std::string packed = contents(file("c.tar.gz"));
    write(file("c.tar.gz"), packed.substr(0, packed.size() / 2));
    error = errorOf([&] { readCifar(file("c.tar.gz"), CifarKind::Cifar10); });
    QVERIFY2(error.contains("c.tar.gz: cannot be read as an archive"), qPrintable(error));
}

void TestData::cifarAsPicklesIsRecognised()
{
    write(file("cifar-10-batches-py/data_batch_1"), "\x80\x02}q");
    QString error = errorOf([&] { openSet("cifar10", {{"path", file("").string()}}); });
    QVERIFY2(error.contains("Python pickles") && error.contains("cifar-10-binary.tar.gz"), qPrintable(error));
    writeTarGz(file("cifar-100-python.tar.gz"), "cifar-100-python", {{"train", "\x80\x02}q"}, {"test", "x"}});
    error = errorOf([&] { openSet("cifar100", {{"path", file("cifar-100-python.tar.gz").string()}}); });
    QVERIFY2(error.contains("Python pickles") && error.contains("cifar-100-binary.tar.gz"), qPrintable(error));
}

void TestData::cifarAsImagesOpensToo()
{
    for (const char* name : {"train/cat/1.jpg", "train/dog/1.jpg", "test/cat/2.jpg", "test/dog/2.jpg"})
        writePicture(file(name), 32, 32, 1);
    const DataSplits splits = openSet("cifar10", {{"path", file("").string()}});
    QCOMPARE(splits.train->size(), 2);
    QCOMPARE(splits.test->labelTables().at(0).classes, (std::vector<std::string>{"cat", "dog"}));
    QCOMPARE(splits.title, std::string("CIFAR-10"));
    QCOMPARE(splits.statistics.std[2], 0.2616f);
}

// ---- image files ----------------------------------------------------------------------------------------------------

void TestData::imagesOfEveryFormatAreRead_data()
{
    QTest::addColumn<QString>("extension");
    for (const char* extension : {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"})
        QTest::newRow(extension) << extension;
}

void TestData::imagesOfEveryFormatAreRead()
{
    QFETCH(QString, extension);
    const std::string name = extension.toStdString();
    const cv::Mat drawn = picture(37, 23, 5, name == ".pgm" ? CV_8UC1 : CV_8UC3);
    const std::string bytes = encoded(name, drawn);
    const fs::path whole = file(("whole" + name).c_str()), cut = file(("cut" + name).c_str());
    QVERIFY(hasImageExtension(whole));
    write(whole, bytes);
    const ImageHeader header = readImageHeader(whole);
    QCOMPARE(header.width, 37);
    QCOMPARE(header.height, 23);
    const RgbImage image = readImage(whole);
    QCOMPARE(image.width, 37);
    QCOMPARE(image.height, 23);
    if (name == ".png" || name == ".bmp") {
        const cv::Vec3b bgr = drawn.at<cv::Vec3b>(20, 30);
        const std::uint8_t* rgb = image.row(20) + 3 * 30;
        QVERIFY(rgb[0] == bgr[2] && rgb[1] == bgr[1] && rgb[2] == bgr[0]);
    }
    write(cut, bytes.substr(0, bytes.size() / 2));
    const QString error = errorOf([&] { readImage(cut); });
    QVERIFY2(error.contains(QString::fromStdString(cut.string())), qPrintable(error));
}

void TestData::aGreyOrTransparentOrDeepImageBecomesRgb()
{
    write(file("grey.png"), encoded(".png", cv::Mat(4, 4, CV_8UC1, cv::Scalar(77))));
    write(file("alpha.png"), encoded(".png", cv::Mat(4, 4, CV_8UC4, cv::Scalar(30, 20, 10, 0))));
    write(file("deep.png"), encoded(".png", cv::Mat(4, 4, CV_16UC3, cv::Scalar(0x3000, 0x2000, 0x1000))));
    const auto pixel = [&](const char* name) {
        const RgbImage image = readImage(file(name));
        return std::vector<int>(image.pixels.begin(), image.pixels.begin() + 3);
    };
    QCOMPARE(pixel("grey.png"), (std::vector<int>{77, 77, 77}));
    QCOMPARE(pixel("alpha.png"), (std::vector<int>{10, 20, 30}));
    QCOMPARE(pixel("deep.png"), (std::vector<int>{0x10, 0x20, 0x30}));
}

void TestData::anExifRotationIsIgnored()
{
    // An Exif segment whose one entry says "turn by 90 degrees" (orientation 6).
    const std::string tiff = std::string("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
    const std::string exif = std::string("Exif\0\0", 6) + tiff;
    const auto size = static_cast<char>(exif.size() + 2);
    const std::string jpeg = encoded(".jpg", picture(40, 20, 1));
    write(file("turned.jpg"), jpeg.substr(0, 2) + std::string("\xFF\xE1\0", 3) + size + exif + jpeg.substr(2));
    const cv::Mat turned = cv::imread(file("turned.jpg"));
    QCOMPARE(turned.cols, 20);  // the segment is understood
    QCOMPARE(readImage(file("turned.jpg")).width, 40);
}

void TestData::anImageOverThePixelLimitIsRefusedUndecoded()
{
    std::string png = encoded(".png", picture(8, 8, 1));
    png.replace(16, 8, bigEndian(20'990) + bigEndian(29'700));
    write(file("bomb.png"), png);
    for (const auto& read : {std::function<void()>([&] { readImage(file("bomb.png")); }),
                             std::function<void()>([&] { readImageHeader(file("bomb.png")); })}) {
        const QString error = errorOf(read);
        QVERIFY2(error.contains("bomb.png") && error.contains("20990 x 29700 pixels"), qPrintable(error));
    }
}

void TestData::aDamagedPngIsNamed()
{
    std::string png = encoded(".png", picture(64, 64, 1));
    for (std::size_t i = 200; i < 260; ++i) png[i] = static_cast<char>(~png[i]);
    write(file("damaged.png"), png);
    write(file("empty.png"), "");
    write(file("text.png"), "This is not a picture.");
    QVERIFY(errorOf([&] { readImage(file("damaged.png")); }).contains("damaged.png"));
    QVERIFY(errorOf([&] { readImage(file("empty.png")); }).contains("is empty"));
    QVERIFY(errorOf([&] { readImage(file("text.png")); }).contains("no JPEG, PNG"));
}

void TestData::aLargeImageIsReducedWithoutAliasing()
{
    RgbImage stripes(400, 200);  // columns of one pixel: sampling without averaging would see only one kind
    for (int y = 0; y < stripes.height; ++y)
        for (int x = 0; x < stripes.width; ++x)
            std::fill_n(stripes.row(y) + 3 * x, 3, static_cast<std::uint8_t>(x % 2 ? 200 : 0));
    const RgbImage reduced = reducedTo(stripes, 50);
    QCOMPARE(reduced.width, 100);
    QCOMPARE(reduced.height, 50);
    for (const std::uint8_t value : reduced.pixels) QCOMPARE(int{value}, 100);
    QVERIFY(reducedTo(stripes, 256) == stripes);
}

// ---- image folders --------------------------------------------------------------------------------------------------

void TestData::anImageFolderIsSortedAsTorchvisionDoesIt()
{
    for (const char* name : {"b/2.png", "b/10.PNG", "b/a/1.png", "a/z.png", "Z/1.png", ".hidden/1.png", "b/notes.txt"}) {
        write(file(name), encoded(".png", picture(8, 8, 1)));
    }
    fs::create_directories(file("nothing"));
    const DataSplits splits = openFolder(file(""));
    const LabelTable& table = splits.train->labelTables().at(0);
    QCOMPARE(table.classes, (std::vector<std::string>{"Z", "a", "b"}));
    QCOMPARE(table.labels, (std::vector<std::int32_t>{0, 1, 2, 2, 2}));
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < splits.train->size(); ++i) names.push_back(splits.train->describe(i));
    QCOMPARE(names, (std::vector<std::string>{"Z/1.png", "a/z.png", "b/10.PNG", "b/2.png", "b/a/1.png"}));
    QCOMPARE(splits.issues.size(), std::size_t{1});
    QVERIFY(describe(splits.issues[0]).find("nothing") != std::string::npos);
    QCOMPARE(splits.imageSize, 8);
}

void TestData::aFlatFolderHasNoLabels()
{
    for (const char* name : {"2.png", "1.jpg"}) writePicture(file(name), 300, 280, 1);
    const DataSplits splits = openFolder(file(""));
    QCOMPARE(splits.train->describe(0), std::string("1.jpg"));
    QVERIFY(splits.train->labelTables().empty());
    QVERIFY(splits.issues.empty());
    QCOMPARE(splits.train->image(0).height, 256);
    QCOMPARE(splits.imageSize, 224);
}

void TestData::oneClassFolderIsAWarning()
{
    writePicture(file("cats/1.png"), 8, 8, 1);
    const DataSplits splits = openFolder(file(""));
    QCOMPARE(splits.train->size(), 1);
    QVERIFY(splits.train->labelTables().empty());
    QCOMPARE(splits.issues.size(), std::size_t{1});
    QVERIFY(describe(splits.issues[0]).find("labels carry no information") != std::string::npos);
}

void TestData::anEmptyFolderIsAnError()
{
    QVERIFY(errorOf([&] { openFolder(file("")); }).contains("is empty"));
    write(file("a/notes.txt"), "text");
    const QString error = errorOf([&] { openFolder(file("")); });
    QVERIFY2(error.contains("only files of type .txt"), qPrintable(error));
    QVERIFY(errorOf([&] { openFolder(file("a/notes.txt")); }).contains("is not a folder"));
    QVERIFY(errorOf([&] { openFolder(file("none")); }).contains("was not found"));
    QVERIFY(errorOf([&] { openSet("image_folder", {}); }).contains("data.path: is not set"));
}

void TestData::testAndValFoldersAreHeldOut()
{
    for (const char* name : {"train/a/1.png", "train/c/1.png", "val/a/2.png", "val/b/1.png", "val/c/2.png"})
        writePicture(file(name), 8, 8, 1);
    const DataSplits splits = openFolder(file(""));
    QCOMPARE(splits.train->size(), 2);
    QCOMPARE(splits.test->size(), 2);
    QCOMPARE(splits.test->labelTables().at(0).labels, (std::vector<std::int32_t>{0, 1}));
    QCOMPARE(splits.test->describe(1), std::string("c/2.png"));
    QCOMPARE(splits.issues.size(), std::size_t{1});
    QVERIFY(describe(splits.issues[0]).find("val/b") != std::string::npos);

    // "train" may also be a class: cars, trains.
    for (const char* name : {"other/train/1.png", "other/car/1.png"}) writePicture(file(name), 8, 8, 1);
    QCOMPARE(openFolder(file("other")).train->labelTables().at(0).classes, (std::vector<std::string>{"car", "train"}));
}

void TestData::aTestShareIsBalancedAndRepeatable()
{
    for (int i = 0; i < 10; ++i)
        for (const char* name : {"a", "b"}) writePicture(file("") / name / (std::to_string(i) + ".png"), 8, 8, 1);
    const auto names = [&](std::int64_t seed) {
        const DataSplits splits = openFolder(file(""), {{"test_share", 0.2}, {"split_seed", seed}});
        std::vector<std::string> list;
        for (std::int64_t i = 0; i < splits.test->size(); ++i) list.push_back(splits.test->describe(i));
        if (splits.test->labelTables().at(0).labels != std::vector<std::int32_t>{0, 0, 1, 1} || splits.train->size() != 16)
            list.clear();
        return list;
    };
    QCOMPARE(names(1).size(), std::size_t{4});
    QCOMPARE(names(1), names(1));
    QVERIFY(names(1) != names(2));
}

void TestData::unreadableFilesAreListedAndLeftOut()
{
    for (int i = 0; i < 30; ++i) writePicture(file("") / (i % 2 ? "a" : "b") / (std::to_string(i) + ".png"), 8, 8, 1);
    write(file("a/1.png"), "no picture");
    const DataSplits splits = openFolder(file(""));
    QCOMPARE(splits.train->size(), 29);
    QCOMPARE(splits.issues.size(), std::size_t{1});
    QVERIFY(describe(splits.issues[0]).find("a/1.png") != std::string::npos);
    QVERIFY(!hasErrors(splits.issues));
    QCOMPARE(openFolder(file(""), {{"check_files", false}}).train->size(), 30);
}

void TestData::tooManyUnreadableFilesAreAnError()
{
    for (int i = 0; i < 30; ++i) writePicture(file((std::to_string(i) + ".png").c_str()), 8, 8, 1);
    write(file("7.png"), "no picture");
    write(file("8.png"), "no picture");
    const QString error = errorOf([&] { openFolder(file("")); });
    QVERIFY2(error.contains("2 of 30 images cannot be read") && error.contains("7.png"), qPrintable(error));
}

void TestData::cachedImagesEqualDecodedOnes()
{
    for (int i = 0; i < 4; ++i) writePicture(file((std::to_string(i) + ".png").c_str()), 700, 600, static_cast<std::uint64_t>(i));
    const auto kept = openFolder(file("")).train, anew = openFolder(file(""), {{"cache_megabytes", std::int64_t{0}}}).train;
    for (int round = 0; round < 2; ++round)
        for (std::int64_t i = 0; i < 4; ++i) QVERIFY(kept->image(i) == anew->image(i));
    fs::remove(file("1.png"));
    QCOMPARE(kept->image(1).height, 256);
    QVERIFY(errorOf([&] { anew->image(1); }).contains("1.png"));
}

void TestData::fingerprintsFollowTheFiles()
{
    for (const char* name : {"a/1.png", "b/1.png"}) writePicture(file(name), 8, 8, 1);
    const std::string first = openFolder(file("")).fingerprint;
    QCOMPARE(openFolder(file("")).fingerprint, first);
    writePicture(file("a/2.png"), 8, 8, 1);
    const std::string second = openFolder(file("")).fingerprint;
    QVERIFY(second != first);
    fs::rename(file("a/2.png"), file("b/2.png"));
    QVERIFY(openFolder(file("")).fingerprint != second);
    writePicture(file("b/2.png"), 9, 8, 1);
    fs::rename(file("b/2.png"), file("a/2.png"));
    QVERIFY(openFolder(file("")).fingerprint != second);
}

void TestData::dataPathsAreLookedForInTheirOrder()
{
    fs::create_directories(file("shared/set"));
    fs::create_directories(file("preset/set"));
    fs::create_directories(file("preset/own"));
    qputenv("SELFSIGHT_DATA", file("shared").c_str());
    QCOMPARE(findData("set", file("preset"), ""), fs::canonical(file("shared/set")));
    QCOMPARE(findData("own", file("preset"), ""), fs::canonical(file("preset/own")));
    QCOMPARE(findData(file("preset/own").string(), ".", ""), fs::canonical(file("preset/own")));
    const QString error = errorOf([&] { findData("none", file("preset"), "Get it there."); });
    QVERIFY2(error.contains("shared/none") && error.contains("preset/none") && error.contains("Get it there."),
             qPrintable(error));
    qunsetenv("SELFSIGHT_DATA");
    QVERIFY(errorOf([&] { findData("set", file("none"), ""); }).contains("$SELFSIGHT_DATA is not set"));
}

void TestData::aSetIsPresentWhenItsPathIs()
{
    fs::create_directories(file("set"));
    QVERIFY(isPresent({"image_folder", {{"path", std::string("set")}}}, file("")));
    QVERIFY(!isPresent({"image_folder", {{"path", std::string("none")}}}, file("")));
    QVERIFY(!isPresent({"image_folder", {}}, file("")));
    QVERIFY(isPresent({"shapes", {}}, file("")));
}

// ---- data sets ------------------------------------------------------------------------------------------------------

void TestData::fashionMnistOpens()
{
    const QString error = errorOf([&] { openSet("fashion_mnist", {{"path", file("").string()}}); });
    QVERIFY2(error.contains("apt install dataset-fashion-mnist"), qPrintable(error));
    if (!fs::exists("/usr/share/datasets/fashion-mnist")) QSKIP("dataset-fashion-mnist is not installed");
    const DataSplits splits = openSet("fashion_mnist", {});
    QCOMPARE(splits.train->size(), 60000);
    QCOMPARE(splits.test->size(), 10000);
    const LabelTable& table = splits.train->labelTables().at(0);
    QCOMPARE(table.classes.at(static_cast<std::size_t>(table.labels.at(0))), std::string("ankle boot"));
    const RgbImage image = splits.train->image(0);
    double sum = 0;
    for (std::int64_t i = 0; i < 1000; ++i)
        for (const std::uint8_t value : splits.train->image(i).pixels) sum += value / 255.0;
    QVERIFY(std::abs(sum / (1000.0 * image.pixels.size()) - double{splits.statistics.mean[0]}) < 0.01);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        QVERIFY(image.pixels[i] == image.pixels[i + 1] && image.pixels[i] == image.pixels[i + 2]);
}

void TestData::shapesAreRepeatable()
{
    const std::map<std::string, Value> options{
        {"count", std::int64_t{40}}, {"test_count", std::int64_t{16}}, {"classes", std::int64_t{5}}};
    const DataSplits first = openSet("shapes", options), second = openSet("shapes", options);
    QCOMPARE(first.fingerprint, second.fingerprint);
    for (const std::int64_t i : {39, 0, 17}) QVERIFY(first.train->image(i) == second.train->image(i));
    QVERIFY(first.train->image(0) != first.train->image(5));
    QVERIFY(first.train->image(0) != first.test->image(0));
    const auto& tables = first.train->labelTables();
    QCOMPARE(tables.size(), std::size_t{2});
    QCOMPARE(std::count(tables[0].labels.begin(), tables[0].labels.end(), 4), 8);
    QCOMPARE(std::set<int>(tables[1].labels.begin(), tables[1].labels.end()).size(), tables[1].classes.size());
    auto other = options;
    other["seed"] = std::int64_t{2};
    QVERIFY(openSet("shapes", other).train->image(0) != first.train->image(0));
    QVERIFY(openSet("shapes", other).fingerprint != first.fingerprint);
}

void TestData::shapeMasksCoverTheFigure()
{
    const auto set = openSet("shapes", {{"count", std::int64_t{16}}, {"image_size", std::int64_t{48}}}).train;
    for (std::int64_t i = 0; i < set->size(); ++i) {
        const RgbImage image = set->image(i);
        const FloatMap mask = *set->mask(i);
        QCOMPARE(mask.width, 48);
        QCOMPARE(mask.values.size(), std::size_t{48 * 48});
        // The paint is saturated and even, the ground dull: inside, all pixels share nearly one colour.
        int inside = 0, low[3] = {255, 255, 255}, high[3] = {};
        for (std::size_t p = 0; p < mask.values.size(); ++p) {
            QVERIFY(mask.values[p] >= 0 && mask.values[p] <= 1);
            if (mask.values[p] < 1) continue;
            ++inside;
            for (std::size_t c = 0; c < 3; ++c) {
                low[c] = std::min(low[c], int{image.pixels[3 * p + c]});
                high[c] = std::max(high[c], int{image.pixels[3 * p + c]});
            }
        }
        QVERIFY2(inside > 10 && inside < 48 * 48 / 2, qPrintable(QString::number(inside)));
        for (int c = 0; c < 3; ++c) QVERIFY(high[c] - low[c] <= 17);
    }
}

// ---- signals --------------------------------------------------------------------------------------------------------

void TestData::tonesAreRepeatable()
{
    const std::map<std::string, Value> small{{"count", std::int64_t{40}}, {"test_count", std::int64_t{10}}};
    const DataSplits first = openSet("tones", small), second = openSet("tones", small);
    QCOMPARE(first.train->size(), 40);
    QCOMPARE(first.test->size(), 10);
    QCOMPARE(first.fingerprint, second.fingerprint);
    QVERIFY(first.statistics.std[0] > 0);
    const auto signal = [](const DataSplits& splits, std::int64_t i) { return std::get<Signal>(splits.train->sample(i)); };
    for (const std::int64_t i : {39, 0, 17}) QVERIFY(signal(first, i) == signal(second, i));
    QVERIFY(signal(first, 0) != signal(first, 10));  // the same speaker
    QVERIFY(std::get<Signal>(first.test->sample(0)) != signal(first, 0));
    QCOMPARE(signal(first, 3).size(), std::size_t(first.imageSize));
    for (const float sample : signal(first, 3)) QVERIFY(std::abs(sample) < 2);

    std::map<std::string, Value> other = small;
    other["seed"] = std::int64_t{2};
    QVERIFY(signal(openSet("tones", other), 0) != signal(first, 0));
    QVERIFY(openSet("tones", other).fingerprint != first.fingerprint);
    QVERIFY(errorOf([&] { first.train->image(3); }).contains("signal 3: is a signal, not an image"));
}

void TestData::tonesDifferByWhoSpeaksAndWhatIsSaid()
{
    const DataSplits splits = openSet("tones", {{"speakers", std::int64_t{4}}, {"words", std::int64_t{3}}, {"count", std::int64_t{400}}});
    const std::vector<LabelTable>& tables = splits.train->labelTables();
    QCOMPARE(tables.size(), std::size_t{2});
    QCOMPARE(tables[0].name, std::string("speaker"));
    QCOMPARE(tables[1].name, std::string("word"));
    std::map<std::pair<std::int32_t, std::int32_t>, int> pairs;
    for (std::size_t i = 0; i < 400; ++i) ++pairs[{tables[0].labels.at(i), tables[1].labels.at(i)}];
    QCOMPARE(pairs.size(), std::size_t{4 * 3});  // everybody says everything
    for (const auto& [pair, count] : pairs) QVERIFY(count > 15);
}

void TestData::recordingsInClassFoldersAreSignals()
{
    for (int i = 0; i < 10; ++i)
        for (const char* name : {"anna", "ben"}) write(file("") / name / (std::to_string(i) + ".WAV"), wavNoise(300, 1));
    const DataSplits splits = openSet("wav_folder", {{"path", file("").string()}, {"test_share", 0.2}});
    QCOMPARE(splits.train->size(), 16);
    QCOMPARE(splits.test->labelTables().at(0).labels, (std::vector<std::int32_t>{0, 0, 1, 1}));
    QCOMPARE(splits.train->labelTables().at(0).classes, (std::vector<std::string>{"anna", "ben"}));
    QCOMPARE(std::get<Signal>(splits.train->sample(0)).size(), std::size_t{300});
    QVERIFY(QString::fromStdString(splits.title).contains("8000 Hz"));
    QVERIFY(std::abs(splits.statistics.std[0] - 1 / std::sqrt(3.0f)) < 0.05f);  // even noise from -1 to 1
    QVERIFY(splits.issues.empty());
    fs::remove(file("anna") / splits.train->describe(0).substr(5));
    QVERIFY(errorOf([&] { splits.train->sample(0); }).contains("No such file"));
}

void TestData::recordingsThatCannotBeReadOrHaveAnotherRateAreLeftOut()
{
    for (int i = 0; i < 60; ++i) write(file((std::to_string(i) + ".wav").c_str()), wavNoise(100, 1));
    write(file("7.wav"), "RIFF, but no more");
    write(file("8.wav"), wavNoise(100, 1, 44100));
    const DataSplits splits = openSet("wav_folder", {{"path", file("").string()}});
    QCOMPARE(splits.train->size(), 58);
    QVERIFY(splits.train->labelTables().empty());
    QCOMPARE(splits.issues.size(), std::size_t{2});
    QVERIFY(!hasErrors(splits.issues));
    QVERIFY(describe(splits.issues[0]).find("7.wav") != std::string::npos);
    QVERIFY(describe(splits.issues[1]).find("8.wav: has 44100 samples a second, most others 8000") != std::string::npos);

    for (int i = 10; i < 14; ++i) write(file((std::to_string(i) + ".wav").c_str()), wavNoise(100, 1, 16000));
    const QString error = errorOf([&] { openSet("wav_folder", {{"path", file("").string()}}); });
    QVERIFY2(error.contains("5 of 59 recordings cannot be read, more than 5 %"), qPrintable(error));
}

void TestData::aFolderWithoutRecordingsIsAnError()
{
    writePicture(file("a/1.png"), 8, 8, 1);
    const QString error = errorOf([&] { openSet("wav_folder", {{"path", file("").string()}}); });
    QVERIFY2(error.contains("holds no recording, only files of type .png") && error.contains("end in .wav"), qPrintable(error));
}

QTEST_GUILESS_MAIN(TestData)
#include "tst_data.moc"
