#include "core/data/image_folder.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/file_images.h"
#include "core/data/folder_parts.h"
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
        addPartOptions(s, "images");
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

const FileKind& imageFiles()
{
    static const FileKind kind{
        .noun = "image",
        .remedy = "Images end in .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff or .webp and lie in one sub-folder a class, or all in one folder.",
        .fits = hasImageExtension,
        .look = [](const fs::path& file) {
            const ImageHeader header = readImageHeader(file);
            return std::min(header.width, header.height);
        }};
    return kind;
}

std::shared_ptr<const DataSet> makeSet(const FolderListing& listing, const ImageFolderOptions& options,
                                       const std::shared_ptr<CacheBudget>& budget)
{
    return std::make_shared<FileImageSet>(listing.root, fileNames(listing), tablesOf(listing), static_cast<int>(options.cacheSide),
                                          budget);
}

/// The middle of the shorter sides, of a few files where none was looked at; a view of more than 224 pixels is for experts.
int typicalSide(const FolderListing& listing)
{
    std::vector<int> sides;
    for (const FolderFile& file : listing.files)
        if (file.measure > 0) sides.push_back(file.measure);
    for (std::size_t i = 0; sides.empty() && i < listing.files.size(); ++i) {
        try {
            sides.push_back(imageFiles().look(listing.root / listing.files[i].file));
        } catch (const Error&) {
            // The loader names it when its turn comes.
        }
    }
    if (sides.empty()) throw Error(listing.root.string(), "none of its images can be read");
    std::nth_element(sides.begin(), sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2), sides.end());
    return std::min(224, sides[sides.size() / 2]);
}

DataSplits openFromOptions(const OptionSet& set, const fs::path& base)
{
    const ImageFolderOptions options = imageFolderSchema().read(set);
    return openImageFolder(findData(options.path, base, "Set data.path to a folder of images."), options);
}

}  // namespace

DataSplits openImageFolder(const fs::path& root, const ImageFolderOptions& options)
{
    const FolderParts parts = listParts(root, imageFiles(), {options.checkFiles, options.testShare, options.splitSeed});
    DataSplits splits{.title = root.filename().string()};
    splits.statistics = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};  // ImageNet's: photographs resemble each other
    splits.imageSize = typicalSide(parts.train);
    if (options.cacheSide > 0) splits.imageSize = std::min(splits.imageSize, static_cast<int>(options.cacheSide));
    const auto budget = std::make_shared<CacheBudget>(options.cacheMegabytes << 20);
    splits.train = makeSet(parts.train, options, budget);
    if (!parts.test.files.empty()) splits.test = makeSet(parts.test, options, budget);
    splits.issues = issuesOf(parts);
    Fingerprint fingerprint = fingerprintOf(parts);
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
