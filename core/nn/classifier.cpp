#include "core/nn/classifier.h"

#include <vector>

#include "core/nn/precision.h"
#include "core/nn/projection_head.h"

namespace selfsight
{

torch::nn::Sequential makeKeptHead(const KeptHead& shape, std::int64_t in)
{
    std::vector<HeadLayer> layers;
    for (std::int64_t i = 0; i < shape.layers; ++i)
        layers.push_back({.in = i == 0 ? in : shape.hidden,
                          .out = shape.hidden,
                          .norm = shape.batchNorm ? HeadNorm::Batch : HeadNorm::None,
                          .activation = HeadActivation::Relu,
                          .bias = shape.bias});
    return makeHead(layers);
}

Classifier::Classifier(std::shared_ptr<Backbone> backbone, torch::nn::Sequential head, std::int64_t in, std::int64_t outputs)
    : m_outputs(outputs)
{
    m_backbone = register_module("backbone", std::move(backbone));
    m_head = register_module("head", std::move(head));
    m_classifier = register_module("classifier", makeMlp({.layers = 1, .in = in, .out = outputs, .lastBias = true}));
}

torch::Tensor Classifier::features(const torch::Tensor& images)
{
    return m_head->forward(m_backbone->forward(images));
}

torch::Tensor Classifier::logits(const torch::Tensor& features)
{
    return atLeastFloat(m_classifier->forward(features));
}

torch::Tensor Classifier::logitsOfPooled(const torch::Tensor& pooled)
{
    return logits(m_head->forward(pooled));
}

void Classifier::freeze()
{
    m_frozen = true;
    for (torch::Tensor& parameter : parameters()) parameter.set_requires_grad(false);
    train(false);
}

void Classifier::train(bool on)
{
    Module::train(on && !m_frozen);
}

}  // namespace selfsight
