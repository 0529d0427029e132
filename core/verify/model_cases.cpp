#include <fmt/format.h>
#include <torch/nn/modules/batchnorm.h>

#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/nn/resnet.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

/// The number that tests/golden/README.md gives element i of a state-dict entry, in 0..1.
double hashedShare(std::uint32_t nameHash, std::uint32_t salt, std::uint32_t i)
{
    std::uint32_t x = nameHash + salt + 0x9E3779B9u * (i + 1);
    x ^= x >> 16;
    x *= 0x7FEB352Du;
    x ^= x >> 15;
    x *= 0x846CA68Bu;
    x ^= x >> 16;
    return x / 4294967296.0;
}

std::uint32_t fnv1a(const std::string& text)
{
    std::uint32_t hash = 2166136261u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
}

void fillByName(const std::string& name, torch::Tensor values, std::uint32_t salt)
{
    const double bound = values.dim() > 1 ? std::sqrt(6.0 / static_cast<double>(values[0].numel())) : 0;  // from the fan-in
    const std::uint32_t hash = fnv1a(name);
    torch::Tensor filled = torch::empty(values.sizes());
    float* out = filled.data_ptr<float>();
    for (std::int64_t i = 0; i < filled.numel(); ++i) {
        const double u = hashedShare(hash, salt, static_cast<std::uint32_t>(i));
        if (values.dim() > 1) out[i] = static_cast<float>((2 * u - 1) * bound);
        else if (name.ends_with("running_var")) out[i] = static_cast<float>(0.5 + u);
        else if (name.ends_with("weight")) out[i] = static_cast<float>(0.75 + 0.5 * u);
        else out[i] = static_cast<float>(0.4 * (u - 0.5));
    }
    values.copy_(filled);
}

ResNetOptions resNetOptions(const Case& reference)
{
    const std::string &arch = reference.text("arch"), &stem = reference.text("stem");
    ResNetOptions options;
    options.stem = stem == "imagenet" ? Stem::ImageNet : Stem::Small;
    for (const int depth : {18, 34, 50, 101, 152})
        if (arch == fmt::format("resnet{}", depth)) {
            options.depth = depth;
            return options;
        }
    throw Error(reference.name(), "there is no architecture '" + arch + "'");
}

}  // namespace

CaseResult verifyResnet(const Case& reference)
{
    const torch::NoGradGuard noGrad;
    const ResNetOptions options = resNetOptions(reference);
    ResNet model(options);
    for (const auto& module : model.modules(false))
        if (auto* norm = module->as<torch::nn::BatchNorm2d>())
            norm->options.eps(reference.number("bn_eps", 1e-5)).momentum(reference.number("bn_momentum", 0.1));

    std::map<std::string, torch::Tensor> entries;  // as torchvision's state dict, without the batch counters
    for (const auto& parameter : model.named_parameters()) entries[parameter.key()] = parameter.value();
    for (const auto& buffer : model.named_buffers())
        if (!buffer.key().ends_with("num_batches_tracked")) entries[buffer.key()] = buffer.value();

    Comparison comparison(reference);
    double sum = 0;
    for (const auto& [name, values] : entries) {
        fillByName(name, values, static_cast<std::uint32_t>(reference.whole("salt", 0)));
        sum += values.sum(torch::kDouble).item<double>();
    }
    for (const std::string& name : reference.inputs("check.")) {
        const torch::Tensor expected = toTensor(reference.in("check." + name));
        if (!entries.contains(name) || !torch::equal(entries[name].flatten().slice(0, 0, expected.numel()), expected))
            comparison.fail("weights of " + name + " are not those of the case");
    }
    const double expectedSum = reference.in("check_sum").numbers().at(0);
    if (std::abs(sum - expectedSum) > 1e-6 * (1 + std::abs(expectedSum)))
        comparison.fail(fmt::format("the sum of all weights is {}, expected is {}", sum, expectedSum));

    const torch::Tensor images = toTensor(reference.in("image"));
    model.eval();
    compare(comparison, "features_eval", model.forward(images));
    model.train();
    compare(comparison, "features_train", model.forward(images));
    const std::string last = options.depth == 18 ? "layer4.1.bn2" : options.depth == 34 ? "layer4.2.bn2" : "layer4.2.bn3";
    for (const std::string which : {"running_mean", "running_var"}) {
        compare(comparison, "bn1_" + which, entries.at("bn1." + which));
        compare(comparison, "last_bn_" + which, entries.at(last + '.' + which));
    }
    model.eval();
    compare(comparison, "features_eval_after", model.forward(images));
    return comparison.result();
}

}  // namespace selfsight
