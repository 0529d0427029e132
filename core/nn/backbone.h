// A network from images, or signals, to features.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/conflict.h"
#include "core/base/registry.h"
#include "core/base/sample.h"
#include "core/base/schema.h"
#include "core/base/view_plan.h"

namespace selfsight {

class Backbone : public torch::nn::Module {
public:
    /// images (B, C, H, W), or signals (B, 1, 1, T) -> pooled features (B, featureSize())
    virtual torch::Tensor forward(const torch::Tensor& images) = 0;
    virtual std::int64_t featureSize() const = 0;

    /// images (B, 3, H, W) -> (B, featureSize(), h, w), whose means over h and w are the features; undefined where features come about in another way.
    virtual torch::Tensor maps(const torch::Tensor&) { return {}; }
};

struct BackboneInfo {
    std::string key;
    std::string title;
    std::string reference;
    std::string doc;
    const Schema* schema;
    std::function<std::shared_ptr<Backbone>(const OptionSet&)> make;  // weights from the torch generator
    std::function<std::vector<Conflict>(const OptionSet&, const ViewPlan&)> conflicts;  // may be empty
    SampleKind samples = SampleKind::Image;
};

/// In menu order.
const Registry<BackboneInfo>& backbones();

}  // namespace selfsight
