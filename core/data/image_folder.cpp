#include "core/data/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/file_images.h"
#include "core/data/fingerprint.h"
#include "core/data/folder_listing.h"
#include "core/data/image_file.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

const SchemaFor<ImageFolderOptions>& imageFolderSchema()
{
    static const auto table = [] {
        SchemaFor<ImageFolderOptions> s;
        s.add("path", &ImageFolderOptions::path,
              "Folder of images, of class folders, or of train/ and test/ (or val/) with either.")
            .path();
        s.add("test_share", &ImageFolderOptions::testShare, "Share of each class held out where there is no test/ or val/.")
            .range(0, 0.9);
        s.add("split_seed", &ImageFolderOptions::splitSeed, "Which images are held out.").atLeast(0).advanced();
        s.add("check_files", &ImageFolderOptions::checkFiles,
              "Look at every file's first bytes when opening and leave out what is no image; off opens millions of files sooner.")
            .advanced();
        s.add("cache_side", &ImageFolderOptions::cacheSide,
              "Larger images are averaged down until their shorter side has this many pixels; 0 keeps them.")
            .range(0, 8192);
        s.add("cache_megabytes", &ImageFolderOptions::cacheMegabytes,
              "Memory for decoded images; those beyond it are decoded anew each time.")
            .range(0, 1e6);
        return s;
    }();
    return table;
}

Issue folderWarning(const fs::path& root, const std::string& message)
{
    return {.severity = Issue::Severity::Warning, .file = root.string(), .message = message};
}

/// Moves `share` of each class from `train` to the result, whose order is that of the listing.
FolderListing split(FolderListing& train, double share, std::uint64_t seed)
{
    std::map<std::int32_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < train.images.size(); ++i) members[train.images[i].label].push_back(i);
    std::vector<bool> held(train.images.size(), false);
    for (const auto& [label, indices] : members) {
        const auto order =
            Rng({seed, static_cast<std::uint64_t>(label + 1)}).permutation(static_cast<std::int64_t>(indices.size()));
        const auto count = static_cast<std::size_t>(std::lround(share * static_cast<double>(indices.size())));
        for (std::size_t k = 0; k < count; ++k) held[indices[static_cast<std::size_t>(order[k])]] = true;
    }
    FolderListing test{.root = train.root, .classes = train.classes};
    std::vector<FolderImage> rest;
    for (std::size_t i = 0; i < train.images.size(); ++i) (held[i] ? test.images : rest).push_back(std::move(train.images[i]));
    train.images = std::move(rest);
    return test;
}

/// Gives the held-out images the training part's class numbers; images of other classes are left out.
void alignClasses(const FolderListing& train, FolderListing& test)
{
    if (train.classes.empty() || test.classes == train.classes) return;
    if (test.classes.empty()) {
        test.issues.push_back(folderWarning(test.root, "has no class folders: the held-out images have no labels"));
        return;
    }
    std::vector<std::int32_t> labels;
    for (const std::string& name : test.classes) {
        const auto found = std::find(train.classes.begin(), train.classes.end(), name);
        if (found == train.classes.end())
            test.issues.push_back(folderWarning(test.root / name, "is no class of the training part: its images are left out"));
        labels.push_back(found == train.classes.end() ? -1 : static_cast<std::int32_t>(found - train.classes.begin()));
    }
    for (FolderImage& image : test.images) image.label = labels[static_cast<std::size_t>(image.label)];
    std::erase_if(test.images, [](const FolderImage& image) { return image.label < 0; });
    test.classes = train.classes;
    std::stable_sort(test.images.begin(), test.images.end(),
                     [](const FolderImage& a, const FolderImage& b) { return a.label < b.label; });
}

std::shared_ptr<const DataSet> makeSet(const FolderListing& listing, const ImageFolderOptions& options,
                                       const std::shared_ptr<CacheBudget>& budget)
{
    std::vector<std::string> files;
    std::vector<LabelTable> tables;
    if (listing.classes.size() > 1) tables.push_back({"class", listing.classes, {}});
    for (const FolderImage& image : listing.images) {
        files.push_back(image.file);
        if (!tables.empty()) tables[0].labels.push_back(image.label);
    }
    return std::make_shared<FileImageSet>(listing.root, std::move(files), std::move(tables), static_cast<int>(options.cacheSide),
                                          budget);
}

