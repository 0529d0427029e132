// Independent normal noise on every level.
#include <algorithm>
#include <cmath>

#include "core/augment/augmentation.h"

namespace selfsight {

namespace {

struct GaussianNoiseOptions : StepOptions {
    GaussianNoiseOptions() { probability = 0.5; }
    double sigma = 0.05;
};

class GaussianNoise : public Augmentation {
public:
    explicit GaussianNoise(const GaussianNoiseOptions& options) : m_sigma(options.sigma) {}

    void apply(Canvas& canvas, Rng& rng) const override
    {
        for (std::uint8_t& level : canvas.image().pixels)
            level = static_cast<std::uint8_t>(std::clamp(std::nearbyint(level + 255.0 * m_sigma * rng.normal()), 0.0, 255.0));
    }

private:
    double m_sigma;
};

}  // namespace

AugmentationInfo gaussianNoiseInfo()
{
    using T = GaussianNoiseOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("sigma", &T::sigma, "Standard deviation on the scale where white is 1.").range(0, 1);
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<GaussianNoise>("gaussian_noise", "Gaussian noise", "SimCLR, arXiv 2002.05709, figure 4",
                                           "Adds independent noise to every level.", schema);
}

}  // namespace selfsight
