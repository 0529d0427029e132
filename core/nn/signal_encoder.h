// Strided convolutions along a signal, each a few samples wide: one latent for every stretch of it.
// Paper: van den Oord et al. 2018 (CPC), arXiv 1807.03748, 3.1.
#pragma once

#include <torch/nn/modules/conv.h>

#include <vector>

#include "core/nn/backbone.h"

namespace selfsight {

struct SignalEncoderOptions {
    int layers = 5;
    int channels = 128;
};

const SchemaFor<SignalEncoderOptions>& signalEncoderSchema();

/// How many latents a signal of `samples` gives; 0: it is too short.
std::int64_t latentCount(const SignalEncoderOptions& options, std::int64_t samples);

/// What does not fit the views: BackboneInfo::conflicts.
std::vector<Conflict> signalEncoderConflicts(const OptionSet& options, const ViewPlan& views);

/// Latent i is a function of the samples i stride() .. i stride() + reach() - 1: nothing is padded, and no norm looks at others.
class SignalEncoder : public Backbone {
public:
    explicit SignalEncoder(const SignalEncoderOptions& options);

    torch::Tensor forward(const torch::Tensor& signals) override { return latents(signals).mean(1); }  // (B, 1, 1, T) -> (B, D)
    std::int64_t featureSize() const override { return m_channels; }

    /// (B, 1, 1, T) -> (B, latentCount(), D)
    torch::Tensor latents(const torch::Tensor& signals);

    std::int64_t stride() const { return m_stride; }  // samples from one latent to the next
    std::int64_t reach() const { return m_reach; }    // samples that a latent sees

private:
    std::int64_t m_channels, m_stride, m_reach;
    std::vector<torch::nn::Conv1d> m_layers;
};

}  // namespace selfsight
