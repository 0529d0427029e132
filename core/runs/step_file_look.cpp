// How a StepFile finds out what is on the disk.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_json.h"
#include "core/runs/step_file_seen.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kInfoLimit = 64u << 20;

fs::path stepsFile(const fs::path& folder)
{
    std::error_code ignored;
    const fs::path aside = folder / kOldStepsAside;
    return fs::exists(aside, ignored) ? aside : folder / "steps.bin";
}

std::string headOf(const FileParts& file, std::uint64_t most)
{
    std::string head(std::min(file.size(), most), '\0');
    if (!file.read(0, head.data(), head.size())) head.clear();
    return head;
}

std::optional<OldStepHeader> oldHeader(const fs::path& folder)
{
    const fs::path path = stepsFile(folder);
    const FileParts file(path);
    const std::string start = headOf(file, 16);
    if (start.size() < 16 || start.compare(0, 8, "SELFSTEP") != 0 || start[8] != 1) return std::nullopt;
    return parseOldStepHeader(headOf(file, kInfoLimit + 16), path.string());
}

}  // namespace

std::optional<RunInfo> readRunInfo(const fs::path& folder)
{
    const fs::path file = folder / "run.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        const auto old = oldHeader(folder);
        return old ? std::optional(old->info) : std::nullopt;
    }
    try {
        const auto json = nlohmann::json::parse(readFile(file, kInfoLimit));
        if (const int format = json.at("format").get<int>(); format > kRunFormat)
            throw Error(
                file.string(),
                fmt::format("was written by a newer Selfsight (format {}, this program reads up to {})", format, kRunFormat),
                "Update Selfsight.");
        return runInfoFromJson(json);
    } catch (const nlohmann::json::exception& error) {
        throw Error(file.string(), fmt::format("is damaged ({})", error.what()),
                    "Its steps cannot be told apart without it; restore it from a copy.");
    }
}

void checkRun(const fs::path& folder)
{
    if (const auto info = readRunInfo(folder))
        return StepFile(folder, {info->termNames.size(), info->layerNames.size()}).refresh();
    const fs::path file = stepsFile(folder);
    std::string head = headOf(FileParts(file), StepHeader::kSize);
    if (head.empty()) return;
    head.resize(StepHeader::kSize);
    parseStepHeader(head, file.string());
    throw Error((folder / "run.json").string(), "is missing",
                "The steps cannot be told apart without it; restore it from a copy.");
}

StepFile StepFile::open(const fs::path& folder)
{
    const auto info = readRunInfo(folder);
    if (!info) throw Error(folder.string(), "has no steps yet", "A run that ended before its first step cannot be continued.");
    StepFile file(folder, {info->termNames.size(), info->layerNames.size()});
    file.refresh();
    return file;
}

StepFile::StepFile(fs::path folder, StepColumns columns)
    : m_folder(std::move(folder)),
      m_layout(columns),
      m_levelLayout(columns),
      m_notes(std::make_unique<Notes>()),
      m_mutex(std::make_unique<std::mutex>()),
      m_seen(std::make_shared<Seen>())
{
}

StepFile::StepFile(StepFile&&) noexcept = default;
StepFile::~StepFile() = default;

std::shared_ptr<const StepFile::Seen> StepFile::seen() const
{
    const std::lock_guard lock(*m_mutex);
    return m_seen;
}

void StepFile::refresh()
{
    const auto before = seen();
    auto next = std::make_shared<Seen>(*before);
    const fs::path path = stepsFile(m_folder);
    if (!next->steps.isStill(path)) {
        *next = {};
        next->steps = FileParts(path);
        const std::string head = headOf(next->steps, StepHeader::kSize);
        if (const auto old = oldHeader(m_folder)) {
            next->format = 1;
            next->oldStart = old->size;
            m_layout = StepLayout(m_layout.columns, 1);
        } else if (head.size() == StepHeader::kSize) {
            const auto header = parseStepHeader(head, path.string());
            if (!header) m_notes->warn(path.string() + ": its head is damaged; run.json says what it holds.");
            else if (header->columns != m_layout.columns)
                throw Error(path.string(), "does not belong to this run.json",
                            "Files of two runs were mixed: copy the run anew.");
        }
    }
    const std::uint64_t size = next->steps.size();
    if (next->format == 1) next->oldRows = static_cast<std::int64_t>((size - std::min(size, next->oldStart)) / m_layout.rowSize);
    else next->chunks = static_cast<std::int64_t>((size - std::min<std::uint64_t>(size, StepHeader::kSize)) / m_layout.chunkSize);
    if (next->format != 1) readTail(*next, *before);
    if (next->chunks != before->chunks || !next->levels.isStill(m_folder / "steps.levels")) {
        if (!next->levels.isStill(m_folder / "steps.levels")) next->levels = FileParts(m_folder / "steps.levels");
        next->levelBlocks = trustedBlocks(*next);
    }
    const std::lock_guard lock(*m_mutex);
    m_seen = std::move(next);
}

