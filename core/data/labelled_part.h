// A few labels: which images of a data set keep theirs, the same ones every time, as many of each class.
// Papers: SimCLR, arXiv 2002.05709, 4 (1 % and 10 % of the labels, class-balanced).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/data_set.h"

namespace selfsight
{

struct LabelShare {
    double share = 1;  // of all images, 0..1
    std::uint64_t seed = 1;
};

struct LabelledImages {
    std::vector<std::int64_t> images;  // ascending
    std::vector<std::string> notes;    // what is not as one would expect, a sentence each
};

/// share * N / C images of each class, at least one; a class that has fewer gives all. A larger share of the same seed holds the
/// smaller one. All of the images where share is 1.
LabelledImages labelledImages(const LabelTable& table, const LabelShare& share);

/// Those images alone, as a data set: its image i is images[i] of `data`.
std::shared_ptr<const DataSet> partOf(std::shared_ptr<const DataSet> data, std::vector<std::int64_t> images);

}  // namespace selfsight