/// The middle of the shorter sides, of a few files where none was looked at; a view of more than 224 pixels is for experts.
int typicalSide(const FolderListing& listing)
{
    std::vector<int> sides;
    for (const FolderImage& image : listing.images)
        if (image.shorterSide > 0) sides.push_back(image.shorterSide);
    for (std::size_t i = 0; sides.empty() && i < listing.images.size(); ++i) {
        try {
            const ImageHeader header = readImageHeader(listing.root / listing.images[i].file);
            sides.push_back(std::min(header.width, header.height));
        } catch (const Error&) {
            // The loader names it when its turn comes.
        }
    }
    if (sides.empty()) throw Error(listing.root.string(), "none of its images can be read");
    std::nth_element(sides.begin(), sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2), sides.end());
    return std::min(224, sides[sides.size() / 2]);
}

void addTo(Fingerprint& fingerprint, const FolderListing& listing)
{
    for (const FolderImage& image : listing.images) {
        fingerprint.add(image.file);
        fingerprint.add(image.bytes);
        fingerprint.add(static_cast<std::uint64_t>(image.label + 1));
    }
}

DataSplits openFromOptions(const OptionSet& set, const fs::path& base)
{
    const ImageFolderOptions options = imageFolderSchema().read(set);
    return openImageFolder(findData(options.path, base, "Set data.path to a folder of images."), options);
}

}  // namespace

bool hasTrainFolder(const fs::path& root)
{
    std::error_code ignored;  // listImages() says what is wrong with a folder that cannot be looked at
    if (!fs::is_directory(root / "train", ignored)) return false;
    if (fs::is_directory(root / "test", ignored) || fs::is_directory(root / "val", ignored)) return true;
    return std::none_of(fs::directory_iterator(root, ignored), {}, [](const fs::directory_entry& entry) {
        std::error_code broken;
        const std::string name = entry.path().filename().string();
        return name != "train" && !name.starts_with('.') && entry.is_directory(broken);
    });
}

DataSplits openImageFolder(const fs::path& root, const ImageFolderOptions& options)
{
    const bool parted = hasTrainFolder(root);
    FolderListing train = listImages(parted ? root / "train" : root);
    if (options.checkFiles) checkHeaders(train);

    FolderListing test;
    for (const char* name : {"test", "val"}) {
        if (!parted || !test.images.empty() || !fs::is_directory(root / name)) continue;
        test = listImages(root / name);
        if (options.checkFiles) checkHeaders(test);
        alignClasses(train, test);
    }
    if (test.images.empty() && options.testShare > 0)
        test = split(train, options.testShare, static_cast<std::uint64_t>(options.splitSeed));
    if (train.images.empty()) throw Error(root.string(), "data.test_share leaves no image to train on");

    DataSplits splits{.title = root.filename().string()};
    splits.statistics = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};  // ImageNet's: photographs resemble each other
    splits.imageSize = typicalSide(train);
    if (options.cacheSide > 0) splits.imageSize = std::min(splits.imageSize, static_cast<int>(options.cacheSide));
    if (train.classes.size() == 1)
        train.issues.push_back(
            folderWarning(train.root, "has only one class folder: labels carry no information, the images count as unlabelled"));

    const auto budget = std::make_shared<CacheBudget>(options.cacheMegabytes << 20);
    splits.train = makeSet(train, options, budget);
    if (!test.images.empty()) splits.test = makeSet(test, options, budget);
    Fingerprint fingerprint;
    for (const FolderListing* part : {&train, &test}) {
        addTo(fingerprint, *part);
        splits.issues.insert(splits.issues.end(), part->issues.begin(), part->issues.end());
    }
    fingerprint.add(static_cast<std::uint64_t>(options.cacheSide));
    splits.fingerprint = fingerprint.text();
    return splits;
}

DataSetInfo imageFolderInfo()
{
    return {"image_folder", "Image folder", "", "Your own images: one sub-folder a class, or all in one folder without labels.",
            &imageFolderSchema(), openFromOptions};
}

}  // namespace selfsight
