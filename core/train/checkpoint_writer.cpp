#include "core/train/checkpoint_writer.h"

#include <utility>

#include "core/io/atomic_file.h"
#include "core/train/machine.h"
#include "core/train/run_clock.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr int kWriterNiceness = 5;  // training goes first, but a busy machine still gets its checkpoint soon

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path folder, const Retention& retention)
    : m_folder(std::move(folder)), m_retention(retention), m_thread([this] { run(); })
{
}

CheckpointWriter::~CheckpointWriter()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

void CheckpointWriter::save(const NamedTensors& state, CheckpointFacts facts)
{
    const auto begin = RunClock::Clock::now();
    wait();
    m_copies.take(state);
    const std::lock_guard lock(m_mutex);
    m_waiting = std::move(facts);
    m_stall = secondsSince(begin);
    m_wake.notify_all();
}

bool CheckpointWriter::isBusy() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiting.has_value();
}

void CheckpointWriter::wait()
{
    std::unique_lock lock(m_mutex);
    m_idle.wait(lock, [this] { return !m_waiting; });
}

std::vector<CheckpointWriter::Outcome> CheckpointWriter::takeOutcomes()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_outcomes, {});
}

void CheckpointWriter::run()
{
    prepareComputeThread(1, kWriterNiceness);
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock, [this] { return m_waiting || m_stop; });
        if (!m_waiting) return;
        const CheckpointFacts facts = *m_waiting;
        lock.unlock();
        Outcome outcome = write(facts);
        lock.lock();
        outcome.stallSeconds = m_stall;
        m_outcomes.push_back(std::move(outcome));
        m_waiting.reset();
        m_idle.notify_all();
    }
}

CheckpointWriter::Outcome CheckpointWriter::write(CheckpointFacts facts) const
{
    const auto begin = RunClock::Clock::now();
    Outcome outcome{.step = facts.step};
    try {
        const fs::path file = checkpointFile(m_folder, facts.step);
        fs::create_directories(m_folder);
        forget(file);
        facts.sha256 = m_copies.write(file);
        outcome.bytes = facts.bytes = fs::file_size(file);
        for (const auto& entry : fs::directory_iterator(m_folder.parent_path()))
            if (entry.path().stem() == "steps") syncToDisk(entry.path());  // no checkpoint without its records
        writeFacts(file, facts);
        thin(m_folder, m_retention);
    } catch (const std::exception& error) {
        outcome.problem = error.what();
    }
    outcome.writeSeconds = secondsSince(begin);
    return outcome;
}

}  // namespace selfsight
