#include "core/runs/step_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/runs/step_file.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

void setAside(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    if (!fs::exists(to, error)) fs::rename(from, to, error);
    if (error)
        throw Error(from.string(), fmt::format("cannot be renamed ({})", error.message()), "What is written so far is kept.");
}

}  // namespace

StepWriter::StepWriter(const fs::path& folder, StepColumns columns, GrowingFile::Start start)
    : m_folder(folder), m_layout(columns), m_levelLayout(columns), m_chunks(folder / "steps.bin", start)
{
    if (!m_chunks.lock())
        throw Error(folder.string(), "is being written by another program", "Wait until that training is over, or stop it.");
    m_levels = std::make_unique<GrowingFile>(folder / "steps.levels", start);
    for (GrowingFile* file : {&m_chunks, m_levels.get()})
        if (file->size() == 0) file->append(StepHeader{columns}.bytes());
}

StepWriter::StepWriter(const fs::path& folder, StepColumns columns) : StepWriter(folder, columns, GrowingFile::Start::Empty)
{
    beginTail();
}

/// The new tail appears whole, so that a reader never takes rows of one for rows of another.
void StepWriter::beginTail()
{
    const fs::path fresh = m_folder / ".steps.tail.part";
    m_tail = std::make_unique<GrowingFile>(fresh, GrowingFile::Start::Empty);
    m_tail->append(StepHeader{m_layout.columns, static_cast<std::uint64_t>(m_chunkCount * kChunkSteps)}.bytes() + m_rows);
    m_tail->moveTo(m_folder / "steps.tail");
}

void StepWriter::write(const StepRecord& record)
{
    const std::size_t begin = m_rows.size();
    appendStepRow(m_rows, record, m_layout);
    m_tail->append(m_rows.data() + begin, m_rows.size() - begin);
    if (m_rows.size() == kChunkSteps * m_layout.rowSize) finishChunk();
}

void StepWriter::finishChunk()
{
    const std::string chunk = chunkOf(m_rows, m_layout);
    m_chunks.append(chunk);
    ++m_chunkCount;
    addToLevels(tableOfRows(m_rows.data(), kChunkSteps, m_layout, allColumns(m_layout.columns)),
                chunkHeadSum(chunk.data(), m_layout));
    m_rows.clear();
    m_tail->moveTo(m_folder / "steps.previous");
    beginTail();
}

void StepWriter::addToLevels(const StepTable& chunk, std::uint32_t source)
{
    const StepTable fine = condense(chunk, kFineStride);
    m_block.stride = kFineStride;
    appendRows(m_block, fine, 0, fine.rows());
    m_blockSource = chained(m_blockSource, source);
    if (m_block.rows() < LevelLayout::kFineRows) return;
    m_levels->append(levelBlock(m_block, m_blockSource, m_levelLayout));
    m_block = {};
    m_blockSource = 0;
}

void StepWriter::startWriting() const
{
    m_chunks.startWriting();
    m_tail->startWriting();
    m_levels->startWriting();
}

std::unique_ptr<StepWriter> StepWriter::reopen(const fs::path& folder, std::int64_t step)
{
    const StepFile old = StepFile::open(folder);
    const bool chunked = old.format() == kStepFormat;
    const std::int64_t keep = old.rowAfter(step);
    const std::int64_t whole =
        chunked ? std::min(keep, old.chunkRows()) / kChunkSteps * kChunkSteps : 0;  // rows that stay in their chunks
    const std::vector<StepRecord> rest = old.records(whole, keep);
    // Until all is written anew, rows of format 1 stay under the name that StepFile looks for first.
    const fs::path aside = folder / kOldStepsAside;
    if (!chunked) setAside(folder / "steps.bin", aside);
    std::unique_ptr<StepWriter> writer(
        new StepWriter(folder, old.columns(), chunked ? GrowingFile::Start::AtEnd : GrowingFile::Start::Empty));
    writer->goOnAfter(old, whole, rest);
    std::error_code ignored;
    if (!chunked) fs::remove(aside, ignored);
    return writer;
}

void StepWriter::goOnAfter(const StepFile& old, std::int64_t whole, const std::vector<StepRecord>& rest)
{
    // What is dropped must not come back from the last chunk's rows. The new tail is complete before chunks go.
    std::error_code ignored;
    fs::remove(m_folder / "steps.previous", ignored);
    m_chunkCount = whole / kChunkSteps;
    const std::size_t inTail = std::min<std::size_t>(rest.size(), kChunkSteps - 1);
    for (std::size_t i = 0; i < inTail; ++i) appendStepRow(m_rows, rest[i], m_layout);
    beginTail();
    if (m_chunks.size() < StepHeader::kSize) {
        m_chunks.truncate(0);
        m_chunks.append(StepHeader{m_layout.columns}.bytes());
    }
    m_chunks.truncate(StepHeader::kSize + static_cast<std::uint64_t>(m_chunkCount) * m_layout.chunkSize);

    // Levels: the blocks that stay, then those that are missing and the rows of the next.
    const std::int64_t blocks = std::min(old.levelBlocks(), whole / kCoarseStride);
    m_levels->truncate(0);
    m_levels->append(StepHeader{m_layout.columns}.bytes());
    for (std::int64_t block = 0; block < blocks; ++block) m_levels->append(old.levelBlockBytes(block));
    for (std::int64_t chunk = blocks * kCoarseStride / kChunkSteps; chunk < m_chunkCount; ++chunk)
        addToLevels(old.table(chunk * kChunkSteps, (chunk + 1) * kChunkSteps, allColumns(m_layout.columns)), old.chunkSum(chunk));
    for (std::size_t i = inTail; i < rest.size(); ++i) write(rest[i]);
}

}  // namespace selfsight
