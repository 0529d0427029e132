// Images that a vision transformer is asked about, as it sees them, with the masks of what they show. Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/augment/view_pipeline.h"
#include "core/data/data_set.h"
#include "core/record/attention_set.h"

namespace selfsight {

/// The part that images are taken from: held out, where there is such a part.
const DataSet& askedPart(const DataSplits& data);

/// Whether the images of `data` come with masks, as its first says; false where that cannot be read.
bool knowsMasks(const DataSet& data);

/// `wanted` images of askedPart(), each class by its share, always the same ones: `first` of them, spread over the classes, come first.
std::vector<std::int64_t> askedImages(const DataSplits& data, std::int64_t wanted, std::int64_t first, std::uint64_t seed);

/// Appends name, class, pixels and mask of each image: the evaluation view's, without what is left of it at the right and lower edge
/// beside whole patches. Images that cannot be read are left out. The first call says `side`.
void appendImages(const DataSet& data, std::span<const std::int64_t> images, const ViewPipeline& pipeline, int patch, AttentionSet& set);

/// The first `count` of it, titled.
AttentionSet firstOf(const AttentionSet& set, std::size_t count, const DataSplits& data);

/// As pixels of the image: 1 where the object is, more than half.
FloatMap maskOf(const AttentionSet& set, std::size_t image);

}  // namespace selfsight
