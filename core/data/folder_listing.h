// The files of a folder that hold one sample each: one class a sub-folder, or flat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/issue.h"

namespace selfsight {

/// Which files count, and what they are called.
struct FileKind {
    std::string noun;                               // "image"
    std::string remedy;                             // how such files are named and where they lie
    bool (*fits)(const std::filesystem::path&);     // by its name
    int (*look)(const std::filesystem::path&);      // at its first bytes: a measure above 0. Throws Error: not readable
};

struct FolderFile {
    std::string file;         // below the root
    std::int32_t label = -1;  // index of its class; -1: flat
    std::uint64_t bytes = 0;
    int measure = 0;          // what FileKind::look said; 0: not looked at
};

struct FolderListing {
    std::filesystem::path root;
    std::vector<std::string> classes;  // empty: flat
    std::vector<FolderFile> files;
    std::vector<Issue> issues;
};

/// What was left out of a folder, or is odd about it.
Issue folderWarning(const std::filesystem::path& place, const std::string& message);

/// Order: classes sorted by name, below them folders and then files sorted by name, as torchvision's ImageFolder does.
/// Links are followed, names with a leading dot skipped; a class folder without such files is left out with a warning.
/// Throws Error when there is none.
FolderListing listFiles(const std::filesystem::path& root, const FileKind& kind);

/// Looks at the first bytes of every file and leaves out, with a warning, those that cannot be read.
/// Throws Error when these are more than 5 %.
void checkHeaders(FolderListing& listing, const FileKind& kind);

/// Leaves out the files for which `problem` has words, with a warning. Throws Error when these are more than 5 %.
void leaveOut(FolderListing& listing, const std::string& noun, const std::function<std::string(FolderFile&)>& problem);

}  // namespace selfsight
