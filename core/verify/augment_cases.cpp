// The augment_* kinds: pictures in and out, in grey levels, as (3, H, W) bytes.
#include "core/augment/operators.h"
#include "core/base/error.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

RgbImage inputImage(const Case& reference)
{
    const CaseTensor& tensor = reference.in("image");
    if (tensor.shape.size() != 3 || tensor.shape[0] != 3) throw Error(reference.name(), "in.image is not a (3, H, W) tensor");
    RgbImage image(static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[1]));
    const std::vector<std::uint8_t>& planes = tensor.bytes();
    const std::size_t count = image.pixels.size() / 3;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = planes[i % 3 * count + i / 3];
    return image;
}

std::vector<std::uint8_t> planesOf(const RgbImage& image)
{
    const std::size_t count = image.pixels.size() / 3;
    std::vector<std::uint8_t> planes(image.pixels.size());
    for (std::size_t i = 0; i < planes.size(); ++i) planes[i % 3 * count + i / 3] = image.pixels[i];
    return planes;
}

/// The operator `change`, once a factor; output "<prefix><index>".
void compareFactors(const Case& reference, const std::string& prefix, void (*change)(RgbImage&, double), Comparison& comparison)
{
    const std::vector<double> factors = reference.numbers("factors");
    for (std::size_t i = 0; i < factors.size(); ++i) {
        RgbImage image = inputImage(reference);
        change(image, factors[i]);
        comparison.compareBytes(prefix + std::to_string(i), planesOf(image));
    }
}

}  // namespace

CaseResult verifyAugmentColor(const Case& reference)
{
    Comparison comparison(reference);
    compareFactors(reference, "brightness_", adjustBrightness, comparison);
    compareFactors(reference, "contrast_", adjustContrast, comparison);
    compareFactors(reference, "saturation_", adjustSaturation, comparison);
    return comparison.result();
}

CaseResult verifyAugmentHue(const Case& reference)
{
    Comparison comparison(reference);
    compareFactors(reference, "hue_", adjustHue, comparison);
    return comparison.result();
}

CaseResult verifyAugmentGraySolarize(const Case& reference)
{
    Comparison comparison(reference);
    const RgbImage source = inputImage(reference);
    RgbImage image = source;
    toGrey(image);
    comparison.compareBytes("gray", planesOf(image));
    flipHorizontally(source, image);
    comparison.compareBytes("hflip", planesOf(image));
    const std::vector<double> thresholds = reference.numbers("thresholds");
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
        image = source;
        solarize(image, static_cast<int>(thresholds[i]));
        comparison.compareBytes("solarize_" + std::to_string(i), planesOf(image));
    }
    return comparison.result();
}

CaseResult verifyAugmentBlur(const Case& reference)
{
    Comparison comparison(reference);
    const RgbImage source = inputImage(reference);
    const std::vector<double> pairs = reference.numbers("kernel_sigma");
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        RgbImage blurred;
        gaussianBlur(source, static_cast<int>(pairs[i]), pairs[i + 1], blurred);
        comparison.compareBytes("blur_" + std::to_string(i / 2), planesOf(blurred));
    }
    return comparison.result();
}

CaseResult verifyAugmentResizedCrop(const Case& reference)
{
    Comparison comparison(reference);
    const RgbImage source = inputImage(reference);
    const std::vector<double> numbers = reference.numbers("boxes");  // top, left, height, width, out_height, out_width
    const auto at = [&](std::size_t i) { return static_cast<int>(numbers[i]); };
    for (std::size_t i = 0; i + 5 < numbers.size(); i += 6) {
        const Box box{at(i + 1), at(i), at(i + 3), at(i + 2)};
        for (const bool antialias : {false, true})
            for (const Interpolation interpolation : {Interpolation::Bilinear, Interpolation::Bicubic}) {
                RgbImage resized;
                resizedCrop(source, box, at(i + 5), at(i + 4), interpolation, antialias, resized);
                const std::string name = interpolation == Interpolation::Bilinear ? "bilinear_" : "bicubic_";
                comparison.compareBytes(name + (antialias ? "aa_" : "noaa_") + std::to_string(i / 6), planesOf(resized));
            }
    }
    return comparison.result();
}

}  // namespace selfsight
