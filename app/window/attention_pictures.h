// From what a network answered to the pictures of the Attention panel, and to files of numbers.
#pragma once

#include <QString>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/train/attention.h"
#include "widgets/attention_view.h"

namespace selfsight {

/// An answer with what has to be said of it.
struct AttentionResult {
    QString model;          // "dino_run, step 1,200"
    QString asked;          // "block 12 of 12, [CLS]"
    AttentionAnswer answer;
    FloatMap truth;         // 1 where the object is, in the pixels of the answer's image; empty: not known
    std::int64_t blocks = 0;  // of the network; 0: not known
    std::int64_t step = 0;    // of a run's weights
};

/// Of the image: patches across and down.
QSize patchesOf(const AttentionAnswer& answer);

/// The image, each head, their mean, and what else was asked for. Thread: any.
std::vector<AttentionCell> attentionCells(const AttentionResult& result, const AttentionLook& look);

/// Of the mask that holds `mass` of a map, enlarged to the truth's size, with the truth.
double attentionOverlap(const FloatMap& map, const FloatMap& truth, double mass);

/// By the suffix: .npy holds the heads as (heads, rows, columns), .csv a row a patch with all maps. Throws Error.
void writeAttentionMaps(const std::filesystem::path& file, const AttentionResult& result);

}  // namespace selfsight
