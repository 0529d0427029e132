// How finished views become numbers: (byte / 255 - mean) / std. The last step of a chain.
#include "core/augment/augmentation.h"

namespace selfsight {

namespace {

struct NormalizeOptions : StepOptions {
    std::vector<double> mean;
    std::vector<double> std;
};

class Normalize : public Augmentation {
public:
    explicit Normalize(const NormalizeOptions& options) : m_options(options)
    {
        requireThree("mean", options.mean);
        requireThree("std", options.std);
        if (options.probability < 1 || options.onlyView != 0)
            throw Error("probability", "every view has to be normalised", "Leave probability and only_view at their defaults.");
    }

    void apply(Canvas&, Rng&) const override {}

    bool normalizes(PixelStatistics& statistics) const override
    {
        for (std::size_t c = 0; c < m_options.mean.size(); ++c) statistics.mean[c] = static_cast<float>(m_options.mean[c]);
        for (std::size_t c = 0; c < m_options.std.size(); ++c) statistics.std[c] = static_cast<float>(m_options.std[c]);
        return true;
    }

private:
    static void requireThree(const char* key, const std::vector<double>& values)
    {
        if (!values.empty() && values.size() != 3)
            throw Error(key, "it has " + std::to_string(values.size()) + " numbers",
                        "Give three (red, green, blue), or none for the data set's own.");
    }

    NormalizeOptions m_options;
};

}  // namespace

AugmentationInfo normalizeInfo()
{
    using T = NormalizeOptions;
    static const SchemaFor<T> schema = [] {
        SchemaFor<T> s;
        s.add("mean", &T::mean, "Subtracted from each channel, on the scale where white is 1; empty takes the data set's.")
            .range(-10, 10);
        s.add("std", &T::std, "Divides each channel, on the scale where white is 1; empty takes the data set's.")
            .range(0.001, 10);
        addStepOptions(s);
        return s;
    }();
    return augmentationInfo<Normalize>(
        "normalize", "Normalize", "",
        "Always the last step. Without it the data set's own statistics are used; switched off, views stay within 0..1.", schema);
}

}  // namespace selfsight
