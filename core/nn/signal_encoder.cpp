#include "core/nn/signal_encoder.h"

#include <fmt/format.h>
#include <torch/nn/init.h>

#include <array>

namespace selfsight {

namespace {

struct SignalLayer {
    int kernel, stride;
};

constexpr std::array<SignalLayer, 5> kSignalLayers = {{{10, 5}, {8, 4}, {4, 2}, {4, 2}, {4, 2}}};

/// What the first layers come to together.
SignalLayer together(int layers)
{
    SignalLayer all{1, 1};
    for (int i = 0; i < layers; ++i) {
        const auto [kernel, stride] = kSignalLayers[static_cast<std::size_t>(i)];
        all.kernel += (kernel - 1) * all.stride;
        all.stride *= stride;
    }
    return all;
}

}  // namespace

const SchemaFor<SignalEncoderOptions>& signalEncoderSchema()
{
    static const auto table = [] {
        SchemaFor<SignalEncoderOptions> s;
        s.add("layers", &SignalEncoderOptions::layers,
              "The first of the paper's five layers: 1 to 5 of them make a latent of every 5, 20, 40, 80 or 160 samples. Fewer suit short "
              "signals and slow sampling.")
            .range(1, static_cast<double>(kSignalLayers.size()))
            .from("CPC, arXiv 1807.03748, 3.1: 5, a latent every 10 ms at 16 kHz");
        s.add("channels", &SignalEncoderOptions::channels, "Channels of every layer, and the size of a latent.").range(1, 4096).log().from("CPC, 3.1: 512");
        return s;
    }();
    return table;
}

std::int64_t latentCount(const SignalEncoderOptions& options, std::int64_t samples)
{
    const auto [reach, stride] = together(options.layers);
    return samples < reach ? 0 : (samples - reach) / stride + 1;
}

std::vector<Conflict> signalEncoderConflicts(const OptionSet& set, const ViewPlan& views)
{
    const int reach = together(signalEncoderSchema().read(set).layers).kernel;
    if (views.global.size >= reach) return {};
    return {{"views.global.size", "backbone.layers",
             fmt::format("a latent sees {} samples, a window has {}", reach, views.global.size), std::to_string(10 * reach)}};
}

SignalEncoder::SignalEncoder(const SignalEncoderOptions& options)
    : m_channels(options.channels), m_stride(together(options.layers).stride), m_reach(together(options.layers).kernel)
{
    for (int i = 0; i < options.layers; ++i) {
        const auto [kernel, stride] = kSignalLayers[static_cast<std::size_t>(i)];
        const std::int64_t in = i == 0 ? 1 : options.channels;
        m_layers.push_back(register_module(fmt::format("conv{}", i + 1),
                                           torch::nn::Conv1d(torch::nn::Conv1dOptions(in, options.channels, kernel).stride(stride))));
        // Without a norm between them, torch's own start would let the signal fade from layer to layer.
        torch::nn::init::kaiming_normal_(m_layers.back()->weight, 0, torch::kFanIn, torch::kReLU);
        torch::nn::init::zeros_(m_layers.back()->bias);
    }
}

torch::Tensor SignalEncoder::latents(const torch::Tensor& signals)
{
    torch::Tensor x = signals.squeeze(2);  // (B, 1, T)
    for (auto& layer : m_layers) x = torch::relu(layer->forward(x));
    return x.transpose(1, 2);
}

}  // namespace selfsight
