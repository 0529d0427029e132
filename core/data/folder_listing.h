// The images of a folder: one class a sub-folder, or flat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/issue.h"

namespace selfsight {

struct FolderImage {
    std::string file;         // below the root
    std::int32_t label = -1;  // index of its class; -1: flat
    std::uint64_t bytes = 0;
    int shorterSide = 0;  // 0: not looked at
};

struct FolderListing {
    std::filesystem::path root;
    std::vector<std::string> classes;  // empty: flat
    std::vector<FolderImage> images;
    std::vector<Issue> issues;
};

/// Order: classes sorted by name, below them folders and then files sorted by name, as torchvision's ImageFolder does.
/// Links are followed, names with a leading dot skipped; a class folder without images is left out with a warning.
/// Throws Error when there is no image.
FolderListing listImages(const std::filesystem::path& root);

/// Looks at the first bytes of every file and leaves out, with a warning, those that are no readable image.
/// Throws Error when these are more than 5 %.
void checkHeaders(FolderListing& listing);

}  // namespace selfsight
