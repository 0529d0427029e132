// Turns the image by a random angle.
#include <cmath>
#include <numbers>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"
#include "core/augment/pixel_loops.h"

namespace selfsight {

namespace {

struct RotationOptions : StepOptions {
    double maxDegrees = 15;
    Border border = Border::Reflect;
};

class Rotation : public Augmentation {
public:
    explicit Rotation(const RotationOptions& options) : m_options(options) {}

    void apply(Canvas& canvas, Rng& rng) const override
    {
        rotate(canvas.input(), rng.uniform(-m_options.maxDegrees, m_options.maxDegrees), m_options.border, canvas.spare());
        canvas.swap();
    }

private:
    RotationOptions m_options;
};

}  // namespace

void rotate(const RgbImage& source, double degrees, Border border, RgbImage& result)
{
    result.resize(source.width, source.height);
    const double angle = degrees * std::numbers::pi / 180.0;
    const auto cosine = static_cast<float>(std::cos(angle)), sine = static_cast<float>(std::sin(angle));
    const float centreX = static_cast<float>(source.width - 1) / 2, centreY = static_cast<float>(source.height - 1) / 2;
    static constexpr std::uint8_t kBlack[3] = {0, 0, 0};
    const auto pixel = [&](int x, int y) {
        if (x >= 0 && x < source.width && y >= 0 && y < source.height) return source.row(y) + 3 * x;
        if (border == Border::Fill) return +kBlack;
        return source.row(mirrored(y, source.height)) + 3 * mirrored(x, source.width);
    };

    for (int y = 0; y < result.height; ++y) {
        std::uint8_t* out = result.row(y);
        for (int x = 0; x < result.width; ++x, out += 3) {
            const float dx = static_cast<float>(x) - centreX, dy = static_cast<float>(y) - centreY;
            const float fromX = centreX + cosine * dx - sine * dy, fromY = centreY + sine * dx + cosine * dy;
            const int left = static_cast<int>(std::floor(fromX)), top = static_cast<int>(std::floor(fromY));
            const float right = fromX - static_cast<float>(left), lower = fromY - static_cast<float>(top);
            const std::uint8_t* corners[4] = {pixel(left, top), pixel(left + 1, top), pixel(left, top + 1),
                                              pixel(left + 1, top + 1)};
            for (int c = 0; c < 3; ++c) {
                const float above = (1.0f - right) * corners[0][c] + right * corners[1][c];
                const float below = (1.0f - right) * corners[2][c] + right * corners[3][c];
                out[c] = static_cast<std::uint8_t>(roundToEven((1.0f - lower) * above + lower * below));
            }
        }
    }
}

AugmentationInfo rotationInfo()
{
    using T = RotationOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("max_degrees", &T::maxDegrees, "Largest angle, either way.").range(0, 180);
        s.addChoice("border", &T::border, {{"reflect", Border::Reflect}, {"fill", Border::Fill}},
                    "What the empty corners show: the image mirrored, or black (which tells the angle away).");
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Rotation>("rotation", "Rotation", "", "Turns the image about its centre by a random angle.", schema);
}

}  // namespace selfsight
