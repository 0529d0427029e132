// The layout of a run's step files, shared by writer and reader. Numbers are little-endian; each file begins with a StepHeader.
//   steps.bin       chunks of 1,024 steps, column by column, each column with its CRC-32
//   steps.tail      the steps after the last chunk, row by row, each row with its CRC-32
//   steps.previous  the rows that became the last chunk: should that chunk be cut, nothing is lost
//   steps.levels    blocks of 4,096 steps: lowest, highest and mean of 64 steps and of all
// Gradient norms are float16 of ln g (1 part in 1,000 to 100), everything else is as exact as it was measured.
// Format 1 (read, never written) had rows in steps.bin and RunInfo in front of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/record/run_info.h"
#include "core/record/step_table.h"

namespace selfsight {

constexpr std::int64_t kChunkSteps = 1024;
constexpr std::int64_t kFineStride = 64;
constexpr std::int64_t kCoarseStride = 4096;  // a block of steps.levels
constexpr std::uint32_t kStepFormat = 2;

/// What every step file begins with.
struct StepHeader {
    static constexpr std::size_t kSize = 32;
    StepColumns columns;
    std::uint64_t firstRow = 0;  // of the run, for the rows that follow
    std::string bytes() const;
};
/// `head`: the first bytes of a file, kSize or more. Absent: its checksum is wrong. Throws Error when the file is none of ours,
/// or newer than this program.
std::optional<StepHeader> parseStepHeader(const std::string& head, const std::string& fileName);

/// Format 1's header; absent: the file is of format 2 or incomplete. Throws Error as parseStepHeader.
struct OldStepHeader {
    RunInfo info;
    std::size_t size = 0;  // bytes before the first row
};
std::optional<OldStepHeader> parseOldStepHeader(const std::string& head, const std::string& fileName);

/// Where the stored columns are: step, epoch, batch, wall seconds, then those of StepColumns.
struct StepLayout {
    struct Stored {
        std::size_t width;        // bytes a value
        std::size_t inRow;        // offset
        std::size_t inChunk;      // offset of kChunkSteps values
    };
    static constexpr std::size_t kKeys = 4;  // columns before those of StepColumns

    StepLayout() = default;
    explicit StepLayout(StepColumns columns, std::uint32_t format = kStepFormat);

    StepColumns columns;
    std::vector<Stored> stored;
    std::size_t rowSize = 0;      // with its checksum
    std::size_t chunkHead = 0;    // magic, a checksum for each stored column, and that of the head
    std::size_t chunkSize = 0;
};

void appendStepRow(std::string& rows, const StepRecord& record, const StepLayout& layout);
bool isWholeRow(const char* row, const StepLayout& layout);
/// kChunkSteps rows, turned.
std::string chunkOf(const std::string& rows, const StepLayout& layout);
/// Whether the head of a chunk is whole; `head` holds chunkHead bytes.
bool isChunkHead(const char* head, const StepLayout& layout);
/// The checksum of stored column `index`, as a whole head holds it.
std::uint32_t chunkColumnSum(const char* head, std::size_t index);
std::uint32_t chunkHeadSum(const char* head, const StepLayout& layout);  // stands for the whole chunk

/// `count` values with `stride` bytes from one to the next. As numbers of StepTable.
void decodeKeys(const char* from, std::size_t stride, std::size_t count, std::vector<std::int64_t>& to);
void decodeSeconds(const char* from, std::size_t stride, std::size_t count, std::vector<double>& to);
/// `width` 4: floats; 2: float16 of the logarithm.
void decodeValues(const char* from, std::size_t stride, std::size_t width, std::size_t count, std::vector<float>& to);

/// The rows `first` .. of `rows` as a table of single steps with these columns.
StepTable tableOfRows(const char* rows, std::size_t count, const StepLayout& layout, std::span<const std::size_t> columns);

/// float16 of ln g, and back.
std::uint16_t toHalfLog(float norm);
float fromHalfLog(std::uint16_t half);

std::uint32_t checksum(const void* bytes, std::size_t count);
/// Of a sequence of checksums.
std::uint32_t chained(std::uint32_t before, std::uint32_t next);

std::vector<std::size_t> allColumns(StepColumns columns);

}  // namespace selfsight
