#include "core/train/attention_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/augment/augmentation.h"
#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/train/embedding_samples.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kImageStream = 0xa77e;

/// A mask goes the way of its image: the same resizing, the same crop.
RgbImage asPicture(const FloatMap& mask)
{
    RgbImage picture(mask.width, mask.height);
    for (std::size_t i = 0; i < mask.values.size(); ++i)
        std::fill_n(picture.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i), 3,
                    static_cast<std::uint8_t>(std::lround(255 * std::clamp(mask.values[i], 0.0f, 1.0f))));
    return picture;
}

}  // namespace

const DataSet& askedPart(const DataSplits& data)
{
    return data.test ? *data.test : *data.train;
}

bool knowsMasks(const DataSet& data)
{
    try {
        return data.size() > 0 && data.mask(0).has_value();
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::int64_t> askedImages(const DataSplits& data, std::int64_t wanted, std::int64_t first, std::uint64_t seed)
{
    std::vector<std::int64_t> images = evenlyOverClasses(askedPart(data), wanted, Rng({seed, kImageStream}));
    const auto size = static_cast<std::int64_t>(images.size());
    first = std::min(first, size);
    // Places ascend, so that those still to be moved stay where they are.
    for (std::int64_t i = 0; i < first; ++i) {
        const std::int64_t place = (i * size + size / 2) / first;
        std::rotate(images.begin() + i, images.begin() + std::max(i, place), images.begin() + std::max(i, place) + 1);
    }
    return images;
}

void appendImages(const DataSet& data, std::span<const std::int64_t> images, const ViewPipeline& pipeline, int patch, AttentionSet& set)
{
    set.side = pipeline.viewSize(0) / patch * patch;
    const bool labelled = !data.labelTables().empty();
    Canvas canvas;
    for (const std::int64_t image : images) {
        std::vector<std::uint8_t> pixels, mask;
        try {
            const RgbImage source = data.image(image);
            const std::optional<FloatMap> cover = data.mask(image);
            pipeline.evaluationView(source, canvas);
            for (int y = 0; y < set.side; ++y) pixels.insert(pixels.end(), canvas.image().row(y), canvas.image().row(y) + 3 * set.side);
            if (cover) {
                const RgbImage picture = asPicture(*cover);
                pipeline.evaluationView(picture, canvas);
                for (int y = 0; y < set.side; ++y)
                    for (int x = 0; x < set.side; ++x) mask.push_back(canvas.image().row(y)[3 * x]);
            }
        } catch (const Error&) {
            continue;  // listed by the loader, which meets it too
        }
        set.names.push_back(data.describe(image));
        if (labelled) {
            const LabelTable& table = data.labelTables().front();
            set.classes.push_back(table.classes[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(image)])]);
        }
        set.pixels.insert(set.pixels.end(), pixels.begin(), pixels.end());
        set.masks.insert(set.masks.end(), mask.begin(), mask.end());
    }
}

AttentionSet firstOf(const AttentionSet& set, std::size_t count, const DataSplits& data)
{
    AttentionSet first = set;
    count = std::min(count, set.size());
    const std::size_t pixels = static_cast<std::size_t>(set.side) * static_cast<std::size_t>(set.side);
    first.names.resize(count);
    if (!first.classes.empty()) first.classes.resize(count);
    first.pixels.resize(3 * pixels * count);
    if (!first.masks.empty()) first.masks.resize(pixels * count);
    first.title = fmt::format("{} of {} {} images of {}", thousands(static_cast<std::int64_t>(count)), thousands(askedPart(data).size()),
                              data.test ? "held-out" : "training", data.title);
    return first;
}

FloatMap maskOf(const AttentionSet& set, std::size_t image)
{
    const std::size_t pixels = static_cast<std::size_t>(set.side) * static_cast<std::size_t>(set.side);
    FloatMap mask{set.side, set.side, std::vector<float>(pixels)};
    for (std::size_t i = 0; i < pixels; ++i) mask.values[i] = set.masks[image * pixels + i] > 127 ? 1.0f : 0.0f;
    return mask;
}

}  // namespace selfsight
