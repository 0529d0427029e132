// How a StepFile turns what is on the disk into rows.
#include "core/runs/step_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/step_file_seen.h"

namespace selfsight {

std::uint32_t StepFile::chunkSum(const Seen& s, std::int64_t chunk) const
{
    const std::string head = chunkHead(s, chunk);
    return head.empty() ? 0 : chunkHeadSum(head.data(), m_layout);
}

/// Empty: damaged.
std::string StepFile::chunkHead(const Seen& s, std::int64_t chunk) const
{
    std::string head(m_layout.chunkHead, '\0');
    const std::uint64_t at = StepHeader::kSize + static_cast<std::uint64_t>(chunk) * m_layout.chunkSize;
    return s.steps.read(at, head.data(), head.size()) && isChunkHead(head.data(), m_layout) ? head : std::string();
}

/// Rows `begin` .. `end` - 1 of a chunk, behind those of `table`. A damaged column of values is a gap; damaged steps are counted
/// anew.
void StepFile::addChunk(const Seen& s, std::int64_t chunk, std::size_t begin, std::size_t end,
                        std::span<const std::size_t> columns, StepTable& table) const
{
    const std::uint64_t at = StepHeader::kSize + static_cast<std::uint64_t>(chunk) * m_layout.chunkSize;
    const std::string head = chunkHead(s, chunk);
    std::string bytes;
    const auto readColumn = [&](std::size_t index) {
        const StepLayout::Stored& stored = m_layout.stored[index];
        bytes.resize(stored.width * static_cast<std::size_t>(kChunkSteps));
        return s.steps.read(at + stored.inChunk, bytes.data(), bytes.size()) &&
               checksum(bytes.data(), bytes.size()) == chunkColumnSum(head.data(), index);
    };
    const auto isWhole = [&](std::size_t index) {
        if (!head.empty() && readColumn(index)) return true;
        m_notes->warn(fmt::format("{}: steps {} to {} are damaged; what is lost of them is a gap.",
                                  (m_folder / "steps.bin").string(), chunk * kChunkSteps + 1, (chunk + 1) * kChunkSteps));
        return false;
    };
    StepTable part;
    const std::size_t count = end - begin;
    for (std::size_t key = 0; key < StepLayout::kKeys; ++key) {
        if (!isWhole(key)) {
            bytes.assign(8 * static_cast<std::size_t>(kChunkSteps), '\0');
            for (std::int64_t row = 0; key == 0 && row < kChunkSteps; ++row) {
                const std::int64_t step = chunk * kChunkSteps + row + 1;
                std::memcpy(bytes.data() + 8 * row, &step, 8);
            }
        }
        const char* from = bytes.data() + 8 * begin;
        if (key == 3) decodeSeconds(from, 8, count, part.wallSeconds);
        else decodeKeys(from, 8, count, key == 0 ? part.step : key == 1 ? part.epoch : part.batch);
    }
    part.first = part.step;
    for (const std::size_t index : columns) {
        StepTable::Column& column = part.columns.emplace_back(StepTable::Column{index, {}, {}, {}});
        const std::size_t width = m_layout.stored[StepLayout::kKeys + index].width;
        if (isWhole(StepLayout::kKeys + index)) decodeValues(bytes.data() + width * begin, width, width, count, column.values);
        else column.values.assign(count, std::numeric_limits<float>::quiet_NaN());
    }
    appendRows(table, part, 0, count);
}

void StepFile::addOldRows(const Seen& s, std::int64_t first, std::int64_t last, std::span<const std::size_t> columns,
                          StepTable& table) const
{
    std::string bytes(m_layout.rowSize * kChunkSteps, '\0');
    for (; first < last; first += kChunkSteps) {
        const auto count = static_cast<std::size_t>(std::min(last - first, kChunkSteps));
        if (!s.steps.read(s.oldStart + static_cast<std::uint64_t>(first) * m_layout.rowSize, bytes.data(),
                          count * m_layout.rowSize))
            return;
        std::string whole;
        for (std::size_t row = 0; row < count; ++row) {
            if (isWholeRow(bytes.data() + row * m_layout.rowSize, m_layout))
                whole.append(bytes, row * m_layout.rowSize, m_layout.rowSize);
            else m_notes->warn((m_folder / "steps.bin").string() + ": a damaged row was left out.");
        }
        const StepTable part = tableOfRows(whole.data(), whole.size() / m_layout.rowSize, m_layout, columns);
        appendRows(table, part, 0, part.rows());
    }
}

StepTable StepFile::table(const Seen& s, std::int64_t first, std::int64_t last, std::span<const std::size_t> columns) const
{
    StepTable table;
    last = std::min(last, rows(s));
    if (s.format == 1) {
        addOldRows(s, first, last, columns, table);
        return table;
    }
    for (; first < std::min(last, s.chunkRows()); first = (first / kChunkSteps + 1) * kChunkSteps) {
        const std::int64_t chunk = first / kChunkSteps, start = chunk * kChunkSteps;
        addChunk(s, chunk, static_cast<std::size_t>(first - start), static_cast<std::size_t>(std::min(last - start, kChunkSteps)),
                 columns, table);
    }
    if (first < last) {
        const auto skip = static_cast<std::size_t>(first - s.chunkRows());
        const StepTable part =
            tableOfRows(s.tail.data() + skip * m_layout.rowSize, static_cast<std::size_t>(last - first), m_layout, columns);
        appendRows(table, part, 0, part.rows());
    }
    return table;
}

/// The rows of one block: from steps.levels, or made of its steps and kept.
StepTable StepFile::block(const Seen& s, std::int64_t index, bool whole, std::span<const std::size_t> columns) const
{
    if (index < s.levelBlocks) {
        const std::uint64_t at = StepHeader::kSize + static_cast<std::uint64_t>(index) * m_levelLayout.size;
        const auto read = [&](std::size_t offset, char* bytes, std::size_t count) {
            return s.levels.read(at + offset, bytes, count);
        };
        StepTable table = levelRows(m_levelLayout, columns, whole, read);
        if (!table.empty()) return table;
    }
    StepTable all;
    {
        const std::lock_guard lock(m_notes->mutex);
        if (const auto known = m_notes->blocks.find(index); known != m_notes->blocks.end()) all = known->second;
    }
    if (all.empty()) {
        all = condense(table(s, index * kCoarseStride, (index + 1) * kCoarseStride, allColumns(m_layout.columns)), kFineStride);
        const std::lock_guard lock(m_notes->mutex);
        m_notes->blocks[index] = all;
    }
    StepTable chosen = all;
    chosen.columns.clear();
    for (const std::size_t column : columns)
        if (!all.columns.empty()) chosen.columns.push_back(all.columns[column]);
    return whole ? condense(chosen, LevelLayout::kFineRows) : chosen;
}

StepTable StepFile::levels(std::int64_t first, std::int64_t last, std::int64_t stride, std::span<const std::size_t> columns) const
{
    const auto s = seen();
    last = std::min(last, rows(*s));
    StepTable table;
    table.stride = stride;
    for (; first / kCoarseStride < last / kCoarseStride; first = (first / kCoarseStride + 1) * kCoarseStride) {
        const StepTable rows = block(*s, first / kCoarseStride, stride == kCoarseStride, columns);
        appendRows(table, rows, std::min(static_cast<std::size_t>(first % kCoarseStride / stride), rows.rows()), rows.rows());
    }
    const StepTable rest = condense(this->table(*s, first, last, columns), stride);
    appendRows(table, rest, 0, rest.rows());
    return table;
}

StepTable StepFile::read(const StepQuery& query) const
{
    const std::vector<std::size_t> columns = query.columns.empty() ? allColumns(m_layout.columns) : query.columns;
    for (const std::size_t column : columns)
        if (column >= m_layout.columns.count())
            throw Error(m_folder.string(),
                        fmt::format("has {} columns, and the one numbered {} was asked for", m_layout.columns.count(), column));
    const std::int64_t first = rowAfter(query.first - 1), last = rowAfter(query.last);
    if (last - first <= query.rows) return table(first, last, columns);
    // Several rows of a level together, where they still are too many.
    const std::int64_t rows = std::max<std::int64_t>(query.rows, 1);
    const auto together = [&](std::int64_t stride) {
        return std::max<std::int64_t>((last - first + stride * rows - 1) / (stride * rows), 1);
    };
    const std::int64_t level = together(kFineStride) < kCoarseStride / kFineStride ? kFineStride : kCoarseStride;
    const std::int64_t stride = level * together(level);
    StepTable table = levels(first / stride * stride, last, level, columns);
    return stride > level ? condense(table, stride / level) : table;
}

StepTable StepFile::table(std::int64_t first, std::int64_t last, std::span<const std::size_t> columns) const
{
    return table(*seen(), first, last, columns);
}

std::vector<StepRecord> StepFile::records(std::int64_t first, std::int64_t last) const
{
    const StepTable rows = table(first, last, allColumns(m_layout.columns));
    std::vector<StepRecord> records;
    records.reserve(rows.rows());
    for (std::size_t row = 0; row < rows.rows(); ++row) records.push_back(rows.record(row, m_layout.columns));
    return records;
}

std::int64_t StepFile::rowAfter(std::int64_t step) const
{
    const auto s = seen();
    std::int64_t low = 0, high = rows(*s);
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        if (stepAt(*s, middle) <= step) low = middle + 1;
        else high = middle;
    }
    return low;
}

