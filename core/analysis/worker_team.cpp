#include "core/analysis/worker_team.h"

#include <algorithm>

namespace selfsight {

namespace {

constexpr int kGlances = 200;  // at the next round, before a helper sleeps: tens of microseconds

}  // namespace

WorkerTeam::WorkerTeam(int threads)
{
    for (int worker = 1; worker < std::max(threads, 1); ++worker) m_helpers.emplace_back([this, worker] { help(worker); });
}

WorkerTeam::~WorkerTeam()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isOver = true;
        ++m_round;
    }
    m_begun.notify_all();
}

void WorkerTeam::run(std::int64_t count, const Work& work)
{
    if (m_helpers.empty() || count < 2) {
        for (std::int64_t item = 0; item < count; ++item) work(item, 0);
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_work = &work;
        m_count = count;
        m_next = 0;
        ++m_round;
    }
    m_begun.notify_all();
    workOff(work, count, 0);
    std::unique_lock lock(m_mutex);
    m_work = nullptr;  // a helper that comes now is too late, and nobody waits for it
    m_ended.wait(lock, [this] { return m_inside == 0; });
}

void WorkerTeam::workOff(const Work& work, std::int64_t count, int worker)
{
    for (std::int64_t item; (item = m_next.fetch_add(1)) < count;) work(item, worker);
}

void WorkerTeam::help(int worker)
{
    for (std::int64_t seen = 0;;) {
        for (int glance = 0; glance < kGlances && m_round == seen; ++glance) std::this_thread::yield();
        std::unique_lock lock(m_mutex);
        m_begun.wait(lock, [&] { return m_round != seen; });
        seen = m_round;
        if (m_isOver) return;
        if (!m_work) continue;
        ++m_inside;
        // run() may take m_work back while the last items are at work here.
        const Work& work = *m_work;
        const std::int64_t count = m_count;
        lock.unlock();
        workOff(work, count, worker);
        lock.lock();
        if (--m_inside == 0) m_ended.notify_one();
    }
}

}  // namespace selfsight
