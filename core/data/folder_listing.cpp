#include "core/data/folder_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/error.h"
#include "core/data/image_file.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

struct Found {
    std::string folder;
    std::string file;
    std::uint64_t bytes = 0;
};

struct Walk {
    std::vector<Found> images;
    std::set<std::string> otherExtensions;
    std::set<fs::path> ancestors;  // a link to one of these would go round for ever
};

bool isHidden(const fs::path& path)
{
    return path.filename().string().starts_with('.');
}

std::string extensionOf(const fs::path& path)
{
    return path.has_extension() ? path.extension().string() : "(no extension)";
}

void walk(const fs::path& root, const fs::path& below, bool deep, Walk& result)
{
    const fs::path real = fs::canonical(root / below);
    if (!result.ancestors.insert(real).second) return;
    for (const fs::directory_entry& entry : fs::directory_iterator(root / below)) {
        std::error_code broken;  // a dangling link is neither file nor folder
        const fs::path name = entry.path().filename();
        if (isHidden(name)) continue;
        if (entry.is_directory(broken)) {
            if (deep) walk(root, below / name, deep, result);
        } else if (entry.is_regular_file(broken)) {
            if (hasImageExtension(name)) result.images.push_back({below.string(), name.string(), entry.file_size(broken)});
            else result.otherExtensions.insert(extensionOf(name));
        }
    }
    result.ancestors.erase(real);
}

void append(Walk&& found, std::int32_t label, FolderListing& listing)
{
    std::sort(found.images.begin(), found.images.end(),
              [](const Found& a, const Found& b) { return std::tie(a.folder, a.file) < std::tie(b.folder, b.file); });
    for (Found& image : found.images)
        listing.images.push_back({.file = (fs::path(image.folder) / image.file).string(), .label = label, .bytes = image.bytes});
}

Issue warning(const fs::path& file, const std::string& message)
{
    return {.severity = Issue::Severity::Warning, .file = file.string(), .message = message};
}

[[noreturn]] void throwEmpty(const fs::path& root, const std::set<std::string>& others)
{
    const std::string seen =
        others.empty() ? std::string("is empty") : fmt::format("holds no image, only files of type {}", fmt::join(others, ", "));
    throw Error(root.string(), seen,
                "Images end in .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff or .webp and lie in one sub-folder a class, or all in "
                "one folder.");
}

}  // namespace

FolderListing listImages(const fs::path& root)
{
    if (!fs::is_directory(root)) throw Error(root.string(), "is not a folder");
    FolderListing listing{.root = root};
    try {
        std::vector<std::string> folders;
        for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
            std::error_code broken;
            if (entry.is_directory(broken) && !isHidden(entry.path())) folders.push_back(entry.path().filename().string());
        }
        std::sort(folders.begin(), folders.end());

        std::set<std::string> others;
        for (const std::string& folder : folders) {
            Walk found;
            walk(root, folder, true, found);
            others.insert(found.otherExtensions.begin(), found.otherExtensions.end());
            if (found.images.empty()) {
                listing.issues.push_back(warning(root / folder, "holds no image: it is no class"));
                continue;
            }
            append(std::move(found), static_cast<std::int32_t>(listing.classes.size()), listing);
            listing.classes.push_back(folder);
        }

        Walk loose;
        walk(root, {}, false, loose);
        others.insert(loose.otherExtensions.begin(), loose.otherExtensions.end());
        if (listing.classes.empty()) append(std::move(loose), -1, listing);
        else if (!loose.images.empty())
            listing.issues.push_back(
                warning(root, fmt::format("{} images beside the class folders are left out", loose.images.size())));
        if (listing.images.empty()) throwEmpty(root, others);
    } catch (const fs::filesystem_error& error) {
        throw Error(error.path1().string(), "cannot be listed: " + error.code().message());
    }
    return listing;
}

void checkHeaders(FolderListing& listing)
{
    const std::size_t all = listing.images.size();
    std::size_t kept = 0;
    std::string first;
    for (FolderImage& image : listing.images) {
        try {
            const ImageHeader header = readImageHeader(listing.root / image.file);
            image.shorterSide = std::min(header.width, header.height);
            if (&listing.images[kept] != &image) listing.images[kept] = std::move(image);
            ++kept;
        } catch (const Error& error) {
            if (first.empty()) first = error.what();
            listing.issues.push_back(warning({}, std::string("left out: ") + error.what()));
        }
    }
    listing.images.resize(kept);
    if ((all - kept) * 20 > all)
        throw Error(listing.root.string(),
                    fmt::format("{} of {} images cannot be read, more than 5 %. The first: {}", all - kept, all, first));
}

}  // namespace selfsight
