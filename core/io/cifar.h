// CIFAR-10 and CIFAR-100 in their binary release: rows of one or two label bytes and a planar 32 x 32 RGB image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfsight {

enum class CifarKind { Cifar10, Cifar100 };

constexpr int kCifarSide = 32;
constexpr int kCifarImageBytes = 3 * kCifarSide * kCifarSide;

struct CifarPart {
    std::vector<std::uint8_t> pixels;  // (N, 32, 32, 3): interleaved, unlike in the file
    std::vector<std::int32_t> fine;    // the class
    std::vector<std::int32_t> coarse;  // CIFAR-100's superclass; empty for CIFAR-10
};

struct CifarFiles {
    CifarPart train;
    CifarPart test;
    std::vector<std::string> fineNames;
    std::vector<std::string> coarseNames;
};

/// `path` is the unpacked folder, the archive (.tar.gz), or a folder that holds either under its usual name.
/// Throws Error: what is missing or cut off; the Python release (pickles) is recognised and refused.
CifarFiles readCifar(const std::filesystem::path& path, CifarKind kind);

}  // namespace selfsight
