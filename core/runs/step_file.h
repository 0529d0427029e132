// The steps of a run folder, of any format and of any length, while they grow: any part of them at the wanted resolution.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/io/growing_file.h"
#include "core/runs/step_layout.h"
#include "core/runs/step_levels.h"

namespace selfsight {

/// Rows of format 1 while they are being rewritten.
constexpr const char* kOldStepsAside = "steps.format1";

/// What a run is, from run.json or, in format 1, from steps.bin. Absent: nothing was written yet.
/// Throws Error when it is damaged, foreign or of a newer program.
std::optional<RunInfo> readRunInfo(const std::filesystem::path& folder);

/// Throws Error when the folder's files are foreign, of a newer program or of different runs. Nothing written yet is fine.
void checkRun(const std::filesystem::path& folder);

/// Rows are numbered from 0; a damaged row is left out and said once.
/// Thread: const members from any number of threads, also beside refresh().
class StepFile {
public:
    /// Throws Error when `folder` has no run, or one that readRunInfo refuses.
    static StepFile open(const std::filesystem::path& folder);
    StepFile(std::filesystem::path folder, StepColumns columns);
    StepFile(StepFile&&) noexcept;
    ~StepFile();

    /// Looks for what was appended. Throws Error when the files are foreign or newer.
    void refresh();

    StepColumns columns() const { return m_layout.columns; }
    std::uint32_t format() const;
    std::int64_t rows() const;
    std::int64_t chunkRows() const;    // of them in chunks
    std::int64_t levelBlocks() const;  // in steps.levels, and made of these very steps
    bool isBeingWritten() const;       // by a program that lives

    std::int64_t rowAfter(std::int64_t step) const;  // the first row whose step is larger
    /// Rows `first` .. `last` - 1, single steps.
    StepTable table(std::int64_t first, std::int64_t last, std::span<const std::size_t> columns) const;
    std::vector<StepRecord> records(std::int64_t first, std::int64_t last) const;
    /// Whatever the query asks for.
    StepTable read(const StepQuery& query) const;
    /// Rows `first` .. `last` - 1, kFineStride or kCoarseStride to one; `first` is a multiple of it.
    StepTable levels(std::int64_t first, std::int64_t last, std::int64_t stride, std::span<const std::size_t> columns) const;

    std::uint32_t chunkSum(std::int64_t chunk) const;  // stands for the chunk; 0: damaged
    std::string levelBlockBytes(std::int64_t block) const;
    /// Writes steps.levels anew where it is absent or stale. Does nothing while the run is written, or where it may not write.
    void saveLevels() const;

    std::vector<std::string> takeWarnings();

private:
    struct Seen;
    struct Notes;

    std::shared_ptr<const Seen> seen() const;
    std::int64_t rows(const Seen& s) const;
    void readTail(Seen& next, const Seen& before) const;
    std::int64_t trustedBlocks(const Seen& s) const;
    std::uint32_t sourceSum(const Seen& s, std::int64_t block) const;
    std::uint32_t chunkSum(const Seen& s, std::int64_t chunk) const;
    std::string chunkHead(const Seen& s, std::int64_t chunk) const;
    void addChunk(const Seen& s, std::int64_t chunk, std::size_t begin, std::size_t end, std::span<const std::size_t> columns,
                  StepTable& table) const;
    void addOldRows(const Seen& s, std::int64_t first, std::int64_t last, std::span<const std::size_t> columns,
                    StepTable& table) const;
    StepTable table(const Seen& s, std::int64_t first, std::int64_t last, std::span<const std::size_t> columns) const;
    StepTable block(const Seen& s, std::int64_t index, bool whole, std::span<const std::size_t> columns) const;
    std::int64_t stepAt(const Seen& s, std::int64_t row) const;

    std::filesystem::path m_folder;
    StepLayout m_layout;
    LevelLayout m_levelLayout;
    std::unique_ptr<Notes> m_notes;
    std::unique_ptr<std::mutex> m_mutex;
    std::shared_ptr<const Seen> m_seen;
};

}  // namespace selfsight
