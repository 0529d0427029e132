#include "core/runs/new_run.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace selfsight {

namespace fs = std::filesystem;

namespace {

// What run_writer.h lists, as far as it may be there before the first step.
constexpr const char* kFiles[] = {"experiment.yaml", "steps.bin", "probes.jsonl", "events.jsonl", "changes.jsonl", "probe_set.safetensors", "attention_set.safetensors", "log.txt", "lock"};

bool isOfRun(const fs::path& file)
{
    return std::ranges::find(kFiles, file.filename().string()) != std::end(kFiles);
}

bool isOfCheckpoint(const fs::path& file)
{
    return file.filename().string().starts_with("step_");
}

void removeFiles(const fs::path& folder, bool (*isOurs)(const fs::path&))
{
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (entry->is_regular_file(error) && isOurs(entry->path())) files.push_back(entry->path());
    for (const fs::path& file : files) fs::remove(file, error);
}

}  // namespace

NewRun::NewRun(const fs::path& folder) : m_folder(fs::absolute(folder).lexically_normal())
{
    if (!m_folder.has_filename()) m_folder = m_folder.parent_path();  // "runs/first/"
    std::error_code error;
    for (fs::path place = m_folder; !fs::exists(place, error) && place.has_relative_path(); place = place.parent_path()) m_outermost = place;
}

void NewRun::undo() const
{
    std::error_code error;
    removeFiles(m_folder / "checkpoints", isOfCheckpoint);
    fs::remove(m_folder / "checkpoints", error);  // only when it is empty
    removeFiles(m_folder, isOfRun);
    if (m_outermost.empty()) return;
    for (fs::path place = m_folder; fs::remove(place, error) && place != m_outermost;) place = place.parent_path();
}

}  // namespace selfsight
