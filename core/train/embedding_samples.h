// Which samples the probes of embedding and attention look at, and what is told of them. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/rng.h"
#include "core/data/data_set.h"
#include "core/record/probe_set.h"

namespace selfsight {

/// Indices count through the training samples and then the test samples. Of `wanted` samples each class of the training set has
/// its share; test samples come in where there are not enough. Ascending.
std::vector<std::int64_t> embeddingSamples(const DataSplits& data, std::int64_t wanted, std::uint64_t seed);

/// `wanted` samples of one data set, in the order of their classes, each class by its share; all of them where there are fewer.
std::vector<std::int64_t> evenlyOverClasses(const DataSet& data, std::int64_t wanted, Rng rng);

/// The data set and the index in it of such a sample.
struct SampleAt {
    const DataSet* data;
    std::int64_t index;
};
SampleAt sampleAt(const DataSplits& data, std::int64_t sample);

/// Everything but the thumbnails of `images`, all of which could be read.
ProbeSet describedSamples(const DataSplits& data, SampleKind kind, std::vector<std::int64_t> images);

/// 12345 as "12,345".
std::string thousands(std::int64_t number);

/// A thumbnail's side for so many samples: all of them together stay within some tens of megabytes.
int thumbnailSide(std::int64_t samples, int viewSize);

/// side x side x 3 bytes; a signal as its waveform. Throws Error when the sample cannot be read.
std::vector<std::uint8_t> thumbnailOf(const SampleAt& sample, SampleKind kind, int side);

}  // namespace selfsight
