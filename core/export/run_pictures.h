// What a log folder shows of a run's data: the views of a few images, and the test images by their features.
// Internal to core/export.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/data/data_set.h"
#include "core/export/export.h"

namespace selfsight {

/// An image a row: as it is, then its views as training saw them in its first epoch. Empty when no image can be read.
RgbImage gridOfViews(const DataSet& data, const ViewPipeline& pipeline, std::uint64_t seed);

/// Pictures of `side` pixels in a square of as many rows as columns, row by row, as TensorBoard's projector cuts it.
RgbImage spriteOf(const std::vector<RgbImage>& pictures, int side);

/// At most `most` indices of a data set, each class by its share, the same ones every time.
std::vector<std::int64_t> chosenImages(const DataSet& data, std::size_t most);

}  // namespace selfsight
