// ColorJitter, as in torchvision: brightness, contrast, saturation and hue, each by a random amount, in a fresh random order.
#include <algorithm>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct ColorJitterOptions : StepOptions {
    ColorJitterOptions() { probability = 0.8; }
    double brightness = 0.4;
    double contrast = 0.4;
    double saturation = 0.4;
    double hue = 0.1;
};

class ColorJitter : public Augmentation {
public:
    explicit ColorJitter(const ColorJitterOptions& options) : m_options(options) {}

    void apply(Canvas& canvas, Rng& rng) const override
    {
        // Always the same number of draws, so that moving one slider leaves the other amounts alone.
        const std::vector<std::int64_t> order = rng.permutation(4);
        const double brightness = drawFactor(m_options.brightness, rng);
        const double contrast = drawFactor(m_options.contrast, rng);
        const double saturation = drawFactor(m_options.saturation, rng);
        const double turn = rng.uniform(-m_options.hue, m_options.hue);

        RgbImage& image = canvas.image();
        for (const std::int64_t operation : order) {
            if (operation == 0 && m_options.brightness > 0) adjustBrightness(image, brightness);
            if (operation == 1 && m_options.contrast > 0) adjustContrast(image, contrast);
            if (operation == 2 && m_options.saturation > 0) adjustSaturation(image, saturation);
            if (operation == 3 && m_options.hue > 0) adjustHue(image, turn);
        }
    }

private:
    static double drawFactor(double strength, Rng& rng) { return rng.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength); }

    ColorJitterOptions m_options;
};

}  // namespace

AugmentationInfo colorJitterInfo()
{
    using T = ColorJitterOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        const std::string simclr = "SimCLR, appendix A: 0.8 s, 0.8 s, 0.8 s, 0.2 s with s = 0.5 (s = 1 on ImageNet)";
        s.add("brightness", &T::brightness, "Levels are multiplied by 1 - x to 1 + x.").range(0, 2).from(simclr);
        s.add("contrast", &T::contrast, "Distances from the mean grey are multiplied by 1 - x to 1 + x.")
            .range(0, 2)
            .from(simclr);
        s.add("saturation", &T::saturation, "Distances from each pixel's grey are multiplied by 1 - x to 1 + x.")
            .range(0, 2)
            .from(simclr);
        s.add("hue", &T::hue, "The hue turns by up to x of a full circle, either way.").range(0, 0.5).from(simclr);
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<ColorJitter>(
        "color_jitter", "Colour jitter", "SimCLR, arXiv 2002.05709, appendix A",
        "Changes brightness, contrast, saturation and hue, so that colour alone cannot tell images apart.", schema);
}

}  // namespace selfsight
