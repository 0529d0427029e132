#include "core/nn/projection_head.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

namespace selfsight {

torch::nn::Sequential makeHead(const std::vector<HeadLayer>& layers)
{
    torch::nn::Sequential head;
    for (const HeadLayer& layer : layers) {
        head->push_back(torch::nn::Linear(torch::nn::LinearOptions(layer.in, layer.out).bias(layer.bias)));
        if (layer.norm != HeadNorm::None) {
            torch::nn::BatchNorm1d norm(torch::nn::BatchNorm1dOptions(layer.out).affine(layer.norm != HeadNorm::BatchNoAffine));
            if (layer.norm == HeadNorm::BatchNoShift) norm->bias.set_requires_grad(false);
            head->push_back(norm);
        }
        if (layer.activation == HeadActivation::Relu) head->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
        if (layer.activation == HeadActivation::Gelu) head->push_back(torch::nn::GELU());
    }
    if (layers.empty()) head->push_back(torch::nn::Identity());
    return head;
}

}  // namespace selfsight
