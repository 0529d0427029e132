// One change of an image, drawn at random. Augmentations are exact re-creations of the operators that the
// papers used (torchvision and PIL); methods.md 0.3 of the survey's notes and tests/golden define them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/base/image.h"
#include "core/base/registry.h"
#include "core/base/rng.h"
#include "core/base/schema.h"

namespace selfsight {

/// The image on its way through a chain. Operators that cannot work in place read `input()`, write `spare()` and swap.
/// Thread: one a thread; reuse it, so that no view allocates its pixels.
class Canvas {
public:
    /// Begins a view. The source is copied only when a step changes it in place; it must live until the view is finished.
    void start(const RgbImage& source, int size);

    RgbImage& image();
    const RgbImage& image() const { return input(); }
    const RgbImage& input() const { return m_source ? *m_source : m_image; }
    RgbImage& spare() { return m_spare; }
    void swap();

    /// `box` of input() is all that will be seen from now on.
    void narrow(const Box& box);

    int viewSize = 32;  // pixels a side that the finished view will have
    Box source;         // the part of the source image now seen
    bool flipped = false;

private:
    const RgbImage* m_source = nullptr;  // still unchanged
    RgbImage m_image;
    RgbImage m_spare;
};

/// What every step of a chain has; an augmentation's options derive from it and set their own default probability.
struct StepOptions {
    bool enabled = true;
    double probability = 1;
    std::int64_t onlyView = 0;
};

/// Per-channel statistics on the 0..1 scale.
struct PixelStatistics {
    float mean[3] = {0.5f, 0.5f, 0.5f};
    float std[3] = {0.25f, 0.25f, 0.25f};
};

class Augmentation {
public:
    virtual ~Augmentation() = default;

    /// Changes the image; always (the chain has already thrown the dice of `probability`). Draws every random
    /// number from `rng`. Thread: any number at once.
    virtual void apply(Canvas& canvas, Rng& rng) const = 0;

    /// Leaves an image of canvas.viewSize pixels a side: a chain without such a step is cropped by the pipeline.
    virtual bool crops() const { return false; }

    /// The step that ends a chain: no change of bytes, but what turns them into numbers. Fills in the statistics it sets.
    virtual bool normalizes(PixelStatistics&) const { return false; }
};

struct AugmentationInfo {
    std::string key;
    std::string title;
    std::string reference;
    std::string doc;
    const Schema* schema;                                               // lives as long as the program
    std::function<StepOptions(const OptionSet&)> step;
    std::function<std::unique_ptr<Augmentation>(const OptionSet&)> make;  // throws Error on a bad value
};

/// In menu order.
const Registry<AugmentationInfo>& augmentations();

/// Adds enabled, probability and only_view to an augmentation's schema. T derives from StepOptions.
template <class T>
void addStepOptions(SchemaFor<T>& schema)
{
    schema.add("probability", &T::probability, "Share of the views to which this step is applied.").range(0, 1);
    schema.add("enabled", &T::enabled, "Off keeps the step and its values but skips it.");
    schema.add("only_view", &T::onlyView, "0 applies to every view; n only to the n-th of its group (BYOL's two views differ).")
        .range(0, 16).advanced();
}

/// The registry entry of an augmentation A built from options T: `A(const T&)`.
template <class A, class T>
AugmentationInfo augmentationInfo(const std::string& key, const std::string& title, const std::string& reference,
                                  const std::string& doc, const SchemaFor<T>& schema)
{
    return {key, title, reference, doc, &schema,
            [&schema](const OptionSet& set) { return static_cast<StepOptions>(schema.read(set)); },
            [&schema](const OptionSet& set) { return std::make_unique<A>(schema.read(set)); }};
}

}  // namespace selfsight
