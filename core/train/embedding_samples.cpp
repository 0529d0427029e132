#include "core/train/embedding_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/augment/operators.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kSampleStream = 0xe3bd;
constexpr double kThumbnailBytes = 48e6;  // of all together
constexpr int kSmallestThumbnail = 16, kLargestThumbnail = 48;

/// Loudest and quietest of each column's stretch, light on dark.
std::vector<std::uint8_t> waveform(const Signal& signal, int side)
{
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * side * side), 28);
    const float loudest = std::accumulate(signal.begin(), signal.end(), 1e-6f, [](float most, float value) { return std::max(most, std::abs(value)); });
    const auto row = [&](float value) { return std::clamp(static_cast<int>(std::lround((1 - value / loudest) / 2 * static_cast<float>(side - 1))), 0, side - 1); };
    const std::size_t width = static_cast<std::size_t>(side);
    for (std::size_t x = 0; x < width && !signal.empty(); ++x) {
        const std::size_t from = x * signal.size() / width, to = std::max(from + 1, (x + 1) * signal.size() / width);
        const auto [low, high] = std::minmax_element(signal.begin() + static_cast<std::ptrdiff_t>(from), signal.begin() + static_cast<std::ptrdiff_t>(to));
        for (int y = row(*high); y <= row(*low); ++y)
            for (std::size_t channel = 0; channel < 3; ++channel)
                pixels[3 * (static_cast<std::size_t>(y) * width + x) + channel] = channel == 0 ? 150 : 220;
    }
    return pixels;
}

}  // namespace

std::string thousands(std::int64_t number)
{
    std::string text = std::to_string(number);
    for (int place = static_cast<int>(text.size()) - 3; place > 0; place -= 3) text = text.substr(0, static_cast<std::size_t>(place)) + "," + text.substr(static_cast<std::size_t>(place));
    return text;
}

std::vector<std::int64_t> evenlyOverClasses(const DataSet& data, std::int64_t wanted, Rng rng)
{
    const std::int64_t size = data.size();
    std::vector<std::int64_t> order = rng.permutation(size);
    if (!data.labelTables().empty()) {
        // Sorted by class and then taken at even distances: each class by its share.
        const std::vector<std::int32_t>& labels = data.labelTables().front().labels;
        std::ranges::stable_sort(order, {}, [&labels](std::int64_t image) { return labels[static_cast<std::size_t>(image)]; });
    }
    const std::int64_t taken = std::min(wanted, size);
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < taken; ++i) chosen.push_back(order[static_cast<std::size_t>(i * size / taken)]);
    return chosen;
}

std::vector<std::int64_t> embeddingSamples(const DataSplits& data, std::int64_t wanted, std::uint64_t seed)
{
    const std::int64_t training = data.train->size(), test = data.test ? data.test->size() : 0;
    std::vector<std::int64_t> chosen = evenlyOverClasses(*data.train, wanted, Rng({seed, kSampleStream}));
    if (const std::int64_t further = std::min(wanted - static_cast<std::int64_t>(chosen.size()), test); further > 0) {
        std::vector<std::int64_t> rest = Rng({seed, kSampleStream, 1}).permutation(test);
        for (std::int64_t i = 0; i < further; ++i) chosen.push_back(training + rest[static_cast<std::size_t>(i)]);
    }
    std::ranges::sort(chosen);
    return chosen;
}

SampleAt sampleAt(const DataSplits& data, std::int64_t sample)
{
    const std::int64_t training = data.train->size();
    return sample < training ? SampleAt{data.train.get(), sample} : SampleAt{data.test.get(), sample - training};
}

ProbeSet describedSamples(const DataSplits& data, SampleKind kind, std::vector<std::int64_t> images)
{
    ProbeSet set;
    set.images = std::move(images);
    const std::int64_t training = data.train->size();
    const bool withTest = !set.images.empty() && set.images.back() >= training;
    const auto& tables = data.train->labelTables();
    const std::size_t common = withTest ? std::min(tables.size(), data.test->labelTables().size()) : tables.size();
    for (std::size_t i = 0; i < common; ++i) set.tables.push_back({tables[i].name, tables[i].classes, {}});
    for (const std::int64_t image : set.images) {
        const SampleAt sample = sampleAt(data, image);
        set.names.push_back((image < training ? "" : "test ") + sample.data->describe(sample.index));
        for (std::size_t i = 0; i < common; ++i)
            set.tables[i].labels.push_back(sample.data->labelTables()[i].labels[static_cast<std::size_t>(sample.index)]);
    }
    const std::int64_t all = training + (withTest ? data.test->size() : 0);
    set.title = fmt::format("{} of {} {}{}s of {}{}", thousands(static_cast<std::int64_t>(set.size())), thousands(all), withTest ? "" : "training ",
                            nameOf(kind), data.title, tables.empty() ? "" : ", each class by its share");
    return set;
}

int thumbnailSide(std::int64_t samples, int viewSize)
{
    const int affordable = static_cast<int>(std::sqrt(kThumbnailBytes / (3.0 * static_cast<double>(std::max<std::int64_t>(1, samples)))));
    return std::min(viewSize, std::clamp(affordable, kSmallestThumbnail, kLargestThumbnail));
}

std::vector<std::uint8_t> thumbnailOf(const SampleAt& sample, SampleKind kind, int side)
{
    if (kind == SampleKind::Signal) return waveform(std::get<Signal>(sample.data->sample(sample.index)), side);
    RgbImage small;
    resizeAndCentreCrop(sample.data->image(sample.index), side, small);
    return small.pixels;
}

}  // namespace selfsight
