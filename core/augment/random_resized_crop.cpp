// RandomResizedCrop (Szegedy et al. 2014, as in torchvision): a box of random area and shape, resized to the view.
#include <algorithm>
#include <cmath>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct RandomResizedCropOptions : StepOptions {
    double minScale = 0.08;
    double maxScale = 1;
    double minRatio = 3.0 / 4.0;
    double maxRatio = 4.0 / 3.0;
    Interpolation interpolation = Interpolation::Bilinear;
};

class RandomResizedCrop : public Augmentation {
public:
    explicit RandomResizedCrop(const RandomResizedCropOptions& options) : m_options(options)
    {
        if (options.minScale > options.maxScale) throw Error("min_scale", "it is above max_scale", "Swap the two.");
        if (options.minRatio > options.maxRatio) throw Error("min_ratio", "it is above max_ratio", "Swap the two.");
    }

    void apply(Canvas& canvas, Rng& rng) const override
    {
        const RgbImage& image = canvas.input();
        const Box box = drawBox(image.width, image.height, rng);
        resizedCrop(image, box, canvas.viewSize, canvas.viewSize, m_options.interpolation, true, canvas.spare());
        canvas.narrow(box);
        canvas.swap();
    }

    bool crops() const override { return true; }

private:
    Box drawBox(int width, int height, Rng& rng) const
    {
        const auto rounded = [](double length) { return static_cast<int>(std::nearbyint(length)); };
        const double area = static_cast<double>(width) * height;
        for (int attempt = 0; attempt < 10; ++attempt) {
            const double target = area * rng.uniform(m_options.minScale, m_options.maxScale);
            const double ratio = std::exp(rng.uniform(std::log(m_options.minRatio), std::log(m_options.maxRatio)));
            const int w = rounded(std::sqrt(target * ratio)), h = rounded(std::sqrt(target / ratio));
            if (w <= 0 || w > width || h <= 0 || h > height) continue;
            const auto top = static_cast<int>(rng.below(height - h + 1)), left = static_cast<int>(rng.below(width - w + 1));
            return {left, top, w, h};
        }
        // The largest centred box within the range of shapes.
        const double ratio = std::clamp(static_cast<double>(width) / height, m_options.minRatio, m_options.maxRatio);
        const int w = std::clamp(rounded(height * ratio), 1, width), h = std::clamp(rounded(width / ratio), 1, height);
        return {(width - w) / 2, (height - h) / 2, w, h};
    }

    RandomResizedCropOptions m_options;
};

}  // namespace

AugmentationInfo randomResizedCropInfo()
{
    using T = RandomResizedCropOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("min_scale", &T::minScale, "Smallest share of the image's area that a crop keeps. Smaller makes the task harder.")
            .range(0.001, 1)
            .from("SimCLR 0.08; MoCo v2 0.2");
        s.add("max_scale", &T::maxScale, "Largest share of the image's area that a crop keeps. Local views use less than 1.")
            .range(0.001, 1);
        s.add("min_ratio", &T::minRatio, "Narrowest shape of a crop, width / height.").range(0.05, 20).advanced();
        s.add("max_ratio", &T::maxRatio, "Widest shape of a crop, width / height.").range(0.05, 20).advanced();
        s.addChoice("interpolation", &T::interpolation,
                    {{"bilinear", Interpolation::Bilinear}, {"bicubic", Interpolation::Bicubic}},
                    "How pixels are resized, antialiased in both cases. DINO and MAE use bicubic.")
            .advanced();
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<RandomResizedCrop>(
        "random_resized_crop", "Random resized crop", "Szegedy et al., arXiv 1409.4842",
        "A random part of the image, resized to the view: the strongest of all augmentations.", schema);
}

}  // namespace selfsight
