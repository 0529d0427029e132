// Writes a run's steps: rows into steps.tail as they come, every 1,024 of them as a chunk into steps.bin, every 4,096 as a
// block into steps.levels (see step_layout.h). Whatever moment the program is killed at, no step that write() returned from is
// lost.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/io/growing_file.h"
#include "core/runs/step_layout.h"
#include "core/runs/step_levels.h"

namespace selfsight {

class StepFile;

/// Thread: one. Errors: throws Error when a disk is full, or another program writes this run.
class StepWriter {
public:
    /// A new run in `folder`, which has no steps.
    StepWriter(const std::filesystem::path& folder, StepColumns columns);
    /// Goes on behind `step`; what was recorded after it is dropped. Steps of format 1 are rewritten.
    static std::unique_ptr<StepWriter> reopen(const std::filesystem::path& folder, std::int64_t step);

    StepColumns columns() const { return m_layout.columns; }
    void write(const StepRecord& record);
    void startWriting() const;

private:
    StepWriter(const std::filesystem::path& folder, StepColumns columns, GrowingFile::Start start);
    void beginTail();
    void finishChunk();
    void goOnAfter(const StepFile& old, std::int64_t whole, const std::vector<StepRecord>& rest);
    void addToLevels(const StepTable& chunk, std::uint32_t source);

    std::filesystem::path m_folder;
    StepLayout m_layout;
    LevelLayout m_levelLayout;
    GrowingFile m_chunks;
    std::unique_ptr<GrowingFile> m_levels;
    std::unique_ptr<GrowingFile> m_tail;
    std::int64_t m_chunkCount = 0;
    std::string m_rows;               // of the tail
    StepTable m_block;                // rows of the next block of levels
    std::uint32_t m_blockSource = 0;
};

}  // namespace selfsight
