#include "core/train/trainer_feed.h"

#include <algorithm>
#include <utility>

#include "core/runs/event_files.h"
#include "core/runs/snapshot_files.h"
#include "core/runs/step_file.h"

namespace selfsight {

RunUpdate TrainerFeed::drain()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_waiting, {});
}

std::string TrainerFeed::folder() const
{
    const std::lock_guard lock(m_mutex);
    return m_folder;
}

StepTable TrainerFeed::steps(const StepQuery& query) const
{
    const std::string kept = folder();
    return kept.empty() ? StepTable() : StepFile::open(kept).read(query);
}

std::shared_ptr<const Snapshot> TrainerFeed::snapshot(std::int64_t step) const
{
    const std::string kept = folder();
    return kept.empty() ? nullptr : readSnapshotFile(kept, step);
}

void TrainerFeed::push(std::shared_ptr<const RunInfo> info)
{
    const std::lock_guard lock(m_mutex);
    m_folder = info->folder;
    m_waiting.info = std::move(info);
}

void TrainerFeed::push(std::shared_ptr<const StepTable> past)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.past = std::move(past);
}

void TrainerFeed::push(StepRecord record)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.steps.push_back(std::move(record));
}

void TrainerFeed::push(std::shared_ptr<const Snapshot> snapshot)
{
    const std::lock_guard lock(m_mutex);
    // Slices that came before it are part of it.
    if (std::ranges::any_of(snapshot->arrays, [](const SnapshotArray& array) { return array.name == embedding::kFeatures; })) m_waiting.slices.clear();
    m_waiting.snapshots.push_back(std::move(snapshot));
}

void TrainerFeed::push(std::shared_ptr<const ProbeSet> set)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.probeSet = std::move(set);
}

void TrainerFeed::push(std::shared_ptr<const AttentionSet> set)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.attentionSet = std::move(set);
}

void TrainerFeed::push(std::shared_ptr<const FeatureSlice> slice)
{
    const std::lock_guard lock(m_mutex);
    const auto same = std::ranges::find(m_waiting.slices, slice->first, [](const auto& each) { return each->first; });
    if (same != m_waiting.slices.end()) *same = std::move(slice);
    else m_waiting.slices.push_back(std::move(slice));
}

void TrainerFeed::push(SpikeEvent event)
{
    const std::lock_guard lock(m_mutex);
    addEvent(m_waiting.events, std::move(event));
}

void TrainerFeed::push(LogLine line)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.log.push_back(std::move(line));
}

void TrainerFeed::push(RunState state)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.state = std::move(state);
}

}  // namespace selfsight
