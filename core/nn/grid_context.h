// A summary of everything at and above a place of a grid, which sees no row below.
// Paper: van den Oord et al. 2018 (CPC), arXiv 1807.03748, 3.2.
#pragma once

#include <torch/nn/module.h>

#include <memory>

namespace selfsight {

enum class ContextKind { MaskedConvolution, Gru };

class GridContext : public torch::nn::Module {
public:
    /// (B, H, W, D) -> (B, H, W, C): row r depends on rows 0 .. r alone.
    virtual torch::Tensor forward(const torch::Tensor& latents) = 0;
};

std::shared_ptr<GridContext> makeGridContext(ContextKind kind, std::int64_t in, std::int64_t out);

}  // namespace selfsight
