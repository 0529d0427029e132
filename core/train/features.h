// Features of samples under the network as it is now, in slices, for probes and evaluation.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/analysis/matrix_view.h"
#include "core/augment/view_pipeline.h"
#include "core/data/data_set.h"
#include "core/methods/method.h"
#include "core/train/device.h"

namespace selfsight {

/// Rows of equal length, on the host.
struct FeatureRows {
    std::int64_t columns = 0;
    std::vector<float> values;         // (rows(), columns)
    std::vector<std::int64_t> images;  // which image each row shows

    std::int64_t rows() const { return static_cast<std::int64_t>(images.size()); }
    MatrixView view() const { return {values.data(), rows(), columns}; }
    void clear() { values.clear(); images.clear(); }
};

/// Makes a view of a sample: writes ViewPipeline::viewFloats(0) numbers.
using MakeView = std::function<void(const Sample& source, std::int64_t index, Canvas& canvas, float* out)>;

/// Puts the method into evaluation mode for its call and back. Thread: the training thread.
class FeatureExtractor {
public:
    FeatureExtractor(Method& method, const ComputeDevice& device, const ViewPipeline& pipeline);

    /// Appends the features of the evaluation view of each sample. Those that cannot be read are left out.
    void append(const DataSet& data, std::span<const std::int64_t> images, FeatureRows& rows) const;

    /// The same of another view.
    void append(const DataSet& data, std::span<const std::int64_t> images, const MakeView& make, FeatureRows& rows) const;

private:
    Method& m_method;
    const ComputeDevice& m_device;
    const ViewPipeline& m_pipeline;
};

/// Appends the evaluation view's bytes (0..1) as rows, or a signal's samples: what the raw data can do.
void appendPixels(const DataSet& data, std::span<const std::int64_t> images, const ViewPipeline& pipeline, FeatureRows& rows);

}  // namespace selfsight
