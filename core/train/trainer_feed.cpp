#include "core/train/trainer_feed.h"

#include <utility>

namespace selfsight {

RunUpdate TrainerFeed::drain()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_waiting, {});
}

void TrainerFeed::push(std::shared_ptr<const RunInfo> info)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.info = std::move(info);
}

void TrainerFeed::push(StepRecord record)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.steps.push_back(std::move(record));
}

void TrainerFeed::push(std::shared_ptr<const Snapshot> snapshot)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.snapshots.push_back(std::move(snapshot));
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
