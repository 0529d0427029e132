// The features of a run's test images for TensorBoard's embedding projector. Internal to core/export.
#pragma once

#include <filesystem>

#include "core/config/experiment.h"
#include "core/data/data_set.h"
#include "core/export/export.h"
#include "core/export/stored_run.h"

namespace selfsight {

/// Writes tensors.tsv, metadata.tsv, of images sprite.png, and projector_config.pbtxt, which names them. False: cancelled.
/// Of up to 5,000 test images (training images where there are no others), those that can be read.
bool writeProjector(const std::filesystem::path& folder, const Experiment& experiment, const StoredCheckpoint& checkpoint,
                    const DataSplits& data, const ViewPipeline& pipeline, const ExportProgress& progress);

}  // namespace selfsight
