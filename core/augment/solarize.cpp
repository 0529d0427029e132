// Inverts the bright levels.
#include "core/augment/augmentation.h"
#include "core/augment/operators.h"
#include "core/base/vectorize.h"

namespace selfsight {

namespace {

struct SolarizeOptions : StepOptions {
    SolarizeOptions() { probability = 0.2; }
    std::int64_t threshold = 128;
};

class Solarize : public Augmentation {
public:
    explicit Solarize(const SolarizeOptions& options) : m_threshold(static_cast<int>(options.threshold)) {}

    void apply(Canvas& canvas, Rng&) const override { solarize(canvas.image(), m_threshold); }

private:
    int m_threshold;
};

SELFSIGHT_VECTORIZED void invertFrom(std::uint8_t* levels, std::size_t count, int threshold)
{
    for (std::size_t i = 0; i < count; ++i)
        levels[i] = levels[i] >= threshold ? static_cast<std::uint8_t>(255 - levels[i]) : levels[i];
}

}  // namespace

void solarize(RgbImage& image, int threshold)
{
    invertFrom(image.pixels.data(), image.pixels.size(), threshold);
}

AugmentationInfo solarizeInfo()
{
    using T = SolarizeOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("threshold", &T::threshold, "Levels from this one on are inverted; 256 inverts none.")
            .range(0, 256)
            .from("BYOL, appendix B");
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Solarize>("solarize", "Solarize", "BYOL, arXiv 2006.07733, appendix B",
                                      "Inverts bright levels. BYOL uses it on the second view only (only_view: 2).", schema);
}

}  // namespace selfsight
