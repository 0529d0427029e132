// The small networks between backbone and loss, written as data.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>
#include <vector>

namespace selfsight {

enum class HeadNorm { None, Batch, BatchNoShift, BatchNoAffine, Group };  // NoShift: a learnt scale only; Group: no batch statistics
enum class HeadActivation { None, Relu, Gelu };

/// A linear layer and what follows it.
struct HeadLayer {
    std::int64_t in = 0;
    std::int64_t out = 0;
    HeadNorm norm = HeadNorm::None;
    HeadActivation activation = HeadActivation::None;
    bool bias = true;
};

/// (B, layers.front().in) -> (B, layers.back().out). Modules are numbered as in torch: "0" the first linear layer, "1" its norm
/// or activation, and so on. No layers: the identity.
torch::nn::Sequential makeHead(const std::vector<HeadLayer>& layers);

/// Equal hidden layers and another last one: what every paper's projector and predictor is.
struct MlpShape {
    int layers = 2;  // 0: the identity
    std::int64_t in = 0, hidden = 0, out = 0;
    HeadNorm hiddenNorm = HeadNorm::Batch;
    HeadNorm lastNorm = HeadNorm::None;
    bool hiddenBias = false;
    bool lastBias = false;
};

std::vector<HeadLayer> mlpLayers(const MlpShape& shape);
torch::nn::Sequential makeMlp(const MlpShape& shape);

/// Changes the weights of the last layer, a linear one without bias, so that its outputs for `x` (B, in) have mean 0 and standard
/// deviation 1 in every channel. Fewer than two rows: changes nothing. Returns the outputs.
/// Idea: Richemond et al. 2020, arXiv 2010.10241 (starts that depend on the data).
torch::Tensor centreLastLayer(torch::nn::SequentialImpl& head, torch::Tensor x);

}  // namespace selfsight
