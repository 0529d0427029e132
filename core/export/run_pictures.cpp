#include "core/export/run_pictures.h"

#include <algorithm>
#include <cmath>

#include "core/augment/operators.h"
#include "core/base/error.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr std::int64_t kRows = 8;
constexpr int kGap = 2;  // pixels
constexpr std::uint64_t kExportStream = 0xe4;

void paste(const RgbImage& picture, int left, int top, RgbImage& onto)
{
    for (int y = 0; y < picture.height; ++y) std::copy_n(picture.row(y), 3 * picture.width, onto.row(top + y) + 3 * left);
}

RgbImage whiteImage(int width, int height)
{
    RgbImage image(width, height);
    std::ranges::fill(image.pixels, std::uint8_t{255});
    return image;
}

}  // namespace

RgbImage gridOfViews(const DataSet& data, const ViewPipeline& pipeline, std::uint64_t seed)
{
    const int cell = pipeline.viewSize(0) + kGap;
    std::vector<std::vector<RgbImage>> rows;
    for (std::int64_t i = 0; i < data.size() && std::ssize(rows) < kRows; ++i) {
        try {
            const RgbImage source = data.image(i);
            std::vector<RgbImage> row(1);
            resizeAndCentreCrop(source, pipeline.viewSize(0), row.front());
            for (int view = 0; view < pipeline.viewCount(); ++view) {
                Canvas canvas;
                pipeline.view(source, {seed, 0, static_cast<std::uint64_t>(i), view}, canvas);
                row.push_back(std::as_const(canvas).image());
            }
            rows.push_back(std::move(row));
        } catch (const Error&) {
            continue;  // an unreadable image; the next one will do
        }
    }
    if (rows.empty()) return {};
    RgbImage grid = whiteImage(cell * static_cast<int>(rows.front().size()) - kGap, cell * static_cast<int>(rows.size()) - kGap);
    for (std::size_t y = 0; y < rows.size(); ++y)
        for (std::size_t x = 0; x < rows[y].size(); ++x)
            paste(rows[y][x], cell * static_cast<int>(x), cell * static_cast<int>(y), grid);
    return grid;
}

RgbImage spriteOf(const std::vector<RgbImage>& pictures, int side)
{
    const auto columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(pictures.size()))));
    RgbImage sprite = whiteImage(columns * side, columns * side);
    for (int i = 0; i < static_cast<int>(pictures.size()); ++i) {
        const RgbImage& picture = pictures[static_cast<std::size_t>(i)];
        RgbImage small;
        resizedCrop(picture, {0, 0, picture.width, picture.height}, side, side, Interpolation::Bilinear, true, small);
        paste(small, i % columns * side, i / columns * side, sprite);
    }
    return sprite;
}

std::vector<std::int64_t> chosenImages(const DataSet& data, std::size_t most)
{
    std::vector<std::int64_t> order = Rng({kExportStream}).permutation(data.size());
    if (order.size() <= most) {
        std::ranges::sort(order);
        return order;
    }
    // Sorted by class and then taken at even distances: each class by its share.
    if (!data.labelTables().empty()) {
        const std::vector<std::int32_t>& labels = data.labelTables().front().labels;
        std::ranges::stable_sort(order, {}, [&labels](std::int64_t image) { return labels[static_cast<std::size_t>(image)]; });
    }
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < most; ++i) chosen.push_back(order[i * order.size() / most]);
    std::ranges::sort(chosen);
    return chosen;
}

}  // namespace selfsight
