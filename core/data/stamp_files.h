// The cut-outs of Tux Paint's stamps, or of any folder of PNG files with alpha: which of them are pictures of things, and read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/base/issue.h"

namespace selfsight {

/// One thing without its ground, as small as is needed: width x height pixels of four bytes, colours weighted with alpha.
struct Stamp {
    std::string file;  // below the root
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;
    std::uint64_t bytes = 0;  // of the file
};

struct StampFolder {
    std::vector<Stamp> stamps;  // by name
    std::vector<Issue> issues;  // files that cannot be read, left out
};

/// PNG files below `root`, at any depth, that are pictures with a transparent ground of at least kSmallestStamp pixels. Folders named
/// cartoon, symbols, seasonal, flags or roadsigns are left out, and so are hidden names and what Tux Paint flips itself (_mirror,
/// _flip). Links to folders are not followed. Each is cut to what is seen of it and reduced until its longer side has at most `side`
/// pixels. Thread: decodes on all cores. Throws Error when the folder cannot be read, holds none, or more than 5 % are damaged.
StampFolder readStamps(const std::filesystem::path& root, int side);

inline constexpr int kSmallestStamp = 48;

/// "animals/birds" of animals/birds/robin.png and of what lies deeper; "stamps" of a file without a folder.
std::string stampClass(const std::string& file);

}  // namespace selfsight