void StepFile::readTail(Seen& next, const Seen& before) const
{
    const fs::path path = m_folder / "steps.tail";
    FileParts tail = next.tailFile.isStill(path) ? next.tailFile : FileParts(path);
    const std::uint64_t size = tail.size();
    if (next.tailFile.isOpen() && tail.isStill(path) && next.tailFile.isStill(path) && size == before.tailSize &&
        next.chunks == before.chunks)
        return;
    next.tailFile = tail;
    next.tailSize = size;
    next.tail.clear();
    // The last chunk may be cut: then its rows are in steps.previous.
    const std::string tailHead = headOf(tail, StepHeader::kSize);
    const auto start = tailHead.size() == StepHeader::kSize ? parseStepHeader(tailHead, path.string()) : std::nullopt;
    const bool all = start && static_cast<std::int64_t>(start->firstRow) <= next.chunkRows();
    for (const auto& [file, name] :
         {std::pair(all ? FileParts() : FileParts(m_folder / "steps.previous"), "steps.previous"), {tail, "steps.tail"}}) {
        const std::string bytes = headOf(file, std::numeric_limits<std::uint64_t>::max());
        const std::string where = (m_folder / name).string();
        if (bytes.size() < StepHeader::kSize) continue;
        const auto header = parseStepHeader(bytes, where);
        if (!header || header->columns != m_layout.columns) {
            m_notes->warn(where + ": its head is damaged; its rows are left out.");
            continue;
        }
        const std::int64_t skip = next.chunkRows() + next.tailRows(m_layout) - static_cast<std::int64_t>(header->firstRow);
        std::uint64_t at = StepHeader::kSize + static_cast<std::uint64_t>(std::max<std::int64_t>(skip, 0)) * m_layout.rowSize;
        for (; at + m_layout.rowSize <= bytes.size(); at += m_layout.rowSize) {
            if (isWholeRow(bytes.data() + at, m_layout)) next.tail.append(bytes, at, m_layout.rowSize);
            else m_notes->warn(where + ": a damaged row was left out.");
        }
    }
}

/// How many blocks of steps.levels belong to these steps: all or none.
std::int64_t StepFile::trustedBlocks(const Seen& s) const
{
    const std::uint64_t size = s.levels.size();
    const auto inFile = static_cast<std::int64_t>((size - std::min<std::uint64_t>(size, StepHeader::kSize)) / m_levelLayout.size);
    const std::int64_t blocks = std::min(inFile, s.chunkRows() / kCoarseStride);
    if (s.format == 1 || blocks == 0) return 0;
    const std::string head = headOf(s.levels, StepHeader::kSize);
    try {
        const auto header = parseStepHeader(head, (m_folder / "steps.levels").string());
        if (!header || header->columns != m_layout.columns) return 0;
    } catch (const Error&) {
        return 0;  // made anew
    }
    for (const std::int64_t block : {std::int64_t{0}, blocks - 1}) {
        std::string front(m_levelLayout.head, '\0');
        if (!s.levels.read(StepHeader::kSize + static_cast<std::uint64_t>(block) * m_levelLayout.size, front.data(),
                           front.size()))
            return 0;
        if (!isLevelHead(front.data(), m_levelLayout) || sourceOfLevel(front.data()) != sourceSum(s, block)) return 0;
    }
    return blocks;
}

std::uint32_t StepFile::sourceSum(const Seen& s, std::int64_t block) const
{
    std::uint32_t sum = 0;
    for (std::int64_t chunk = block * kCoarseStride / kChunkSteps; chunk < (block + 1) * kCoarseStride / kChunkSteps; ++chunk)
        sum = chained(sum, chunkSum(s, chunk));
    return sum;
}

}  // namespace selfsight
