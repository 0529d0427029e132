#include "core/data/folder_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/error.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

struct Found {
    std::string folder;
    std::string file;
    std::uint64_t bytes = 0;
};

struct Walk {
    const FileKind& kind;
    std::vector<Found> files;
    std::set<std::string> otherExtensions = {};
    std::set<fs::path> ancestors = {};  // a link to one of these would go round for ever
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
            if (result.kind.fits(name)) result.files.push_back({below.string(), name.string(), entry.file_size(broken)});
            else result.otherExtensions.insert(extensionOf(name));
        }
    }
    result.ancestors.erase(real);
}

void append(Walk&& found, std::int32_t label, FolderListing& listing)
{
    std::sort(found.files.begin(), found.files.end(),
              [](const Found& a, const Found& b) { return std::tie(a.folder, a.file) < std::tie(b.folder, b.file); });
    for (const Found& file : found.files)
        listing.files.push_back({.file = (fs::path(file.folder) / file.file).string(), .label = label, .bytes = file.bytes});
}

[[noreturn]] void throwEmpty(const fs::path& root, const FileKind& kind, const std::set<std::string>& others)
{
    const std::string seen = others.empty() ? std::string("is empty")
                                            : fmt::format("holds no {}, only files of type {}", kind.noun, fmt::join(others, ", "));
    throw Error(root.string(), seen, kind.remedy);
}

}  // namespace

Issue folderWarning(const fs::path& place, const std::string& message)
{
    return {.severity = Issue::Severity::Warning, .file = place.string(), .message = message};
}

FolderListing listFiles(const fs::path& root, const FileKind& kind)
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
            Walk found{kind, {}};
            walk(root, folder, true, found);
            others.insert(found.otherExtensions.begin(), found.otherExtensions.end());
            if (found.files.empty()) {
                listing.issues.push_back(folderWarning(root / folder, fmt::format("holds no {}: it is no class", kind.noun)));
                continue;
            }
            append(std::move(found), static_cast<std::int32_t>(listing.classes.size()), listing);
            listing.classes.push_back(folder);
        }

        Walk loose{kind, {}};
        walk(root, {}, false, loose);
        others.insert(loose.otherExtensions.begin(), loose.otherExtensions.end());
        if (listing.classes.empty()) append(std::move(loose), -1, listing);
        else if (!loose.files.empty())
            listing.issues.push_back(
                folderWarning(root, fmt::format("{} {}s beside the class folders are left out", loose.files.size(), kind.noun)));
        if (listing.files.empty()) throwEmpty(root, kind, others);
    } catch (const fs::filesystem_error& error) {
        throw Error(error.path1().string(), "cannot be listed: " + error.code().message());
    }
    return listing;
}

void leaveOut(FolderListing& listing, const std::string& noun, const std::function<std::string(FolderFile&)>& problem)
{
    const std::size_t all = listing.files.size();
    std::vector<FolderFile> kept;
    std::string first;
    for (FolderFile& file : listing.files) {
        const std::string words = problem(file);
        if (words.empty()) {
            kept.push_back(std::move(file));
            continue;
        }
        if (first.empty()) first = words;
        listing.issues.push_back(folderWarning({}, "left out: " + words));
    }
    listing.files = std::move(kept);
    const std::size_t bad = all - listing.files.size();
    if (bad * 20 > all)
        throw Error(listing.root.string(),
                    fmt::format("{} of {} {}s cannot be read, more than 5 %. The first: {}", bad, all, noun, first));
}

void checkHeaders(FolderListing& listing, const FileKind& kind)
{
    leaveOut(listing, kind.noun, [&](FolderFile& file) -> std::string {
        try {
            file.measure = kind.look(listing.root / file.file);
            return {};
        } catch (const Error& error) {
            return error.what();
        }
    });
}

}  // namespace selfsight
