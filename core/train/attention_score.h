// How well a run's heads find the objects of its own data set, at any of its checkpoints. Torch-free. Paper: Caron et al. 2021 (DINO),
// arXiv 2104.14294, 4.2.2 and appendix.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/catalog.h"
#include "core/train/attention.h"

namespace selfsight {

struct ScoreQuestion {
    std::int64_t images = 256;  // of the held-out part where there is one, else of the training part, each class by its share
    double mass = 0.6;          // that a head's mask holds
    AttentionQuestion attention;
};

/// Overlaps: IoU of a head's mask with the object's, 0..1, means over the images.
struct AttentionScore {
    std::string model;            // "run, step 300"
    std::string images;           // "256 of 1,024 held-out images of Shapes"
    std::vector<double> overlaps;  // one a head
    std::size_t bestHead = 0;     // the head with the largest, from 0
    double bestOfEachImage = 0;
    std::vector<double> entropies, distances;  // one a head: nats, patches
};

/// `step`: of a checkpoint, absent for the last. Throws Error: as AttentionModel::ofRun(), and where the data knows no masks.
AttentionScore scoreAttention(const std::filesystem::path& run, std::optional<std::int64_t> step, const ScoreQuestion& question, const Catalog& catalog);

}  // namespace selfsight
