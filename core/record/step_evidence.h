// What is kept of a step that matters: a gradient spike, or a loss that is not finite. Plain numbers, no tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

struct StepEvidence {
    std::int64_t step = 0, epoch = 0, batch = 0;  // as StepRecord
    std::int64_t weightsStep = 0;       // steps that the weights had taken: step - 1 when seen live, a checkpoint's when recomputed
    std::string reason;                 // "gradient spike in backbone.patch_embed.proj.weight"
    std::vector<std::int64_t> images;   // (B) indices in the training set
    std::vector<float> losses;          // (B); empty: the method has no loss of single images
    std::int64_t side = 0;              // rows of the similarity: B, at most kLargestSide
    std::vector<float> similarity;      // (side, side): of the method's two sides, else cosines of its embedding
    std::string similarityTitle;        // what it is
    std::vector<float> gradientNorms;   // RunInfo::layerNames, before clipping
    std::vector<float> clippedNorms;    // what the optimiser got; empty: it never came to that

    static constexpr std::int64_t kLargestSide = 512;
    bool isRecomputed() const { return weightsStep != step - 1; }
    bool hasLosses() const { return !losses.empty() && losses.size() == images.size(); }
    /// Places in the batch of at most `count` images, those with the largest losses first; the first ones where single images have none.
    std::vector<std::int64_t> worstPlaces(std::size_t count) const;
};

}  // namespace selfsight
