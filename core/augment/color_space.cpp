// From red, green and blue to a space that holds lightness apart from colour, which CMC's networks see apart.
// CIE L*a*b* of sRGB under D65 as OpenCV stores it in bytes (L * 255 / 100, a + 128, b + 128); YCbCr as JPEG has it.
#include <array>
#include <cmath>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

std::uint8_t toByte(float level)
{
    return static_cast<std::uint8_t>(std::lround(std::fmin(std::fmax(level, 0.0F), 255.0F)));
}

/// Of the sRGB transfer function (IEC 61966-2-1).
const std::array<float, 256>& linearLevels()
{
    static const std::array<float, 256> table = [] {
        std::array<float, 256> linear{};
        for (int level = 0; level < 256; ++level) {
            const double v = level / 255.0;
            linear[static_cast<std::size_t>(level)] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        return linear;
    }();
    return table;
}

float labCurve(float t)
{
    constexpr float kKnee = 0.008856F;
    return t > kKnee ? std::cbrt(t) : 7.787F * t + 16.0F / 116.0F;
}

}  // namespace

void toLab(RgbImage& image)
{
    const std::array<float, 256>& linear = linearLevels();
    for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
        std::uint8_t* p = &image.pixels[i];
        const float r = linear[p[0]], g = linear[p[1]], b = linear[p[2]];
        const float x = labCurve((0.412453F * r + 0.357580F * g + 0.180423F * b) / 0.950456F);
        const float y = labCurve(0.212671F * r + 0.715160F * g + 0.072169F * b);
        const float z = labCurve((0.019334F * r + 0.119193F * g + 0.950227F * b) / 1.088754F);
        p[0] = toByte((116 * y - 16) * 2.55F);
        p[1] = toByte(500 * (x - y) + 128);
        p[2] = toByte(200 * (y - z) + 128);
    }
}

void toYCbCr(RgbImage& image)
{
    for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
        std::uint8_t* p = &image.pixels[i];
        const float r = p[0], g = p[1], b = p[2];
        p[0] = toByte(0.299F * r + 0.587F * g + 0.114F * b);
        p[1] = toByte(-0.168736F * r - 0.331264F * g + 0.5F * b + 128);
        p[2] = toByte(0.5F * r - 0.418688F * g - 0.081312F * b + 128);
    }
}

namespace {

enum class ColorSpace { Lab, YCbCr };

struct ColorSpaceOptions : StepOptions {
    ColorSpace to = ColorSpace::Lab;
};

class ColorSpaceStep : public Augmentation {
public:
    explicit ColorSpaceStep(const ColorSpaceOptions& options) : m_to(options.to) {}

    void apply(Canvas& canvas, Rng&) const override { m_to == ColorSpace::Lab ? toLab(canvas.image()) : toYCbCr(canvas.image()); }

private:
    ColorSpace m_to;
};

}  // namespace

AugmentationInfo colorSpaceInfo()
{
    using T = ColorSpaceOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.addChoice("to", &T::to, {{"lab", ColorSpace::Lab}, {"ycbcr", ColorSpace::YCbCr}},
                    "lab: lightness, green to red, blue to yellow; ycbcr: brightness, blue and red differences.")
            .from("CMC, arXiv 1906.05849, 4.1 and its code: YCbCr is 0.5 to 1 point better");
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<ColorSpaceStep>(
        "color_space", "Colour space", "CMC, arXiv 1906.05849",
        "Holds lightness and colour apart: channels become L, a, b or Y, Cb, Cr. After all steps on colours, before normalize.", schema);
}

}  // namespace selfsight
