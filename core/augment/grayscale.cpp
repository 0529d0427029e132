// Drops colour.
#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct GrayscaleOptions : StepOptions {
    GrayscaleOptions() { probability = 0.2; }
};

class Grayscale : public Augmentation {
public:
    explicit Grayscale(const GrayscaleOptions&) {}

    void apply(Canvas& canvas, Rng&) const override { toGrey(canvas.image()); }
};

}  // namespace

AugmentationInfo grayscaleInfo()
{
    static const SchemaFor<GrayscaleOptions> schema = [] {
        SchemaFor<GrayscaleOptions> s;
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Grayscale>("grayscale", "Greyscale", "SimCLR, arXiv 2002.05709, appendix A",
                                       "Drops colour, keeps three equal channels.", schema);
}

}  // namespace selfsight
