#include "core/data/labelled_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/base/rng.h"

namespace selfsight
{

namespace
{

constexpr std::uint64_t kLabelStream = 0x1abe;

class DataSetPart : public DataSet
{
public:
    DataSetPart(std::shared_ptr<const DataSet> whole, std::vector<std::int64_t> images)
        : m_whole(std::move(whole)), m_images(std::move(images))
    {
        for (const LabelTable& table : m_whole->labelTables()) {
            LabelTable& part = m_tables.emplace_back(LabelTable{table.name, table.classes, {}});
            for (const std::int64_t image : m_images) part.labels.push_back(table.labels[static_cast<std::size_t>(image)]);
        }
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_images.size()); }
    RgbImage image(std::int64_t index) const override { return m_whole->image(at(index)); }
    Sample sample(std::int64_t index) const override { return m_whole->sample(at(index)); }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    std::optional<FloatMap> mask(std::int64_t index) const override { return m_whole->mask(at(index)); }
    std::string describe(std::int64_t index) const override { return m_whole->describe(at(index)); }

private:
    std::int64_t at(std::int64_t index) const { return m_images[static_cast<std::size_t>(index)]; }

    std::shared_ptr<const DataSet> m_whole;
    std::vector<std::int64_t> m_images;
    std::vector<LabelTable> m_tables;
};

std::vector<std::vector<std::int64_t>> imagesByClass(const LabelTable& table)
{
    std::vector<std::vector<std::int64_t>> images(table.classes.size());
    for (std::size_t i = 0; i < table.labels.size(); ++i)
        images[static_cast<std::size_t>(table.labels[i])].push_back(static_cast<std::int64_t>(i));
    return images;
}

}  // namespace

LabelledImages labelledImages(const LabelTable& table, const LabelShare& share)
{
    LabelledImages result;
    const auto byClass = imagesByClass(table);
    std::int64_t present = 0;
    for (std::size_t c = 0; c < byClass.size(); ++c) {
        present += !byClass[c].empty();
        if (byClass[c].empty()) result.notes.push_back(fmt::format("No training image is of the class '{}'.", table.classes[c]));
    }
    if (present == 1) result.notes.push_back("All training images are of one class: every answer is that class.");
    const auto total = static_cast<std::int64_t>(table.labels.size());
    if (share.share >= 1 || present == 0) {
        result.images.resize(table.labels.size());
        std::iota(result.images.begin(), result.images.end(), std::int64_t{0});
        return result;
    }
    const double wanted = share.share * static_cast<double>(total);
    const std::int64_t each = std::max<std::int64_t>(1, std::llround(wanted / static_cast<double>(present)));
    for (std::size_t c = 0; c < byClass.size(); ++c) {
        const auto count = static_cast<std::int64_t>(byClass[c].size());
        const std::vector<std::int64_t> order = Rng({share.seed, kLabelStream, c}).permutation(count);
        for (std::int64_t i = 0; i < std::min(each, count); ++i)
            result.images.push_back(byClass[c][static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    std::ranges::sort(result.images);
    if (wanted < static_cast<double>(present))
        result.notes.push_back(fmt::format(
            "{:.3g} % of {} images are fewer than the {} classes: one image of each was taken, {:.3g} %.", 100 * share.share,
            total, present, 100.0 * static_cast<double>(result.images.size()) / static_cast<double>(total)));
    return result;
}

std::shared_ptr<const DataSet> partOf(std::shared_ptr<const DataSet> data, std::vector<std::int64_t> images)
{
    return std::make_shared<DataSetPart>(std::move(data), std::move(images));
}

}  // namespace selfsight
