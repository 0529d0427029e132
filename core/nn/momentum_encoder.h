// The slow copy of a network that gives the other network its targets.
// Papers: He et al. 2019 (MoCo), arXiv 1911.05722, 3.2; Grill et al. 2020 (BYOL), arXiv 2006.07733, equation 1.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include "core/nn/backbone.h"

namespace selfsight {

/// Gives `copy` the parameters and buffers of `original` and takes it out of training: no gradient, no optimiser.
void becomeCopy(torch::nn::Module& copy, const torch::nn::Module& original);

/// Starts equal to the backbone and head it follows. Its batch norms see its own batches and keep their own statistics.
class MomentumEncoder : public torch::nn::Module {
public:
    /// `backbone` and `head` are fresh ones of the architecture of `onlineBackbone` and `onlineHead`.
    MomentumEncoder(std::shared_ptr<Backbone> backbone, torch::nn::Sequential head, std::shared_ptr<Backbone> onlineBackbone,
                    torch::nn::Sequential onlineHead);

    torch::Tensor forward(const torch::Tensor& images);  // (B, C, H, W) -> (B, D), a constant

    /// weights <- momentum * weights + (1 - momentum) * online weights
    void follow(double momentum);

    /// ||online - this|| / ||online|| over all parameters, a scalar.
    torch::Tensor distance() const;

private:
    std::vector<torch::Tensor> own() const;
    std::vector<torch::Tensor> online() const;

    std::shared_ptr<Backbone> m_backbone, m_onlineBackbone;
    torch::nn::Sequential m_head{nullptr}, m_onlineHead{nullptr};
};

}  // namespace selfsight
