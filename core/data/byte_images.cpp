#include "core/data/byte_images.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace selfsight {

PixelStatistics statisticsOf(const ByteImages& images)
{
    std::array<std::array<std::int64_t, 256>, 3> histogram{};
    const auto channels = static_cast<std::size_t>(images.channels);
    for (std::size_t i = 0; i < images.pixels.size(); ++i) ++histogram[i % channels][images.pixels[i]];

    PixelStatistics statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        double count = 0, sum = 0, squares = 0;
        for (std::size_t value = 0; value < 256; ++value) {
            const auto n = static_cast<double>(histogram[c % channels][value]);
            const double level = static_cast<double>(value) / 255;
            count += n;
            sum += n * level;
            squares += n * level * level;
        }
        const double mean = sum / count;
        statistics.mean[c] = static_cast<float>(mean);
        // Blank images: a standard deviation of 0 would divide by zero.
        statistics.std[c] = static_cast<float>(std::max(1.0 / 255, std::sqrt(std::max(0.0, squares / count - mean * mean))));
    }
    return statistics;
}

PixelStatistics statisticsOfFirst(const DataSet& set, int side)
{
    ByteImages sample{side, side, 3, {}};
    for (std::int64_t i = 0; i < std::min<std::int64_t>(64, set.size()); ++i) {
        const RgbImage image = set.image(i);
        sample.pixels.insert(sample.pixels.end(), image.pixels.begin(), image.pixels.end());
    }
    return statisticsOf(sample);
}

ByteImageSet::ByteImageSet(ByteImages images, std::vector<LabelTable> tables)
    : m_images(std::move(images)), m_tables(std::move(tables))
{
}

RgbImage ByteImageSet::image(std::int64_t index) const
{
    RgbImage result(m_images.width, m_images.height);
    const std::uint8_t* from = m_images.pixels.data() + index * m_images.imageBytes();
    if (m_images.channels == 3) std::copy_n(from, result.pixels.size(), result.pixels.begin());
    else
        for (std::size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = from[i / 3];
    return result;
}

void ByteImageSet::addTo(Fingerprint& fingerprint) const
{
    fingerprint.add(static_cast<std::uint64_t>(m_images.width));
    fingerprint.add(static_cast<std::uint64_t>(m_images.height));
    fingerprint.add(m_images.pixels);
    for (const LabelTable& table : m_tables)
        for (const std::int32_t label : table.labels) fingerprint.add(static_cast<std::uint64_t>(label));
}

std::string fingerprintOf(const ByteImageSet& train, const ByteImageSet* test)
{
    Fingerprint fingerprint;
    train.addTo(fingerprint);
    if (test) test->addTo(fingerprint);
    return fingerprint.text();
}

}  // namespace selfsight
