// A Gaussian blur of random width.
#include <algorithm>

#include "core/augment/augmentation.h"
#include "core/augment/operators.h"

namespace selfsight {

namespace {

struct GaussianBlurOptions : StepOptions {
    GaussianBlurOptions() { probability = 0.5; }
    std::int64_t kernel = 0;
    double sigmaMin = 0.1;
    double sigmaMax = 2;
};

class GaussianBlur : public Augmentation {
public:
    explicit GaussianBlur(const GaussianBlurOptions& options) : m_options(options)
    {
        if (options.kernel != 0 && options.kernel % 2 == 0)
            throw Error("kernel", std::to_string(options.kernel) + " pixels have no middle",
                        "Give an odd number, or 0 for a tenth of the view.");
        if (options.sigmaMin > options.sigmaMax) throw Error("sigma_min", "it is above sigma_max", "Swap the two.");
    }

    void apply(Canvas& canvas, Rng& rng) const override
    {
        const int kernel = m_options.kernel > 0 ? static_cast<int>(m_options.kernel) : tenthOf(canvas.viewSize);
        gaussianBlur(canvas.input(), kernel, rng.uniform(m_options.sigmaMin, m_options.sigmaMax), canvas.spare());
        canvas.swap();
    }

private:
    /// Odd, and never so small that nothing happens: 23 at 224 pixels, 3 at 32.
    static int tenthOf(int size) { return std::max(3, size / 10 / 2 * 2 + 1); }

    GaussianBlurOptions m_options;
};

}  // namespace

AugmentationInfo gaussianBlurInfo()
{
    using T = GaussianBlurOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("kernel", &T::kernel, "Pixels a side of the kernel, odd; 0 takes about a tenth of the view's side.")
            .range(0, 255)
            .from("SimCLR, appendix A");
        s.add("sigma_min", &T::sigmaMin, "Narrowest blur: standard deviation in pixels.")
            .range(0.01, 50)
            .log()
            .from("SimCLR, appendix A");
        s.add("sigma_max", &T::sigmaMax, "Widest blur: standard deviation in pixels.")
            .range(0.01, 50)
            .log()
            .from("SimCLR, appendix A");
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<GaussianBlur>("gaussian_blur", "Gaussian blur", "SimCLR, arXiv 2002.05709, appendix A",
                                          "Blurs by a random width. Usually left out at 32 pixels.", schema);
}

}  // namespace selfsight
