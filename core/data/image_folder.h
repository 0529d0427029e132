// Image folders as data sets; CIFAR unpacked as images is one too.
#pragma once

#include <filesystem>
#include <string>

#include "core/data/data_set.h"

namespace selfsight {

struct ImageFolderOptions {
    std::string path;
    double testShare = 0;
    std::int64_t splitSeed = 1;
    bool checkFiles = true;
    std::int64_t cacheSide = 256;
    std::int64_t cacheMegabytes = 2048;
};

/// `root` holds images, class folders, or train/ and test/ (or val/) with either. Throws Error as listParts()
/// does.
DataSplits openImageFolder(const std::filesystem::path& root, const ImageFolderOptions& options);

}  // namespace selfsight
