// The stamps data set: cut-outs pasted on grounds.
#include <QTemporaryDir>
#include <QtTest>

#include <opencv2/imgcodecs.hpp>
#include <set>

#include "core/data/data_set.h"
#include "core/data/stamp_files.h"
#include "tests/made_files.h"

using namespace selfsight;
namespace fs = std::filesystem;

namespace {

std::string png(const cv::Mat& mat)
{
    std::vector<unsigned char> bytes;
    cv::imencode(".png", mat, bytes);
    return {bytes.begin(), bytes.end()};
}

/// A red ellipse; what is transparent is green, which must not be seen.
cv::Mat cutOut(int width, int height)
{
    cv::Mat mat(height, width, CV_8UC4, cv::Scalar(0, 255, 0, 0));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double u = (x + 0.5) / width * 2 - 1, v = (y + 0.5) / height * 2 - 1;
            if (u * u + v * v < 1) mat.at<cv::Vec4b>(y, x) = {0, 0, 200, 255};
        }
    return mat;
}

DataSplits openStamps(const fs::path& folder, std::map<std::string, Value> values = {})
{
    values["path"] = folder.string();
    values.try_emplace("count", std::int64_t{40});
    values.try_emplace("test_count", std::int64_t{10});
    return dataSets().at("stamps").open({"stamps", std::move(values)}, ".");
}

}  // namespace

class StampsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// Three classes of things, and what is left out.
    fs::path few()
    {
        const fs::path root = at("few");
        if (fs::exists(root)) return root;
        write(root / "animals/birds/robin.png", png(cutOut(90, 60)));
        write(root / "animals/birds/finch.png", png(cutOut(300, 80)));
        write(root / "animals/mammals/dogs/collie.png", png(cutOut(64, 64)));
        write(root / "loose.png", png(cutOut(70, 100)));
        write(root / "animals/birds/robin_mirror.png", png(cutOut(90, 60)));
        write(root / "animals/birds/cartoon/duck.png", png(cutOut(90, 60)));
        write(root / "symbols/math/plus.png", png(cutOut(90, 60)));
        write(root / "animals/birds/.hidden.png", png(cutOut(90, 60)));
        write(root / "animals/birds/small.png", png(cutOut(20, 30)));
        write(root / "animals/birds/opaque.png", png(cv::Mat(80, 80, CV_8UC3, cv::Scalar(9, 9, 9))));
        write(root / "animals/birds/drawing.svg", "<svg/>");
        return root;
    }

