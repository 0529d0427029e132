#include "core/runs/step_levels.h"

#include <cstring>

#include "core/runs/step_layout.h"

namespace selfsight {

namespace {

constexpr char kLevelMagic[] = "LEVL";
constexpr std::size_t kSums = 8;  // offset of the first checksum

template <class T>
void putAt(std::string& bytes, std::size_t offset, T value)
{
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

std::uint32_t sumAt(const char* head, std::size_t index)
{
    std::uint32_t sum;
    std::memcpy(&sum, head + kSums + 4 * index, 4);
    return sum;
}

}  // namespace

LevelLayout::LevelLayout(StepColumns columns)
{
    head = keys = kSums + 4 * (1 + columns.count()) + 4;
    keysSize = 5 * 8 * kRows;
    size = keys + keysSize;
    for (std::size_t i = 0; i < columns.count(); ++i) {
        stored.push_back({std::size_t(i <= columns.rate() ? 4 : 2), size});
        size += 3 * kRows * stored.back().width;
    }
}

std::string levelBlock(const StepTable& fine, std::uint32_t source, const LevelLayout& layout)
{
    StepTable all = fine;
    appendRows(all, condense(fine, LevelLayout::kFineRows), 0, 1);
    std::string block(layout.size, '\0');
    std::memcpy(block.data(), kLevelMagic, 4);
    putAt(block, 4, source);
    std::size_t at = layout.keys;
    const auto put = [&block, &at](const auto& values) {
        std::memcpy(block.data() + at, values.data(), 8 * LevelLayout::kRows);
        at += 8 * LevelLayout::kRows;
    };
    put(all.first);
    put(all.step);
    put(all.epoch);
    put(all.batch);
    put(all.wallSeconds);
    putAt(block, kSums, checksum(block.data() + layout.keys, layout.keysSize));
    for (std::size_t c = 0; c < layout.stored.size(); ++c) {
        const auto [width, offset] = layout.stored[c];
        at = offset;
        for (const std::vector<float>* values : {&all.columns[c].lowest, &all.columns[c].highest, &all.columns[c].values})
            for (const float value : *values) {
                if (width == 4) putAt(block, at, value);
                else putAt(block, at, toHalfLog(value));
                at += width;
            }
        putAt(block, kSums + 4 * (1 + c), checksum(block.data() + offset, at - offset));
    }
    putAt(block, layout.head - 4, checksum(block.data(), layout.head - 4));
    return block;
}

bool isLevelHead(const char* head, const LevelLayout& layout)
{
    return std::memcmp(head, kLevelMagic, 4) == 0 && sumAt(head, layout.stored.size() + 1) == checksum(head, layout.head - 4);
}

std::uint32_t sourceOfLevel(const char* head)
{
    std::uint32_t source;
    std::memcpy(&source, head + 4, 4);
    return source;
}

bool level::takeKeys(const std::string& head, const std::string& keys, const LevelLayout& layout, bool whole, StepTable& table)
{
    if (!isLevelHead(head.data(), layout) || sumAt(head.data(), 0) != checksum(keys.data(), keys.size())) return false;
    const std::size_t begin = whole ? LevelLayout::kFineRows : 0, count = whole ? 1 : LevelLayout::kFineRows;
    const auto part = [&](std::size_t index) { return keys.data() + 8 * (index * LevelLayout::kRows + begin); };
    table.stride = whole ? kCoarseStride : kFineStride;
    decodeKeys(part(0), 8, count, table.first);
    decodeKeys(part(1), 8, count, table.step);
    decodeKeys(part(2), 8, count, table.epoch);
    decodeKeys(part(3), 8, count, table.batch);
    decodeSeconds(part(4), 8, count, table.wallSeconds);
    return true;
}

bool level::takeColumn(const std::string& head, const std::string& bytes, const LevelLayout& layout, std::size_t index,
                       bool whole, StepTable& table)
{
    if (sumAt(head.data(), 1 + index) != checksum(bytes.data(), bytes.size())) return false;
    const std::size_t begin = whole ? LevelLayout::kFineRows : 0, count = whole ? 1 : LevelLayout::kFineRows;
    const std::size_t width = layout.stored[index].width;
    StepTable::Column& column = table.columns.emplace_back(StepTable::Column{index, {}, {}, {}});
    const auto part = [&](std::size_t which) { return bytes.data() + width * (which * LevelLayout::kRows + begin); };
    decodeValues(part(0), width, width, count, column.lowest);
    decodeValues(part(1), width, width, count, column.highest);
    decodeValues(part(2), width, width, count, column.values);
    return true;
}

}  // namespace selfsight
