// Fewer levels a channel.
#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct PosterizeOptions : StepOptions {
    PosterizeOptions() { probability = 0.2; }
    std::int64_t bits = 4;
};

class Posterize : public Augmentation {
public:
    explicit Posterize(const PosterizeOptions& options) : m_bits(static_cast<int>(options.bits)) {}

    void apply(Canvas& canvas, Rng&) const override { posterize(canvas.image(), m_bits); }

private:
    int m_bits;
};

}  // namespace

void posterize(RgbImage& image, int bits)
{
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - bits));
    for (std::uint8_t& level : image.pixels) level &= mask;
}

AugmentationInfo posterizeInfo()
{
    using T = PosterizeOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("bits", &T::bits, "Bits kept of each level's eight.").range(1, 8);
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Posterize>("posterize", "Posterize", "AutoAugment, arXiv 1805.09501",
                                       "Keeps only the upper bits of each level.", schema);
}

}  // namespace selfsight
