#include "core/nn/resnet.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "core/nn/selective_kernels.h"

namespace selfsight {

namespace {

struct ConvolutionShape {
    std::int64_t out, kernel, stride;
};

/// A chain of convolutions beside a shortcut: two of 3x3, or 1x1, 3x3, 1x1.
class ResidualBlock : public torch::nn::Module {
public:
    ResidualBlock(std::int64_t in, const std::vector<ConvolutionShape>& shapes, const ConvolutionParts& parts,
                  bool selectiveKernels)
    {
        std::int64_t channels = in, stride = 1;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const auto& [out, kernel, step] = shapes[i];
            const std::string number = std::to_string(i + 1);
            if (selectiveKernels && kernel == 3 && i + 1 < shapes.size()) {  // they bring their norm along
                m_convolutions.emplace_back(std::make_shared<SelectiveKernels>(channels, out, step, parts));
                m_norms.emplace_back(torch::nn::Identity());
            } else {
                m_convolutions.push_back(parts.convolution(channels, out, kernel, step));
                m_norms.push_back(parts.normalization(out));
            }
            register_module("conv" + number, m_convolutions.back().ptr());
            register_module("bn" + number, m_norms.back().ptr());
            channels = out;
            stride *= step;
        }
        if (channels == in && stride == 1) return;
        m_downsample = torch::nn::Sequential();
        m_downsample->push_back(parts.convolution(in, channels, 1, stride));
        m_downsample->push_back(parts.normalization(channels));
        register_module("downsample", m_downsample);
    }

    torch::Tensor forward(const torch::Tensor& x)
    {
        torch::Tensor y = x;
        for (std::size_t i = 0; i < m_convolutions.size(); ++i) {
            y = m_norms[i].forward(m_convolutions[i].forward(y));
            if (i + 1 < m_convolutions.size()) y.relu_();
        }
        return y.add_(m_downsample ? m_downsample->forward(x) : x).relu_();
    }

    torch::Tensor lastScale() const { return m_norms.back().ptr()->named_parameters()["weight"]; }

private:
    std::vector<torch::nn::AnyModule> m_convolutions, m_norms;
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
        s.addChoice("norm", &ResNetOptions::norm, {{"batch", ConvolutionNorm::Batch}, {"group_ws", ConvolutionNorm::GroupWs}},
                    "batch: batch norm; group_ws: group norm and weight-standardised convolutions, no image sees the others of "
                    "its batch. The method's head is separate.")
            .advanced()
            .from("Qiao et al. 2019, arXiv 1903.10520; BYOL, arXiv 2010.10241");
        s.add("groups", &ResNetOptions::groups, "Groups of group_ws; fewer where they do not divide a layer's channels.")
            .range(1, 1024)
            .advanced();
        s.add("selective_kernels", &ResNetOptions::selectiveKernels,
              "Two mixed 3x3 convolutions in place of a bottleneck's one, or of the first of a block of two. Unlike SimCLR v2, "
              "stem and shortcuts stay as they are (there: those of ResNet-D).")
            .advanced()
            .from("SimCLR v2, arXiv 2006.10029, 2");
        return s;
    }();
    return table;
}

ResNet::ResNet(const ResNetOptions& options) : m_stem(options.stem)
{
    // Weights are drawn in this order, statement by statement: the same numbers with every compiler.
    const ConvolutionParts parts{options.norm, options.groups};
    std::int64_t channels = options.width;
    m_conv1 = parts.convolution(3, channels, m_stem == Stem::ImageNet ? 7 : 3, m_stem == Stem::Small ? 1 : 2);
    m_bn1 = parts.normalization(channels);
    register_module("conv1", m_conv1.ptr());
    register_module("bn1", m_bn1.ptr());
    std::vector<std::shared_ptr<ResidualBlock>> blocks;
    const std::vector<int> counts = blockCounts(options.depth);
    for (std::size_t layer = 0; layer < counts.size(); ++layer) {
        torch::nn::Sequential sequence;
        for (int block = 0; block < counts[layer]; ++block) {
            const auto shapes = blockShapes(options.depth, std::int64_t{options.width} << layer, layer > 0 && block == 0 ? 2 : 1);
            blocks.push_back(std::make_shared<ResidualBlock>(channels, shapes, parts, options.selectiveKernels));
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
        for (const auto& block : blocks) torch::nn::init::zeros_(block->lastScale());
}

torch::Tensor ResNet::maps(const torch::Tensor& images)
{
    torch::Tensor x = m_bn1.forward(m_conv1.forward(images)).relu_();
    if (m_stem == Stem::ImageNet) x = torch::max_pool2d(x, 3, 2, 1);
    for (torch::nn::Sequential& layer : m_layers) x = layer->forward(x);
    return x;
}

torch::Tensor ResNet::forward(const torch::Tensor& images)
{
    return maps(images).mean({2, 3});
}

}  // namespace selfsight
