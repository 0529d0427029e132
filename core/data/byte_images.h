// Images of one size that lie in memory as bytes: what IDX and CIFAR files become.
#pragma once

#include "core/data/data_set.h"
#include "core/data/fingerprint.h"

namespace selfsight {

/// Rows of `channels` bytes a pixel: 1 (grey) or 3 (RGB).
struct ByteImages {
    int width = 0;
    int height = 0;
    int channels = 3;
    std::vector<std::uint8_t> pixels;

    std::int64_t imageBytes() const { return std::int64_t{width} * height * channels; }
    std::int64_t count() const { return imageBytes() > 0 ? static_cast<std::int64_t>(pixels.size()) / imageBytes() : 0; }
};

/// Mean and standard deviation over all pixels, exact.
PixelStatistics statisticsOf(const ByteImages& images);

/// Of the first pictures of a set that draws them, all of `side` pixels: the others follow the same rule.
PixelStatistics statisticsOfFirst(const DataSet& set, int side);

class ByteImageSet : public DataSet {
public:
    ByteImageSet(ByteImages images, std::vector<LabelTable> tables);

    std::int64_t size() const override { return m_images.count(); }
    RgbImage image(std::int64_t index) const override;
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }

    void addTo(Fingerprint& fingerprint) const;

private:
    ByteImages m_images;
    std::vector<LabelTable> m_tables;
};

/// The fingerprint of both parts; `test` may be null.
std::string fingerprintOf(const ByteImageSet& train, const ByteImageSet* test);

}  // namespace selfsight
