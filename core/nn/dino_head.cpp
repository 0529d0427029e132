#include "core/nn/dino_head.h"

#include <torch/nn/functional/linear.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "core/nn/projection_head.h"
#include "core/nn/unit_rows.h"

namespace selfsight {

DinoHead::DinoHead(const DinoHeadOptions& options)
{
    std::vector<HeadLayer> layers;
    std::int64_t in = options.in;
    for (int i = 1; i < options.layers; ++i) {
        layers.push_back({.in = in,
                          .out = options.hidden,
                          .norm = options.batchNorm ? HeadNorm::Batch : HeadNorm::None,
                          .activation = HeadActivation::Gelu});
        in = options.hidden;
    }
    layers.push_back({.in = in, .out = options.bottleneck});
    m_mlp = makeHead(layers);
    register_module("mlp", layers.size() == 1 ? m_mlp->ptr(0) : m_mlp.ptr());  // a single layer has no number there
    for (const auto& module : m_mlp->modules(false))
        if (auto* linear = module->as<torch::nn::Linear>()) {
            torch::nn::init::normal_(linear->weight, 0, 0.02);
            torch::nn::init::zeros_(linear->bias);
        }

    const auto last = register_module("last_layer", std::make_shared<torch::nn::Module>());
    m_lengths = last->register_parameter("weight_g", torch::ones({options.out, 1}), !options.normLastLayer);
    const double bound = 1 / std::sqrt(static_cast<double>(options.bottleneck));  // as any linear layer of torch
    m_directions = last->register_parameter("weight_v", torch::empty({options.out, options.bottleneck}).uniform_(-bound, bound));
}

torch::Tensor DinoHead::forward(const torch::Tensor& x)
{
    return torch::nn::functional::linear(unitRows(m_mlp->forward(x)), m_lengths * unitRows(m_directions));
}

}  // namespace selfsight