std::int64_t StepFile::stepAt(const Seen& s, std::int64_t row) const
{
    std::int64_t step = row + 1;  // what it is where nothing is missing
    char bytes[8] = {};
    const std::int64_t chunk = row / kChunkSteps;
    if (s.format == 1) {
        if (s.steps.read(s.oldStart + static_cast<std::uint64_t>(row) * m_layout.rowSize, bytes, 8)) std::memcpy(&step, bytes, 8);
    } else if (row < s.chunkRows()) {
        const std::uint64_t at =
            StepHeader::kSize + static_cast<std::uint64_t>(chunk) * m_layout.chunkSize + m_layout.stored[0].inChunk;
        if (s.steps.read(at + 8 * static_cast<std::uint64_t>(row % kChunkSteps), bytes, 8)) std::memcpy(&step, bytes, 8);
    } else {
        std::memcpy(&step, s.tail.data() + static_cast<std::size_t>(row - s.chunkRows()) * m_layout.rowSize, 8);
    }
    return step;
}

std::int64_t StepFile::rows(const Seen& s) const { return s.format == 1 ? s.oldRows : s.chunkRows() + s.tailRows(m_layout); }
std::int64_t StepFile::rows() const { return rows(*seen()); }
std::int64_t StepFile::chunkRows() const { return seen()->chunkRows(); }
std::int64_t StepFile::levelBlocks() const { return seen()->levelBlocks; }
std::uint32_t StepFile::format() const { return seen()->format; }
std::uint32_t StepFile::chunkSum(std::int64_t chunk) const { return chunkSum(*seen(), chunk); }
bool StepFile::isBeingWritten() const { return seen()->steps.isLocked(); }

std::string StepFile::levelBlockBytes(std::int64_t block) const
{
    const auto s = seen();
    std::string bytes(m_levelLayout.size, '\0');
    if (block < s->levelBlocks &&
        s->levels.read(StepHeader::kSize + static_cast<std::uint64_t>(block) * m_levelLayout.size, bytes.data(), bytes.size()))
        return bytes;
    return levelBlock(this->block(*s, block, false, allColumns(m_layout.columns)), sourceSum(*s, block), m_levelLayout);
}

void StepFile::saveLevels() const
{
    const auto s = seen();
    const std::int64_t blocks = s->chunkRows() / kCoarseStride;
    if (s->format == 1 || s->levelBlocks == blocks || s->steps.isLocked()) return;
    try {
        AtomicFile file(m_folder / "steps.levels");
        file.write(StepHeader{m_layout.columns}.bytes());
        for (std::int64_t block = 0; block < blocks; ++block) file.write(levelBlockBytes(block));
        file.commit();
    } catch (const Error&) {
        // A folder that may only be read: the levels are made again the next time.
    }
}

std::vector<std::string> StepFile::takeWarnings()
{
    const std::lock_guard lock(m_notes->mutex);
    return std::exchange(m_notes->waiting, {});
}

}  // namespace selfsight
