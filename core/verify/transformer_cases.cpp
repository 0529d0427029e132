#include <torch/nn/modules/normalization.h>

#include "core/base/error.h"
#include "core/io/weights_file.h"
#include "core/nn/dino_head.h"
#include "core/nn/positions.h"
#include "core/nn/vit.h"
#include "core/nn/weight_copy.h"
#include "core/nn/weight_standardized_conv.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

/// in.w.NAME into the parameter NAME of `model`, each of them.
void loadWeights(const Case& reference, torch::nn::Module& model)
{
    const torch::NoGradGuard noGradients;
    for (const auto& parameter : model.named_parameters()) {
        const torch::Tensor values = toTensor(reference.in("w." + parameter.key()));
        if (values.sizes() != parameter->sizes()) throw Error(reference.name(), "w." + parameter.key() + " has another shape");
        parameter->copy_(values);
    }
    const std::size_t given = reference.inputs("w.").size();
    if (given != model.named_parameters().size())
        throw Error(reference.name(), std::to_string(given) + " weights are given, the model has " +
                                          std::to_string(model.named_parameters().size()));
}

torch::Tensor read(const WeightsFile& file, const std::string& name)
{
    const WeightTensor* tensor = file.find(name);
    if (!tensor) throw Error(file.path().string(), "there is no tensor '" + name + "'");
    std::vector<float> values = file.values(*tensor);
    return torch::from_blob(values.data(), tensor->shape).clone();
}

std::vector<NamedShape> under(const WeightsFile& file, const std::string& prefix)
{
    std::vector<NamedShape> shapes;
    for (const WeightTensor& tensor : file.tensors())
        if (tensor.name.starts_with(prefix)) shapes.push_back({tensor.name, tensor.shape});
    return shapes;
}

void loadFrom(const WeightsFile& file, const RecognizedWeights& weights, torch::nn::Module& network)
{
    const WeightMatch match = matchWeights(weights, shapesOf(network));
    if (!match.isWhole()) throw Error(file.path().string(), "does not fill the network under " + weights.prefix);
    copyWeights(network, match, [&file](const std::string& name) { return read(file, name); });
}

}  // namespace

CaseResult verifyDinoVit(const Case& reference)
{
    const torch::NoGradGuard noGradients;
    VitOptions options;
    options.dim = static_cast<int>(reference.whole("embed_dim"));
    options.depth = static_cast<int>(reference.whole("depth"));
    options.heads = static_cast<int>(reference.whole("num_heads"));
    options.patch = static_cast<int>(reference.whole("patch_size"));
    options.imageSize = static_cast<int>(reference.whole("img"));
    Vit model(options);
    loadWeights(reference, model);
    model.eval();

    const torch::Tensor image = toTensor(reference.in("image")), other = toTensor(reference.in("image_other"));
    const Vit::Grid grid = model.gridSize(other.size(2), other.size(3));
    Comparison comparison(reference);
    compare(comparison, "cls", model.forward(image));
    compare(comparison, "tokens", model.tokens(image));
    compare(comparison, "attention_last", model.lastAttention(image.slice(0, 0, 1)));
    compare(comparison, "pos_embed_other", interpolatePositions(toTensor(reference.in("w.pos_embed")), grid.h, grid.w));
    compare(comparison, "cls_other", model.forward(other));
    return comparison.result();
}

CaseResult verifyPosEmbed(const Case& reference)
{
    const std::string& variant = reference.text("variant");
    if (variant != "mae" && variant != "moco_v3") throw Error(reference.name(), "the variant '" + variant + "' is not known");
    Comparison comparison(reference);
    compare(comparison, "pos_embed",
            sinCosPositions(reference.whole("dim"), reference.whole("grid_h"), reference.whole("grid_w"),
                            variant == "mae" ? SinCosOrder::Mae : SinCosOrder::MocoV3, reference.number("temperature", 10000)));
    return comparison.result();
}

CaseResult verifyDinoHead(const Case& reference)
{
    const torch::Tensor x = differentiable(reference, "x");
    DinoHead head({.in = x.size(1),
                   .out = reference.whole("out_dim"),
                   .layers = static_cast<int>(reference.whole("nlayers")),
                   .hidden = reference.whole("hidden_dim"),
                   .bottleneck = reference.whole("bottleneck_dim"),
                   .batchNorm = reference.flag("use_bn", false),
                   .normLastLayer = !reference.hasOut("grad.w.last_layer.weight_g")});
    loadWeights(reference, head);

    const torch::Tensor y = head.forward(x);
    const torch::Tensor loss = (y * toTensor(reference.in("g"))).sum();
    loss.backward();
    Comparison comparison(reference);
    compare(comparison, "y", y);
    compare(comparison, "loss", loss);
    compare(comparison, "grad.x", x.grad());
    for (const auto& parameter : head.named_parameters())
        if (parameter->requires_grad()) compare(comparison, "grad.w." + parameter.key(), parameter->grad());
    return comparison.result();
}

