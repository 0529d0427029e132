#include "core/train/run_keeper.h"

#include <utility>

#include "core/io/atomic_file.h"
#include "core/train/run_clock.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

fs::path checkpointFolder(const fs::path& run)
{
    return run / "checkpoints";
}

}  // namespace

RunKeeper RunKeeper::create(const fs::path& folder, const Retention& retention)
{
    RunKeeper keeper;
    keeper.m_new.emplace(folder);
    keeper.m_writer = std::make_unique<RunWriter>(folder);
    keeper.m_lock = std::make_unique<RunLock>(folder);
    keeper.m_checkpoints = std::make_unique<CheckpointWriter>(checkpointFolder(folder), retention);
    return keeper;
}

void RunKeeper::undo()
{
    m_checkpoints.reset();  // waits for what it saves
    m_writer.reset();
    if (m_new) m_new->undo();
    *this = {};
}

RunKeeper RunKeeper::reopen(std::unique_ptr<RunLock> lock, const fs::path& folder, std::int64_t step, const Retention& retention)
{
    RunKeeper keeper;
    keeper.m_lock = std::move(lock);
    for (const fs::path& place : {folder, checkpointFolder(folder)}) removeTemporaries(place);
    setAsideAfter(checkpointFolder(folder), step);
    keeper.m_writer = RunWriter::reopen(folder, step);
    keeper.m_checkpoints = std::make_unique<CheckpointWriter>(checkpointFolder(folder), retention);
    return keeper;
}

void RunKeeper::limitSnapshots(double gigabytes)
{
    if (m_writer) m_writer->limitSnapshots(gigabytes);
}

void RunKeeper::writeExperiment(const std::string& yaml)
{
    if (keepsRecords()) m_writer->writeExperiment(yaml);
}

void RunKeeper::begin(const RunInfo& info)
{
    if (keepsRecords()) m_writer->begin(info);
}

void RunKeeper::write(const StepRecord& record)
{
    if (keepsRecords()) m_writer->write(record);
}

void RunKeeper::write(const Snapshot& snapshot)
{
    if (keepsRecords()) m_writer->write(snapshot);
}

void RunKeeper::write(const ProbeSet& set)
{
    if (keepsRecords()) m_writer->write(set);
}

void RunKeeper::write(const AttentionSet& set)
{
    if (keepsRecords()) m_writer->write(set);
}

void RunKeeper::write(const SpikeEvent& event)
{
    if (keepsRecords()) m_writer->write(event);
}

void RunKeeper::write(const StepEvidence& evidence)
{
    if (keepsRecords()) m_writer->write(evidence);
}

void RunKeeper::write(const LogLine& line)
{
    if (keepsRecords()) m_writer->write(line);
}

void RunKeeper::writeChange(std::int64_t step, const std::string& keyPath, const std::string& value)
{
    if (keepsRecords()) m_writer->writeChange(step, keyPath, value);
}

void RunKeeper::writeEnd(const RunState& state)
{
    if (keepsRecords()) m_writer->writeEnd(state);
}

void RunKeeper::flush()
{
    if (!keepsRecords()) return;
    std::error_code ignored;
    m_vanished = !fs::exists(m_writer->folder() / "experiment.yaml", ignored);
    if (!m_vanished) m_writer->flush();
}

std::string RunKeeper::flushNowAndThen()
{
    if (secondsSince(m_lastFlush) >= 1) {
        flush();
        m_lastFlush = RunClock::Clock::now();
    }
    if (!m_vanished || std::exchange(m_vanishedTold, true)) return {};
    return m_writer->folder().string() + ": the run's folder was moved or deleted while it trains. The training goes on; its further records are lost, "
                                         "and its checkpoints make the folder anew.";
}

void RunKeeper::save(const NamedTensors& state, const CheckpointFacts& facts)
{
    if (m_checkpoints) m_checkpoints->save(state, facts);
}

void RunKeeper::waitForSaves()
{
    if (m_checkpoints) m_checkpoints->wait();
}

std::vector<CheckpointWriter::Outcome> RunKeeper::takeOutcomes()
{
    return m_checkpoints ? m_checkpoints->takeOutcomes() : std::vector<CheckpointWriter::Outcome>();
}

}  // namespace selfsight
