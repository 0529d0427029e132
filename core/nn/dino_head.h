// The head of DINO and iBOT: an MLP to a small unit vector, then its cosines with many learnt directions.
// Paper: Caron et al. 2021, arXiv 2104.14294, 3.1 and appendix C; names of the official checkpoints.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>

namespace selfsight {

struct DinoHeadOptions {
    std::int64_t in = 0;
    std::int64_t out = 65536;
    int layers = 3;  // of the MLP
    std::int64_t hidden = 2048;
    std::int64_t bottleneck = 256;
    bool batchNorm = false;
    bool normLastLayer = true;  // lengths of the last layer's rows fixed at 1: more stable, a little worse
};

class DinoHead : public torch::nn::Module {
public:
    explicit DinoHead(const DinoHeadOptions& options);

    torch::Tensor forward(const torch::Tensor& x);  // (B, in) -> (B, out)

private:
    torch::nn::Sequential m_mlp;
    torch::Tensor m_lengths, m_directions;  // last_layer.weight_g (out, 1), last_layer.weight_v (out, bottleneck)
};

}  // namespace selfsight
