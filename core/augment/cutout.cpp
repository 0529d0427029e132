// Cutout: hides a square (DeVries and Taylor 2017).
#include <algorithm>
#include <cmath>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct CutoutOptions : StepOptions {
    CutoutOptions() { probability = 0.5; }
    double share = 0.5;
    std::int64_t level = 128;
};

class Cutout : public Augmentation {
public:
    explicit Cutout(const CutoutOptions& options) : m_options(options) {}

    void apply(Canvas& canvas, Rng& rng) const override
    {
        RgbImage& image = canvas.image();
        const int side = static_cast<int>(std::lround(m_options.share * std::min(image.width, image.height)));
        // The middle lies anywhere, so part of the square may fall outside, as in the paper.
        const int x = static_cast<int>(rng.below(image.width)), y = static_cast<int>(rng.below(image.height));
        cutOut(image, {x - side / 2, y - side / 2, side, side}, static_cast<int>(m_options.level));
    }

private:
    CutoutOptions m_options;
};

}  // namespace

void cutOut(RgbImage& image, const Box& box, int level)
{
    const int left = std::clamp(box.left, 0, image.width), right = std::clamp(box.left + box.width, 0, image.width);
    const int top = std::clamp(box.top, 0, image.height), bottom = std::clamp(box.top + box.height, 0, image.height);
    for (int y = top; y < bottom; ++y)
        std::fill(image.row(y) + 3 * left, image.row(y) + 3 * right, static_cast<std::uint8_t>(level));
}

AugmentationInfo cutoutInfo()
{
    using T = CutoutOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("share", &T::share, "Side of the hidden square as a share of the view's side.")
            .range(0, 1)
            .from("DeVries and Taylor: 16 of 32 pixels");
        s.add("level", &T::level, "Grey level of the square; 128 lies near the mean of most data.").range(0, 255).advanced();
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Cutout>("cutout", "Cutout", "DeVries and Taylor, arXiv 1708.04552",
                                    "Hides a square at a random place.", schema);
}

}  // namespace selfsight
