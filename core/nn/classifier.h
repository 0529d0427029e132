// A network that names classes: a backbone, what is kept of a projection head, and a linear layer.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <memory>
#include <string>

#include "core/nn/backbone.h"

namespace selfsight
{

/// Head layers that are kept, each a linear layer with what follows it, the activation included.
struct KeptHead {
    std::int64_t layers = 0;  // 0: none
    std::int64_t hidden = 512;
    bool batchNorm = true;
    bool bias = false;
};

/// (B, in) -> (B, hidden), or (B, in) without layers. Named as the projection head it is taken from.
torch::nn::Sequential makeKeptHead(const KeptHead& shape, std::int64_t in);

class Classifier : public torch::nn::Module
{
public:
    Classifier(std::shared_ptr<Backbone> backbone, torch::nn::Sequential head, std::int64_t in, std::int64_t outputs);

    torch::Tensor features(const torch::Tensor& images);        // (B, C, H, W) -> (B, D)
    torch::Tensor logits(const torch::Tensor& features);        // (B, D) -> (B, outputs), float
    torch::Tensor logitsOfPooled(const torch::Tensor& pooled);  // the backbone's output (B, D) -> (B, outputs)
    torch::Tensor forward(const torch::Tensor& images) { return logits(features(images)); }

    std::int64_t outputs() const { return m_outputs; }
    Backbone& backbone() { return *m_backbone; }

    /// No gradient reaches it, and its batch norm stays in evaluation mode whatever the owner's mode is: see train().
    void freeze();
    void train(bool on = true) override;

private:
    std::shared_ptr<Backbone> m_backbone;
    torch::nn::Sequential m_head{nullptr}, m_classifier{nullptr};
    std::int64_t m_outputs;
    bool m_frozen = false;
};

}  // namespace selfsight
