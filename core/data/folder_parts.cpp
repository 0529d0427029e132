#include "core/data/folder_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

/// Moves `share` of each class from `train` to the result, whose order is that of the listing.
FolderListing split(FolderListing& train, double share, std::uint64_t seed)
{
    std::map<std::int32_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < train.files.size(); ++i) members[train.files[i].label].push_back(i);
    std::vector<bool> held(train.files.size(), false);
    for (const auto& [label, indices] : members) {
        const auto order =
            Rng({seed, static_cast<std::uint64_t>(label + 1)}).permutation(static_cast<std::int64_t>(indices.size()));
        const auto count = static_cast<std::size_t>(std::lround(share * static_cast<double>(indices.size())));
        for (std::size_t k = 0; k < count; ++k) held[indices[static_cast<std::size_t>(order[k])]] = true;
    }
    FolderListing test{.root = train.root, .classes = train.classes};
    std::vector<FolderFile> rest;
    for (std::size_t i = 0; i < train.files.size(); ++i) (held[i] ? test.files : rest).push_back(std::move(train.files[i]));
    train.files = std::move(rest);
    return test;
}

/// Gives the held-out files the training part's class numbers; those of other classes are left out.
void alignClasses(const FolderListing& train, FolderListing& test)
{
    if (train.classes.empty() || test.classes == train.classes) return;
    if (test.classes.empty()) {
        test.issues.push_back(folderWarning(test.root, "has no class folders: the held-out files have no labels"));
        return;
    }
    std::vector<std::int32_t> labels;
    for (const std::string& name : test.classes) {
        const auto found = std::find(train.classes.begin(), train.classes.end(), name);
        if (found == train.classes.end())
            test.issues.push_back(folderWarning(test.root / name, "is no class of the training part: its files are left out"));
        labels.push_back(found == train.classes.end() ? -1 : static_cast<std::int32_t>(found - train.classes.begin()));
    }
    for (FolderFile& file : test.files) file.label = labels[static_cast<std::size_t>(file.label)];
    std::erase_if(test.files, [](const FolderFile& file) { return file.label < 0; });
    test.classes = train.classes;
    std::stable_sort(test.files.begin(), test.files.end(),
                     [](const FolderFile& a, const FolderFile& b) { return a.label < b.label; });
}

void addTo(Fingerprint& fingerprint, const FolderListing& listing)
{
    for (const FolderFile& file : listing.files) {
        fingerprint.add(file.file);
        fingerprint.add(file.bytes);
        fingerprint.add(static_cast<std::uint64_t>(file.label + 1));
    }
}

}  // namespace

bool hasTrainFolder(const fs::path& root)
{
    std::error_code ignored;  // listFiles() says what is wrong with a folder that cannot be looked at
    if (!fs::is_directory(root / "train", ignored)) return false;
    if (fs::is_directory(root / "test", ignored) || fs::is_directory(root / "val", ignored)) return true;
    return std::none_of(fs::directory_iterator(root, ignored), {}, [](const fs::directory_entry& entry) {
        std::error_code broken;
        const std::string name = entry.path().filename().string();
        return name != "train" && !name.starts_with('.') && entry.is_directory(broken);
    });
}

FolderParts listParts(const fs::path& root, const FileKind& kind, const FolderPartOptions& options)
{
    const auto listed = [&](const fs::path& folder) {
        FolderListing listing = listFiles(folder, kind);
        if (options.checkFiles) checkHeaders(listing, kind);
        return listing;
    };
    const bool parted = hasTrainFolder(root);
    FolderParts parts{listed(parted ? root / "train" : root), {}};
    for (const char* name : {"test", "val"}) {
        if (!parted || !parts.test.files.empty() || !fs::is_directory(root / name)) continue;
        parts.test = listed(root / name);
        alignClasses(parts.train, parts.test);
    }
    if (parts.test.files.empty() && options.testShare > 0)
        parts.test = split(parts.train, options.testShare, static_cast<std::uint64_t>(options.splitSeed));
    if (parts.train.files.empty()) throw Error(root.string(), "data.test_share leaves no " + kind.noun + " to train on");
    if (parts.train.classes.size() == 1)
        parts.train.issues.push_back(folderWarning(
            parts.train.root,
            fmt::format("has only one class folder: labels carry no information, the {}s count as unlabelled", kind.noun)));
    return parts;
}

std::vector<std::string> fileNames(const FolderListing& listing)
{
    std::vector<std::string> names;
    for (const FolderFile& file : listing.files) names.push_back(file.file);
    return names;
}

std::vector<LabelTable> tablesOf(const FolderListing& listing)
{
    if (listing.classes.size() < 2) return {};
    LabelTable table{"class", listing.classes, {}};
    for (const FolderFile& file : listing.files) table.labels.push_back(file.label);
    return {table};
}

std::vector<Issue> issuesOf(const FolderParts& parts)
{
    std::vector<Issue> issues = parts.train.issues;
    issues.insert(issues.end(), parts.test.issues.begin(), parts.test.issues.end());
    return issues;
}

Fingerprint fingerprintOf(const FolderParts& parts)
{
    Fingerprint fingerprint;
    for (const FolderListing* part : {&parts.train, &parts.test}) addTo(fingerprint, *part);
    return fingerprint;
}

}  // namespace selfsight
