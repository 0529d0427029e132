#include "core/nn/projection_head.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "core/nn/group_norm.h"

namespace selfsight {

namespace {

constexpr std::int64_t kGroups = 16;  // Richemond et al. 2020, arXiv 2010.10241

void appendNorm(torch::nn::Sequential& head, HeadNorm norm, std::int64_t size)
{
    if (norm == HeadNorm::None) return;
    if (norm == HeadNorm::Group) {
        head->push_back(std::make_shared<GroupNorm>(kGroups, size));
        return;
    }
    torch::nn::BatchNorm1d layer(torch::nn::BatchNorm1dOptions(size).affine(norm != HeadNorm::BatchNoAffine));
    if (norm == HeadNorm::BatchNoShift) layer->bias.set_requires_grad(false);
    head->push_back(layer);
}

}  // namespace

torch::nn::Sequential makeHead(const std::vector<HeadLayer>& layers)
{
    torch::nn::Sequential head;
    for (const HeadLayer& layer : layers) {
        head->push_back(torch::nn::Linear(torch::nn::LinearOptions(layer.in, layer.out).bias(layer.bias)));
        appendNorm(head, layer.norm, layer.out);
        if (layer.activation == HeadActivation::Relu) head->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
        if (layer.activation == HeadActivation::Gelu) head->push_back(torch::nn::GELU());
    }
    if (layers.empty()) head->push_back(torch::nn::Identity());
    return head;
}

std::vector<HeadLayer> mlpLayers(const MlpShape& shape)
{
    std::vector<HeadLayer> layers;
    for (int i = 0; i < shape.layers; ++i) {
        const bool last = i + 1 == shape.layers;
        layers.push_back({.in = i == 0 ? shape.in : shape.hidden,
                          .out = last ? shape.out : shape.hidden,
                          .norm = last ? shape.lastNorm : shape.hiddenNorm,
                          .activation = last ? HeadActivation::None : HeadActivation::Relu,
                          .bias = last ? shape.lastBias : shape.hiddenBias});
    }
    return layers;
}

torch::nn::Sequential makeMlp(const MlpShape& shape)
{
    return makeHead(mlpLayers(shape));
}

torch::Tensor centreLastLayer(torch::nn::SequentialImpl& head, torch::Tensor x)
{
    constexpr double kLeast = 1e-6;  // a channel that is the same for all rows stays as small as it is
    const auto last = head.end() - 1;
    for (auto layer = head.begin(); layer != last; ++layer) x = layer->forward(x);
    torch::Tensor weight = last->ptr()->as<torch::nn::Linear>()->weight;
    if (x.size(0) > 1) {
        const torch::Tensor mean = x.mean(0);
        weight.sub_(weight.mv(mean).outer(mean) / mean.dot(mean).clamp_min(kLeast));
        weight.div_(x.mm(weight.t()).std(0, true).clamp_min(kLeast).unsqueeze(1));
    }
    return x.mm(weight.t());
}

}  // namespace selfsight
