// A linear classifier that learns beside the training, from the features that each step has computed anyway. Internal to core/train: it
// has torch in it. Method: as in SimSiam's and lightly's monitors; features standardised as MAE, arXiv 2111.06377, A.1, does for its probe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <torch/types.h>

#include "core/data/data_set.h"
#include "core/record/snapshot.h"
#include "core/train/named_tensors.h"
#include "core/train/train_options.h"

namespace selfsight {

/// Its gradient never reaches the network. It chases features that move, so it tells how the training goes; what they are worth is told by
/// the linear probe of core/evaluate, on features that stand still and images that were not trained on.
class OnlineProbe {
public:
    /// Without labels it does nothing.
    OnlineProbe(const DataSet& data, const RecordOptions& options, const torch::Device& device);

    /// After each step. rows (B, D) detached, on the device; every `dense_knn_every_steps` the accuracy on the views since the last figure, each
    /// judged before the probe learnt from it.
    std::optional<ProbeFigure> take(std::int64_t step, const torch::Tensor& rows, const std::vector<std::int64_t>& images);

    /// Empty before the first step. What does not fit begins anew.
    NamedTensors state() const;
    void restore(const NamedTensors& state);

private:
    void begin(std::int64_t columns);
    void learn(const torch::Tensor& x, const torch::Tensor& labels);

    std::int64_t m_every;
    std::int64_t m_classes = 0;
    torch::Device m_device;
    torch::Tensor m_labels;                      // (N) int64
    torch::Tensor m_mean, m_variance;            // (D), of the features, moving
    torch::Tensor m_weight, m_first, m_second;   // (D + 1, classes): weights and bias, and Adam's moments
    torch::Tensor m_right;                       // scalar, since the last figure
    std::int64_t m_seen = 0, m_steps = 0;
};

}  // namespace selfsight
