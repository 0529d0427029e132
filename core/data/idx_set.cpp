#include "core/data/idx_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/image_file.h"
#include "core/io/idx.h"

namespace selfsight {

namespace {

constexpr const char* kTrainImages = "train-images-idx3-ubyte";
constexpr const char* kTrainLabels = "train-labels-idx1-ubyte";
constexpr const char* kTestImages = "t10k-images-idx3-ubyte";
constexpr const char* kTestLabels = "t10k-labels-idx1-ubyte";

struct IdxOptions {
    std::string path;
    std::string trainImages = kTrainImages;
    std::string trainLabels = kTrainLabels;
    std::string testImages = kTestImages;
    std::string testLabels = kTestLabels;
};

const SchemaFor<IdxOptions>& idxSchema()
{
    static const auto table = [] {
        SchemaFor<IdxOptions> s;
        s.add("path", &IdxOptions::path, "Folder of the IDX files, plain or .gz.").path();
        s.add("train_images", &IdxOptions::trainImages, "File of the training images, with or without .gz.").advanced();
        s.add("train_labels", &IdxOptions::trainLabels, "File of their labels; empty: none.").advanced();
        s.add("test_images", &IdxOptions::testImages, "File of the held-out images; empty: none.").advanced();
        s.add("test_labels", &IdxOptions::testLabels, "File of their labels; empty: none.").advanced();
        return s;
    }();
    return table;
}

struct FoundFile {
    std::filesystem::path file;  // empty: none
    std::vector<Issue> issues;
};

/// A name the user gave must be there; a usual name may be missing, which is worth a warning.
FoundFile findOptional(const std::filesystem::path& folder, const std::string& name, const std::string& usualName,
                       const std::string& consequence)
{
    if (name.empty()) return {};
    const std::filesystem::path file = findIdx(folder, name);
    if (!file.empty()) return {file, {}};
    if (name != usualName) throw Error(folder.string(), fmt::format("holds neither {0} nor {0}.gz", name));
    return {{},
            {{.severity = Issue::Severity::Warning,
              .file = folder.string(),
              .message = fmt::format("{} is not there: {}", name, consequence)}}};
}

DataSplits openIdx(const OptionSet& set, const std::filesystem::path& base)
{
    const IdxOptions options = idxSchema().read(set);
    const auto folder = findData(options.path, base, "Set data.path to the folder of the IDX files.");
    const auto trainImages = findIdx(folder, options.trainImages);
    if (trainImages.empty())
        throw Error(folder.string(), fmt::format("holds neither {0} nor {0}.gz", options.trainImages), "Set data.train_images.");
    const FoundFile trainLabels = findOptional(folder, options.trainLabels, kTrainLabels, "the training images have no labels");
    const FoundFile testImages = findOptional(folder, options.testImages, kTestImages, "there is no held-out part");
    const FoundFile testLabels =
        testImages.file.empty() ? FoundFile{}
                                : findOptional(folder, options.testLabels, kTestLabels, "the held-out images have no labels");

    DataSplits splits{.title = folder.filename().string()};
    const auto train = readIdxPair(trainImages, trainLabels.file, {}, &splits.statistics);
    std::shared_ptr<const ByteImageSet> test;
    const auto& tables = train->labelTables();
    if (!testImages.file.empty())
        test = readIdxPair(testImages.file, testLabels.file, tables.empty() ? std::vector<std::string>{} : tables[0].classes);
    for (const FoundFile* found : {&trainLabels, &testImages, &testLabels})
        splits.issues.insert(splits.issues.end(), found->issues.begin(), found->issues.end());
    splits.imageSize = train->image(0).height;
    splits.fingerprint = fingerprintOf(*train, test.get());
    splits.train = train;
    splits.test = test;
    return splits;
}

}  // namespace

std::filesystem::path findIdx(const std::filesystem::path& folder, const std::string& file)
{
    std::error_code ignored;  // what cannot be looked at is not there
    for (const std::string& name : {file, file + ".gz"})
        if (std::filesystem::is_regular_file(folder / name, ignored)) return folder / name;
    return {};
}

std::shared_ptr<const ByteImageSet> readIdxPair(const std::filesystem::path& imageFile, const std::filesystem::path& labelFile,
                                                std::vector<std::string> classes, PixelStatistics* statistics)
{
    IdxArray images = readIdx(imageFile, 3);
    const std::int64_t count = images.shape[0];
    if (images.values.empty()) throw Error(imageFile.string(), "holds no image");
    if (images.shape[1] * images.shape[2] > kMaxPixels)
        throw Error(imageFile.string(),
                    fmt::format("holds images of {} x {} pixels, which is too large", images.shape[2], images.shape[1]));

    std::vector<LabelTable> tables;
    if (!labelFile.empty()) {
        const IdxArray labels = readIdx(labelFile, 1);
        if (labels.shape[0] != count)
            throw Error(
                labelFile.string(),
                fmt::format("holds {} labels for the {} images of {}", labels.shape[0], count, imageFile.filename().string()),
                "The two files do not belong together.");
        const int largest = *std::max_element(labels.values.begin(), labels.values.end());
        if (classes.empty())
            for (int i = 0; i <= largest; ++i) classes.push_back(std::to_string(i));
        if (largest >= static_cast<int>(classes.size()))
            throw Error(labelFile.string(),
                        fmt::format("holds label {}, where 0 to {} were expected", largest, classes.size() - 1));
        tables.push_back({"class", classes, {labels.values.begin(), labels.values.end()}});
    }

    ByteImages bytes{static_cast<int>(images.shape[2]), static_cast<int>(images.shape[1]), 1, std::move(images.values)};
    if (statistics) *statistics = statisticsOf(bytes);
    return std::make_shared<ByteImageSet>(std::move(bytes), std::move(tables));
}

DataSetInfo idxInfo()
{
    return {"idx",
            "IDX files",
            "",
            "Grey images in the format of MNIST: one file of images and one of labels, plain or .gz.",
            &idxSchema(),
            openIdx};
}

}  // namespace selfsight
