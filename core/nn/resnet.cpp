#include "core/nn/resnet.h"

#include <torch/nn/init.h>

namespace selfsight {

namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
{
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

struct ConvolutionShape {
    std::int64_t out, kernel, stride;
};

/// A chain of convolutions beside a shortcut: two of 3x3, or 1x1, 3x3, 1x1.
class ResidualBlock : public torch::nn::Module {
public:
    ResidualBlock(std::int64_t in, const std::vector<ConvolutionShape>& shapes)
    {
        std::int64_t channels = in, stride = 1;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const std::string number = std::to_string(i + 1);
            m_convolutions.push_back(
                register_module("conv" + number, convolution(channels, shapes[i].out, shapes[i].kernel, shapes[i].stride)));
            m_norms.push_back(register_module("bn" + number, torch::nn::BatchNorm2d(shapes[i].out)));
            channels = shapes[i].out;
            stride *= shapes[i].stride;
        }
        if (channels == in && stride == 1) return;
        m_downsample = torch::nn::Sequential();
        m_downsample->push_back(convolution(in, channels, 1, stride));
        m_downsample->push_back(torch::nn::BatchNorm2d(channels));
        register_module("downsample", m_downsample);
    }

    torch::Tensor forward(const torch::Tensor& x)
    {
        torch::Tensor y = x;
        for (std::size_t i = 0; i < m_convolutions.size(); ++i) {
            y = m_norms[i](m_convolutions[i](y));
            if (i + 1 < m_convolutions.size()) y.relu_();
        }
        return y.add_(m_downsample ? m_downsample->forward(x) : x).relu_();
    }

    torch::nn::BatchNorm2d lastNorm() const { return m_norms.back(); }

private:
    std::vector<torch::nn::Conv2d> m_convolutions;
    std::vector<torch::nn::BatchNorm2d> m_norms;
    torch::nn::Sequential m_downsample{nullptr};
};

std::vector<int> blockCounts(int depth)
{
    switch (depth) {
    case 10: return {1, 1, 1, 1};
    case 18: return {2, 2, 2, 2};
    case 101: return {3, 4, 23, 3};
    case 152: return {3, 8, 36, 3};
    default: return {3, 4, 6, 3};  // 34 and 50
    }
}

std::vector<ConvolutionShape> blockShapes(int depth, std::int64_t width, std::int64_t stride)
{
    if (depth < 50) return {{width, 3, stride}, {width, 3, 1}};
    return {{width, 1, 1}, {width, 3, stride}, {4 * width, 1, 1}};
}

}  // namespace

const SchemaFor<ResNetOptions>& resNetSchema()
{
    static const auto table = [] {
        SchemaFor<ResNetOptions> s;
        s.addChoice("depth", &ResNetOptions::depth, {{"10", 10}, {"18", 18}, {"34", 34}, {"50", 50}, {"101", 101}, {"152", 152}},
                    "Number of layers with weights; from 50 on with bottlenecks and four times the features.");
        s.add("width", &ResNetOptions::width, "Channels of the first layer; half the width is a quarter of the work.")
            .range(1, 1024)
            .log();
        s.addChoice("stem", &ResNetOptions::stem,
                    {{"imagenet", Stem::ImageNet}, {"small", Stem::Small}, {"strided", Stem::Strided}},
                    "imagenet: 7x7 stride 2 and max-pool, for 96 pixels and more; small: 3x3, for 32 pixels; strided: 3x3 stride "
                    "2, four times cheaper than small.")
            .from("SimCLR, arXiv 2002.05709, B.9: small for CIFAR-10");
        s.add("zero_init_residual", &ResNetOptions::zeroInitResidual, "Starts every block as the identity.")
            .advanced()
            .from("Goyal et al. 2017, arXiv 1706.02677, 5.1");
        return s;
    }();
    return table;
}

ResNet::ResNet(const ResNetOptions& options) : m_stem(options.stem)
{
    // Weights are drawn in this order, statement by statement: the same numbers with every compiler.
    std::int64_t channels = options.width;
    m_conv1 = register_module("conv1", m_stem == Stem::ImageNet ? convolution(3, channels, 7, 2)
                                                                : convolution(3, channels, 3, m_stem == Stem::Small ? 1 : 2));
    m_bn1 = register_module("bn1", torch::nn::BatchNorm2d(channels));
    std::vector<std::shared_ptr<ResidualBlock>> blocks;
    const std::vector<int> counts = blockCounts(options.depth);
    for (std::size_t layer = 0; layer < counts.size(); ++layer) {
        torch::nn::Sequential sequence;
        for (int block = 0; block < counts[layer]; ++block) {
            const auto shapes = blockShapes(options.depth, std::int64_t{options.width} << layer, layer > 0 && block == 0 ? 2 : 1);
            blocks.push_back(std::make_shared<ResidualBlock>(channels, shapes));
            sequence->push_back(blocks.back());
            channels = shapes.back().out;
        }
        m_layers.push_back(register_module("layer" + std::to_string(layer + 1), sequence));
    }
    m_featureSize = channels;

    for (const auto& module : modules(false))
        if (auto* convolution = module->as<torch::nn::Conv2d>())
            torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanOut, torch::kReLU);
    if (options.zeroInitResidual)
        for (const auto& block : blocks) torch::nn::init::zeros_(block->lastNorm()->weight);
}

torch::Tensor ResNet::forward(const torch::Tensor& images)
{
    torch::Tensor x = m_bn1(m_conv1(images)).relu_();
    if (m_stem == Stem::ImageNet) x = torch::max_pool2d(x, 3, 2, 1);
    for (torch::nn::Sequential& layer : m_layers) x = layer->forward(x);
    return x.mean({2, 3});
}

}  // namespace selfsight
