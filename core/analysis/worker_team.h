// Threads that wait for short pieces of work: t-SNE asks for four a millisecond, too often to start threads for each. Torch-free.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace selfsight {

/// Thread: run() from one at a time. The threads have the priority of the one that makes the team.
class WorkerTeam {
public:
    using Work = std::function<void(std::int64_t item, int worker)>;

    /// `threads`: with the caller's own; at least 1.
    explicit WorkerTeam(int threads);
    ~WorkerTeam();

    int threads() const { return static_cast<int>(m_helpers.size()) + 1; }

    /// Calls work(item, worker) once for each item 0 .. count - 1 and returns when all are done. Which worker (0 .. threads() -
    /// 1) makes which item is open: results must not depend on it. `work` must not throw.
    void run(std::int64_t count, const Work& work);

private:
    void help(int worker);
    void workOff(const Work& work, std::int64_t count, int worker);

    std::mutex m_mutex;
    std::condition_variable m_begun, m_ended;
    const Work* m_work = nullptr;  // null: nothing to do
    std::int64_t m_count = 0;
    std::atomic<std::int64_t> m_next = 0, m_round = 0;
    int m_inside = 0;  // helpers at work
    bool m_isOver = false;
    std::vector<std::jthread> m_helpers;  // last: they end before what they wait for goes
};

}  // namespace selfsight
