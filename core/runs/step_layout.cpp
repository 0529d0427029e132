#include "core/runs/step_layout.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/io/float16.h"
#include "core/runs/run_json.h"

namespace selfsight {

namespace {

constexpr char kMagic[] = "SELFSTEP";
constexpr char kChunkMagic[] = "CHNK";
constexpr std::uint32_t kOldHeaderLimit = 64u << 20;
constexpr std::size_t kRows = kChunkSteps;

template <class T>
void put(std::string& bytes, T value)
{
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(const char* from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// The format, after the checks that all step files share.
std::uint32_t formatOf(const std::string& head, const std::string& fileName)
{
    if (head.compare(0, 8, kMagic, std::min<std::size_t>(head.size(), 8)) != 0)
        throw Error(fileName, "is no step record of Selfsight", "Open a folder that a training has written.");
    const auto format = get<std::uint32_t>(head.data() + 8);
    if (format > kStepFormat)
        throw Error(fileName,
                    fmt::format("was written by a newer Selfsight (format {}, this program reads up to {})", format, kStepFormat),
                    "Update Selfsight.");
    return format;
}

}  // namespace

std::uint32_t checksum(const void* bytes, std::size_t count)
{
    return static_cast<std::uint32_t>(crc32(0, static_cast<const Bytef*>(bytes), static_cast<uInt>(count)));
}

std::uint32_t chained(std::uint32_t before, std::uint32_t next)
{
    const std::uint32_t both[] = {before, next};
    return checksum(both, sizeof both);
}

std::vector<std::size_t> allColumns(StepColumns columns)
{
    std::vector<std::size_t> all(columns.count());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::string StepHeader::bytes() const
{
    std::string head(kMagic, 8);
    put(head, kStepFormat);
    put(head, static_cast<std::uint32_t>(columns.terms));
    put(head, static_cast<std::uint32_t>(columns.layers));
    put(head, firstRow);
    put(head, checksum(head.data(), head.size()));
    return head;
}

std::optional<StepHeader> parseStepHeader(const std::string& head, const std::string& fileName)
{
    formatOf(head, fileName);
    if (get<std::uint32_t>(head.data() + 28) != checksum(head.data(), 28)) return std::nullopt;
    return StepHeader{{get<std::uint32_t>(head.data() + 12), get<std::uint32_t>(head.data() + 16)},
                      get<std::uint64_t>(head.data() + 20)};
}

std::optional<OldStepHeader> parseOldStepHeader(const std::string& head, const std::string& fileName)
{
    if (head.size() < 16 || formatOf(head, fileName) != 1) return std::nullopt;
    const auto length = get<std::uint32_t>(head.data() + 12);
    if (length > kOldHeaderLimit)
        throw Error(fileName, fmt::format("has a header of {} bytes, which is not possible", length), "The file is damaged.");
    if (head.size() < 16 + length) return std::nullopt;
    try {
        return OldStepHeader{runInfoFromJson(nlohmann::json::parse(head.begin() + 16, head.begin() + 16 + length)), 16 + length};
    } catch (const nlohmann::json::exception& error) {
        throw Error(fileName, fmt::format("has a damaged header ({})", error.what()));
    }
}

StepLayout::StepLayout(StepColumns chosen, std::uint32_t format) : columns(chosen)
{
    // Format 1 kept the rate before the terms, and norms as they were.
    const std::size_t normWidth = format == 1 ? 4 : 2;
    std::vector<std::size_t> widths(kKeys, 8);
    for (std::size_t i = 0; i < columns.count(); ++i) widths.push_back(i <= columns.rate() ? 4 : normWidth);
    chunkHead = 4 + 4 * widths.size() + 4;
    chunkSize = chunkHead;
    for (const std::size_t width : widths) {
        stored.push_back({width, rowSize, chunkSize});
        rowSize += width;
        chunkSize += width * kRows;
    }
    rowSize += 4;
    if (format != 1) return;
    stored[kKeys + columns.rate()].inRow = 4 * 8;
    for (std::size_t i = 0; i < columns.terms; ++i) stored[kKeys + i].inRow = 4 * 8 + 4 + 4 * i;
}

std::uint16_t toHalfLog(float norm)
{
    return toHalf(std::log(norm));
}

float fromHalfLog(std::uint16_t half)
{
    return std::exp(fromHalf(half));
}

void appendStepRow(std::string& rows, const StepRecord& record, const StepLayout& layout)
{
    // A step that broke off may lack values.
    const auto value = [](const std::vector<float>& values, std::size_t i) {
        return i < values.size() ? values[i] : std::numeric_limits<float>::quiet_NaN();
    };
    const std::size_t begin = rows.size();
    put(rows, record.step);
    put(rows, record.epoch);
    put(rows, record.batch);
    put(rows, record.wallSeconds);
    for (std::size_t i = 0; i < layout.columns.terms; ++i) put(rows, value(record.terms, i));
    put(rows, record.learningRate);
    for (std::size_t i = 0; i < layout.columns.layers; ++i) put(rows, toHalfLog(value(record.gradientNorms, i)));
    put(rows, checksum(rows.data() + begin, rows.size() - begin));
}

bool isWholeRow(const char* row, const StepLayout& layout)
{
    return get<std::uint32_t>(row + layout.rowSize - 4) == checksum(row, layout.rowSize - 4);
}

std::string chunkOf(const std::string& rows, const StepLayout& layout)
{
    std::string chunk(layout.chunkSize, '\0');
    std::memcpy(chunk.data(), kChunkMagic, 4);
    for (std::size_t c = 0; c < layout.stored.size(); ++c) {
        const auto [width, inRow, inChunk] = layout.stored[c];
        const char* from = rows.data() + inRow;
        char* to = chunk.data() + inChunk;
        for (std::size_t row = 0; row < kRows; ++row, from += layout.rowSize, to += width) std::memcpy(to, from, width);
        const std::uint32_t sum = checksum(chunk.data() + inChunk, width * kRows);
        std::memcpy(chunk.data() + 4 + 4 * c, &sum, 4);
    }
    const std::uint32_t sum = checksum(chunk.data(), layout.chunkHead - 4);
    std::memcpy(chunk.data() + layout.chunkHead - 4, &sum, 4);
    return chunk;
}

bool isChunkHead(const char* head, const StepLayout& layout)
{
    return std::memcmp(head, kChunkMagic, 4) == 0 && chunkHeadSum(head, layout) == checksum(head, layout.chunkHead - 4);
}

std::uint32_t chunkColumnSum(const char* head, std::size_t index)
{
    return get<std::uint32_t>(head + 4 + 4 * index);
}

std::uint32_t chunkHeadSum(const char* head, const StepLayout& layout)
{
    return get<std::uint32_t>(head + layout.chunkHead - 4);
}

void decodeKeys(const char* from, std::size_t stride, std::size_t count, std::vector<std::int64_t>& to)
{
    for (; count > 0; --count, from += stride) to.push_back(get<std::int64_t>(from));
}

void decodeSeconds(const char* from, std::size_t stride, std::size_t count, std::vector<double>& to)
{
    for (; count > 0; --count, from += stride) to.push_back(get<double>(from));
}

void decodeValues(const char* from, std::size_t stride, std::size_t width, std::size_t count, std::vector<float>& to)
{
    for (; count > 0; --count, from += stride)
        to.push_back(width == 4 ? get<float>(from) : fromHalfLog(get<std::uint16_t>(from)));
}

StepTable tableOfRows(const char* rows, std::size_t count, const StepLayout& layout, std::span<const std::size_t> columns)
{
    StepTable table;
    const auto key = [&](std::size_t index, std::vector<std::int64_t>& to) {
        decodeKeys(rows + layout.stored[index].inRow, layout.rowSize, count, to);
    };
    key(0, table.step);
    key(1, table.epoch);
    key(2, table.batch);
    decodeSeconds(rows + layout.stored[3].inRow, layout.rowSize, count, table.wallSeconds);
    table.first = table.step;
    for (const std::size_t index : columns) {
        const StepLayout::Stored& stored = layout.stored[StepLayout::kKeys + index];
        decodeValues(rows + stored.inRow, layout.rowSize, stored.width, count,
                     table.columns.emplace_back(StepTable::Column{index, {}, {}, {}}).values);
    }
    return table;
}

}  // namespace selfsight
