// Mirrors left and right.
#include <cstring>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct HorizontalFlipOptions : StepOptions {
    HorizontalFlipOptions() { probability = 0.5; }
};

class HorizontalFlip : public Augmentation {
public:
    explicit HorizontalFlip(const HorizontalFlipOptions&) {}

    void apply(Canvas& canvas, Rng&) const override
    {
        flipHorizontally(canvas.input(), canvas.spare());
        canvas.swap();
        canvas.flipped = !canvas.flipped;
    }
};

}  // namespace

void flipHorizontally(const RgbImage& source, RgbImage& result)
{
    result.resize(source.width, source.height);
    for (int y = 0; y < source.height; ++y) {
        const std::uint8_t* from = source.row(y) + 3 * (source.width - 1);
        std::uint8_t* to = result.row(y);
        // Four bytes a move; the fourth is overwritten by the next pixel. The first read and the last write stay within the row.
        if (source.width > 1) std::memcpy(to, from, 3);
        for (int x = 1; x < source.width - 1; ++x) std::memcpy(to + 3 * x, from - 3 * x, 4);
        std::memcpy(to + 3 * (source.width - 1), source.row(y), 3);
    }
}

AugmentationInfo horizontalFlipInfo()
{
    static const SchemaFor<HorizontalFlipOptions> schema = [] {
        SchemaFor<HorizontalFlipOptions> s;
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<HorizontalFlip>("horizontal_flip", "Horizontal flip", "",
                                            "Mirrors left and right. Not for digits or letters.", schema);
}

}  // namespace selfsight