CaseResult verifyDinoCheckpoint(const Case& reference)
{
    const torch::NoGradGuard noGradients;
    const WeightsFile file = WeightsFile::open(reference.folder() / reference.text("file"));
    const torch::Tensor image = toTensor(reference.in("image"));
    Comparison comparison(reference);
    for (const std::string who : {"student", "teacher"}) {
        const std::vector<NamedShape> tensors = under(file, who + '.');
        double sum = 0;
        for (const NamedShape& tensor : tensors) sum += read(file, tensor.name).sum(torch::kDouble).item<double>();
        comparison.compare(who + ".n_tensors", {static_cast<double>(tensors.size())});
        comparison.compare(who + ".sum", {sum});

        std::optional<RecognizedWeights> weights = recognizeWeights(tensors);
        if (!weights) throw Error(reference.name(), "no network is recognised in the file");
        weights->backbone.values["heads"] = reference.whole("num_heads");  // no file says it
        Vit backbone(vitSchema().read(weights->backbone));
        loadFrom(file, *weights, backbone);
        const std::string prefix = weights->prefix.substr(0, weights->prefix.size() - std::string("backbone.").size()) + "head.";
        const auto shape = [&](const std::string& name) { return read(file, prefix + name).sizes().vec(); };
        DinoHead head({.in = backbone.dim(), .out = shape("last_layer.weight_v")[0], .hidden = shape("mlp.0.weight")[0], .bottleneck = shape("last_layer.weight_v")[1]});
        loadFrom(file, ownWeights(tensors, prefix, {}), head);
        backbone.eval();
        head.eval();
        const torch::Tensor cls = backbone.forward(image);
        compare(comparison, who + ".cls", cls);
        compare(comparison, who + ".head", head.forward(cls));
    }
    return comparison.result();
}

/// Whatever network `file` holds, made as its layout says: tests/peers/weights.py writes such cases.
CaseResult verifyWeights(const Case& reference)
{
    const torch::NoGradGuard noGradients;
    const WeightsFile file = WeightsFile::open(reference.folder() / reference.text("file"));
    std::optional<RecognizedWeights> weights = recognizeWeights(under(file, ""));
    if (!weights) throw Error(reference.name(), "no network is recognised in the file");
    if (reference.has("heads")) weights->backbone.values["heads"] = reference.whole("heads");
    const std::shared_ptr<Backbone> network = backbones().at(weights->backbone.type).make(weights->backbone);
    loadFrom(file, *weights, *network);
    network->eval();
    Comparison comparison(reference);
    compare(comparison, "features", network->forward(toTensor(reference.in("image"))));
    return comparison.result();
}

CaseResult verifyWsGnBlock(const Case& reference)
{
    const torch::Tensor x = differentiable(reference, "x"), w = toTensor(reference.in("w"));
    const double eps = reference.number("ws_eps");
    WeightStandardizedConv2d convolution(torch::nn::Conv2dOptions(w.size(1), w.size(0), w.size(2))
                                             .stride(reference.whole("stride", 1))
                                             .padding(reference.whole("padding", 0))
                                             .bias(false),
                                         eps);
    torch::nn::GroupNorm norm(
        torch::nn::GroupNormOptions(reference.whole("groups"), w.size(0)).eps(reference.number("gn_eps", 1e-5)));
    convolution.weight.set_data(w);
    norm->weight.set_data(toTensor(reference.in("gn_weight")));
    norm->bias.set_data(toTensor(reference.in("gn_bias")));

    const torch::Tensor y = norm(convolution.forward(x)).relu();
    const torch::Tensor loss = (y * toTensor(reference.in("g"))).sum();
    loss.backward();
    Comparison comparison(reference);
    compare(comparison, "w_hat", standardizedWeight(w, eps));
    compare(comparison, "y", y);
    compare(comparison, "loss", loss);
    compare(comparison, "grad.x", x.grad());
    compare(comparison, "grad.w", convolution.weight.grad());
    compare(comparison, "grad.gn_weight", norm->weight.grad());
    compare(comparison, "grad.gn_bias", norm->bias.grad());

    const torch::NoGradGuard noGradients;
    const torch::Tensor unbiased = unbiasedStandardizedWeight(w, 1e-5);
    compare(comparison, "w_hat_vissl", unbiased);
    compare(comparison, "y_vissl",
            norm(torch::conv2d(x, unbiased, {}, reference.whole("stride", 1), reference.whole("padding", 0))).relu());
    return comparison.result();
}

}  // namespace selfsight
