// Pairs of IDX files as data sets: images of one grey channel, and labels.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/data/byte_images.h"

namespace selfsight {

/// `file` or `file`.gz in `folder`, or an empty path when neither is there.
std::filesystem::path findIdx(const std::filesystem::path& folder, const std::string& file);

/// `labels` may be empty: no labels. Class names are made from the numbers where `classes` is empty.
/// Throws Error: unreadable files, no image, a label for each image missing or out of range.
std::shared_ptr<const ByteImageSet> readIdxPair(const std::filesystem::path& images, const std::filesystem::path& labels,
                                                std::vector<std::string> classes, PixelStatistics* statistics = nullptr);

}  // namespace selfsight
