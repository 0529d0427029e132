// Any step of a stored run seen again: the very views that it trained on, and what is known of its batch. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/config/experiment.h"
#include "core/record/step_evidence.h"
#include "core/record/step_record.h"

namespace selfsight {

struct ReplayedImage {
    std::int64_t image = 0;  // index in the training set
    std::string name;        // what the data set calls it
    std::string label;       // its class in the first label table; empty: none
    RgbImage source;
    Box kept;                // what of it the first view shows
    std::vector<RgbImage> views;
};

using IsCancelled = std::function<bool()>;

/// The record of one step. Throws Error when the run has none of it.
StepRecord recordedStep(const std::filesystem::path& run, std::int64_t step);

/// The images of that step's batch, in its order. Throws Error when the data have gone.
std::vector<std::int64_t> imagesOfStep(const std::filesystem::path& run, std::int64_t step, const Catalog& catalog);

/// `places` in the batch, from 0; all when empty. The pixels are those that the step was trained on, before normalisation. Fewer than wanted
/// when cancelled. Throws Error for signals, and when the data have gone or are not those of the run.
std::vector<ReplayedImage> replayViews(const std::filesystem::path& run, std::int64_t step, const std::vector<std::int64_t>& places,
                                       const Catalog& catalog, const IsCancelled& isCancelled);

/// What was kept of that step; else its loss, gradients and similarity with the weights of the nearest checkpoint before it, on `threads`
/// threads of this machine's CPU. Throws Error when there is none. Thread: one that computes nothing else.
StepEvidence evidenceOfStep(const std::filesystem::path& run, std::int64_t step, const Catalog& catalog, int threads, bool recompute = false);

}  // namespace selfsight
