// Histogram equalization, as PIL's ImageOps.equalize does it.
#include <algorithm>
#include <array>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct EqualizeOptions : StepOptions {
    EqualizeOptions() { probability = 0.2; }
};

class Equalize : public Augmentation {
public:
    explicit Equalize(const EqualizeOptions&) {}

    void apply(Canvas& canvas, Rng&) const override { equalize(canvas.image()); }
};

/// PIL's table, integer divisions included. A channel of one level, or of too few pixels to spread, stays as it is.
std::array<std::uint8_t, 256> equalizingTable(const std::array<std::int64_t, 256>& histogram)
{
    std::int64_t pixels = 0, brightest = 0;
    for (const std::int64_t count : histogram) {
        pixels += count;
        if (count > 0) brightest = count;
    }
    const std::int64_t step = (pixels - brightest) / 255;
    std::array<std::uint8_t, 256> table;
    std::int64_t sum = step / 2;
    for (std::size_t level = 0; level < 256; ++level) {
        table[level] =
            static_cast<std::uint8_t>(step > 0 ? std::min<std::int64_t>(sum / step, 255) : static_cast<std::int64_t>(level));
        sum += histogram[level];
    }
    return table;
}

}  // namespace

void equalize(RgbImage& image)
{
    std::array<std::array<std::int64_t, 256>, 3> histograms{};
    for (std::size_t i = 0; i < image.pixels.size(); ++i) ++histograms[i % 3][image.pixels[i]];
    std::array<std::array<std::uint8_t, 256>, 3> tables;
    for (std::size_t c = 0; c < 3; ++c) tables[c] = equalizingTable(histograms[c]);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = tables[i % 3][image.pixels[i]];
}

AugmentationInfo equalizeInfo()
{
    static const SchemaFor<EqualizeOptions> schema = [] {
        SchemaFor<EqualizeOptions> s;
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Equalize>("equalize", "Equalize", "SimCLR, arXiv 2002.05709, appendix A",
                                      "Spreads each channel's levels evenly over 0 to 255.", schema);
}

}  // namespace selfsight
