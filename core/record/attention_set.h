// The images whose attention maps a run keeps at every snapshot of its attention probe, and the names of what it keeps of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

/// Told once a run, before the first maps of it.
struct AttentionSet {
    std::string title;                 // "8 of 1,024 held-out images of Shapes"
    std::vector<std::string> names;    // one an image
    std::vector<std::string> classes;  // one an image; empty: nothing is labelled
    int side = 0;                      // pixels, a multiple of the patch
    std::vector<std::uint8_t> pixels;  // (images, side, side, 3): what the network sees, before it is normalised
    std::vector<std::uint8_t> masks;   // (images, side, side): 255 where the object is; empty: not known

    std::size_t size() const { return names.size(); }
    bool operator==(const AttentionSet&) const = default;
};

/// Arrays in a snapshot: of the last block and [CLS]'s query, in the weights that the method shows (DINO: the teacher's).
namespace attention {
inline constexpr const char* kMaps = "attention.maps";  // (images, heads, rows, columns): shares of attention, kept as float16
}  // namespace attention

/// Figures in a snapshot, means over the images; heads count from 1.
///   attention.entropy.head_1 ...   nats
///   attention.distance.head_1 ...  patches
///   attention.iou.head_1 ...       of the mask that holds 60 % of the mass with the object's, where masks are known
///   attention.iou.best             of the best head of each image; attention.iou.best_head: of the head that is best over all images
namespace attention {
inline constexpr const char* kEntropy = "attention.entropy.";
inline constexpr const char* kDistance = "attention.distance.";
inline constexpr const char* kIou = "attention.iou.";
}  // namespace attention

}  // namespace selfsight