private Q_SLOTS:
    void foldersNameTheClasses()
    {
        const DataSplits data = openStamps(few());
        const LabelTable& table = data.train->labelTables()[0];
        QCOMPARE(table.classes, (std::vector<std::string>{"animals/birds", "animals/mammals", "stamps"}));
        QCOMPARE(data.train->size(), std::int64_t{40});
        QCOMPARE(data.test->size(), std::int64_t{10});
        std::set<std::string> seen;
        for (std::int64_t i = 0; i < 40; ++i) {
            const std::string text = data.train->describe(i), file = text.substr(text.find(", ") + 2);
            seen.insert(file);
            QCOMPARE(table.classes[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(i)])], stampClass(file));
        }
        QCOMPARE(seen, (std::set<std::string>{"animals/birds/finch.png", "animals/birds/robin.png", "animals/mammals/dogs/collie.png", "loose.png"}));
        QVERIFY(data.issues.empty());
    }

    void picturesAreRepeatable()
    {
        const DataSplits first = openStamps(few()), second = openStamps(few()), other = openStamps(few(), {{"seed", std::int64_t{2}}});
        QCOMPARE(first.fingerprint, second.fingerprint);
        QVERIFY(first.fingerprint != other.fingerprint);
        QVERIFY(first.train->image(7) == second.train->image(7));
        QCOMPARE(first.train->mask(7)->values, second.train->mask(7)->values);
        QVERIFY(first.train->image(7) != first.train->image(8));
        QVERIFY(first.train->image(7) != first.test->image(7));
        QVERIFY(first.train->image(7) != other.train->image(7));
        QCOMPARE(first.imageSize, 64);
    }

    void theMaskIsWhereTheThingIs_data()
    {
        QTest::addColumn<int>("side");
        for (const int side : {16, 64, 200}) QTest::addRow("%d pixels", side) << side;
    }

    void theMaskIsWhereTheThingIs()
    {
        QFETCH(int, side);
        write(at("photographs/blue.png"), png(cv::Mat(50, 70, CV_8UC3, cv::Scalar(240, 0, 0))));
        const DataSplits data = openStamps(few(), {{"image_size", std::int64_t{side}}, {"background_folder", at("photographs").string()}});
        for (std::int64_t i = 0; i < 40; ++i) {
            const RgbImage image = data.train->image(i);
            const FloatMap mask = *data.train->mask(i);
            QCOMPARE(image.width, side);
            QCOMPARE(mask.values.size(), static_cast<std::size_t>(side * side));
            double share = 0;
            for (std::size_t k = 0; k < mask.values.size(); ++k) {
                share += static_cast<double>(mask.values[k]) / static_cast<double>(mask.values.size());
                const int red = image.pixels[3 * k], green = image.pixels[3 * k + 1], blue = image.pixels[3 * k + 2];
                QVERIFY(green <= 1);
                QVERIFY(std::abs(blue - 240 * (1 - mask.values[k])) <= 2);
                QVERIFY(red <= 255 * mask.values[k] + 1 && red >= 200 * 0.67 * static_cast<double>(mask.values[k]) - 2);
            }
            QVERIFY2(share > 0.02 && share < 0.6, qPrintable(QString::number(share)));
        }
    }

    void drawnGroundsDiffer()
    {
        const DataSplits data = openStamps(few());
        std::set<std::vector<std::uint8_t>> corners;
        for (std::int64_t i = 0; i < 40; ++i) {
            const RgbImage image = data.train->image(i);
            corners.insert({image.pixels.begin(), image.pixels.begin() + 12});
        }
        QVERIFY(corners.size() > 35);
    }

    void unreadableStampsAreNamedAndLeftOut()
    {
        for (int i = 0; i < 24; ++i) write(at("damaged/things/") / (std::to_string(i) + ".png"), png(cutOut(60 + i, 60)));
        const std::string whole = png(cutOut(200, 200));
        write(at("damaged/things/broken.png"), whole.substr(0, whole.size() / 2));
        const DataSplits data = openStamps(at("damaged"));
        QCOMPARE(data.issues.size(), std::size_t{1});
        QVERIFY2(data.issues[0].message.find("broken.png") != std::string::npos, data.issues[0].message.c_str());
        for (std::int64_t i = 0; i < 40; ++i) QVERIFY(data.train->describe(i).find("broken") == std::string::npos);

        write(at("damaged/things/broken too.png"), "no picture");
        const QString error = errorOf([&] { openStamps(at("damaged")); });
        QVERIFY2(error.contains("2 of 26 cut-outs cannot be read"), qPrintable(error));
    }

    void whatIsMissingIsNamed()
    {
        const QString absent = errorOf([&] { openStamps(at("nowhere")); });
        QVERIFY2(absent.contains("apt install tuxpaint-stamps-default") && absent.contains("nowhere"), qPrintable(absent));
        fs::create_directories(at("empty"));
        const QString empty = errorOf([&] { openStamps(at("empty")); });
        QVERIFY2(empty.contains("holds no PNG file") && empty.contains("apt install"), qPrintable(empty));
        const QString grounds = errorOf([&] { openStamps(few(), {{"background_folder", std::string("/no such folder")}}); });
        QVERIFY2(grounds.contains("data.background_folder"), qPrintable(grounds));
        QVERIFY(!isPresent({"stamps", {{"path", at("nowhere").string()}}}, "."));
        QVERIFY(isPresent({"stamps", {{"path", few().string()}}}, "."));
    }
};

QTEST_GUILESS_MAIN(StampsTest)
#include "tst_stamps.moc"
