// Blocks of steps.levels: 64 rows of 64 steps and one of all 4,096, lowest, highest and mean of every column.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/record/step_table.h"

namespace selfsight {

struct LevelLayout {
    struct Stored {
        std::size_t width;   // bytes a value
        std::size_t offset;  // in the block: kRows lowest, then highest, then means
    };
    static constexpr std::size_t kFineRows = 64, kRows = kFineRows + 1;  // the last row is the whole block's

    LevelLayout() = default;
    explicit LevelLayout(StepColumns columns);

    std::vector<Stored> stored;  // by StepColumns
    std::size_t head = 0;        // magic, checksum of the source, of the keys and of each column, of the head
    std::size_t keys = 0;        // offset of first, last, epoch, batch, seconds
    std::size_t keysSize = 0;
    std::size_t size = 0;        // of a block
};

/// `fine`: kFineRows rows of 64 steps with all columns. `source` stands for the steps it was made of.
std::string levelBlock(const StepTable& fine, std::uint32_t source, const LevelLayout& layout);

/// Whether the head of a block is whole; then what it was made of.
bool isLevelHead(const char* head, const LevelLayout& layout);
std::uint32_t sourceOfLevel(const char* head);

/// The block's rows with these columns: kFineRows, or the one of all when `whole`. `read(offset, bytes, count)` gives parts of
/// the block and says whether it could. An empty table: something does not match its checksum.
template <class Read>
StepTable levelRows(const LevelLayout& layout, std::span<const std::size_t> columns, bool whole, Read read);

/// The parts of levelRows that don't read.
namespace level {
bool takeKeys(const std::string& head, const std::string& keys, const LevelLayout& layout, bool whole, StepTable& table);
bool takeColumn(const std::string& head, const std::string& bytes, const LevelLayout& layout, std::size_t index, bool whole,
                StepTable& table);
}  // namespace level

template <class Read>
StepTable levelRows(const LevelLayout& layout, std::span<const std::size_t> columns, bool whole, Read read)
{
    StepTable table;
    std::string front(layout.keys + layout.keysSize, '\0'), column;
    if (!read(std::size_t{0}, front.data(), front.size())) return {};
    if (!level::takeKeys(front, front.substr(layout.keys), layout, whole, table)) return {};
    for (const std::size_t index : columns) {
        column.resize(3 * LevelLayout::kRows * layout.stored[index].width);
        if (!read(layout.stored[index].offset, column.data(), column.size())) return {};
        if (!level::takeColumn(front, column, layout, index, whole, table)) return {};
    }
    return table;
}

}  // namespace selfsight
