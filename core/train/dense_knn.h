// kNN accuracy every few steps for next to nothing, from features that the step has computed anyway: the newest views
// are classified by those of the steps before them. Internal to core/train: it has torch in it.
// Paper: Chen, Xie and He 2021 (MoCo v3), arXiv 2104.02057, section 4.1: dips of this curve follow spikes of the gradient.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <torch/types.h>

#include "core/data/data_set.h"
#include "core/record/snapshot.h"
#include "core/train/train_options.h"

namespace selfsight {

/// Views are augmented and the network is in training mode: an accuracy to be compared with itself over time, not with other figures.
class DenseKnn {
public:
    /// Without labels it does nothing.
    DenseKnn(const DataSet& data, const RecordOptions& options, const torch::Device& device);

    /// After each step. rows (B, D) detached, on the device; a figure when one is due and the bank is full enough.
    std::optional<ProbeFigure> take(std::int64_t step, const torch::Tensor& rows, const std::vector<std::int64_t>& images);

private:
    ProbeFigure measure() const;

    std::int64_t m_every, m_most;  // steps; rows of the bank, a tenth of the data
    std::int64_t m_neighbours;
    double m_temperature;
    std::int64_t m_classes = 0;
    torch::Device m_device;
    torch::Tensor m_labels;                        // (N) int64
    std::deque<torch::Tensor> m_rows, m_images;    // (B, D) unit rows; (B) int64
    std::int64_t m_count = 0;
};

}  // namespace selfsight
