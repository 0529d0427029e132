// Batches of views, made ahead by worker threads in bounded memory. The sequence of batches is a pure function of
// (seed, position): the number of threads changes only how soon a batch is ready.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/augment/view_pipeline.h"
#include "core/base/issue.h"
#include "core/data/data_set.h"

namespace selfsight {

/// One view of every sample of a batch.
struct ViewBlock {
    int size = 0;               // pixels a side; of signals, samples
    std::vector<float> pixels;  // (B, H, W, 3), normalised: channels last, as the image is stored; of signals (B, T)
};

struct Batch {
    std::int64_t epoch = 0;
    std::int64_t index = 0;                 // within the epoch
    std::vector<std::int64_t> images;       // (B) indices in the data set
    std::vector<ViewBlock> views;           // global first
};

struct LoaderOptions {
    std::int64_t batchSize = 256;
    std::uint64_t seed = 1;
    int threads = 1;
    int niceness = 0;
};

/// Where a loader stands, or begins.
struct LoaderPosition {
    std::int64_t epoch = 0;
    std::int64_t batch = 0;  // the next, within the epoch
    std::int64_t seen = 0;   // images in the batches before
    std::int64_t bad = 0;    // unreadable ones among them
};

/// The image that a loader makes views of for `index`: the next one that reads where it does not, a hundred ahead at most. Throws what the
/// last of them threw.
RgbImage readableImage(const DataSet& data, std::int64_t index);

/// Images are visited in an order keyed by (seed, epoch); an incomplete last batch is dropped.
/// An unreadable image is replaced by the next index that reads ((i + 1) mod n, views keyed by the original), once
/// listed as a warning; reading fails with Error when more than 5 % of the images seen are bad.
/// Thread: next() from one thread.
class BatchLoader {
public:
    /// Throws Error when batchSize exceeds the data set.
    BatchLoader(std::shared_ptr<const DataSet> data, std::shared_ptr<const ViewPipeline> pipeline, LoaderOptions options,
                const LoaderPosition& begin = {});
    ~BatchLoader();

    std::int64_t batchesPerEpoch() const;

    /// Behind the batches that next() has given.
    LoaderPosition position() const;

    /// Waits for the next batch. Errors of the workers are thrown here.
    Batch next();

    /// Gives a used batch's memory back for the next one.
    void recycle(Batch&& batch);

    /// Unreadable images met since the last call.
    std::vector<Issue> takeIssues();

    /// The image indices of any batch, without reading an image: what replay needs.
    static std::vector<std::int64_t> imagesOf(std::int64_t dataSize, std::int64_t batchSize, std::uint64_t seed,
                                              std::int64_t epoch, std::int64_t batch);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace selfsight
