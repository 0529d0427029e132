#include "core/nn/momentum_encoder.h"

#include "core/nn/ema.h"

namespace selfsight {

namespace {

torch::Tensor squaredNorm(const std::vector<torch::Tensor>& tensors)
{
    std::vector<torch::Tensor> squares;
    for (const torch::Tensor& norm : at::_foreach_norm(tensors)) squares.push_back(norm.pow(2));
    return torch::stack(squares).sum();
}

std::vector<torch::Tensor> joined(std::vector<torch::Tensor> list, const std::vector<torch::Tensor>& more)
{
    list.insert(list.end(), more.begin(), more.end());
    return list;
}

}  // namespace

void becomeCopy(torch::nn::Module& copy, const torch::nn::Module& original)
{
    const torch::NoGradGuard noGrad;
    const auto parameters = original.parameters(), buffers = original.buffers();
    const auto ownParameters = copy.parameters(), ownBuffers = copy.buffers();
    for (std::size_t i = 0; i < parameters.size(); ++i) torch::Tensor(ownParameters[i]).copy_(parameters[i]).set_requires_grad(false);
    for (std::size_t i = 0; i < buffers.size(); ++i) torch::Tensor(ownBuffers[i]).copy_(buffers[i]);
}

MomentumEncoder::MomentumEncoder(std::shared_ptr<Backbone> backbone, torch::nn::Sequential head,
                                 std::shared_ptr<Backbone> onlineBackbone, torch::nn::Sequential onlineHead)
    : m_backbone(register_module("backbone", std::move(backbone))), m_onlineBackbone(std::move(onlineBackbone)),
      m_head(register_module("head", std::move(head))), m_onlineHead(std::move(onlineHead))
{
    becomeCopy(*m_backbone, *m_onlineBackbone);
    becomeCopy(*m_head, *m_onlineHead);
}

torch::Tensor MomentumEncoder::forward(const torch::Tensor& images)
{
    const torch::NoGradGuard noGrad;
    return m_head->forward(m_backbone->forward(images));
}

void MomentumEncoder::follow(double momentum)
{
    emaUpdate(own(), online(), momentum);
}

torch::Tensor MomentumEncoder::distance() const
{
    const torch::NoGradGuard noGrad;
    return (squaredNorm(at::_foreach_sub(online(), own())) / squaredNorm(online())).sqrt();
}

std::vector<torch::Tensor> MomentumEncoder::own() const
{
    return joined(m_backbone->parameters(), m_head->parameters());
}

std::vector<torch::Tensor> MomentumEncoder::online() const
{
    return joined(m_onlineBackbone->parameters(), m_onlineHead->parameters());
}

}  // namespace selfsight
