// Training time with pauses left out, and the rate over the last seconds. Thread: one.
#pragma once

#include <chrono>
#include <deque>
#include <utility>

namespace selfsight {

inline double secondsSince(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class RunClock {
public:
    using Clock = std::chrono::steady_clock;

    /// Of a run that goes on: what it has trained already.
    explicit RunClock(double seconds = 0) : m_before(seconds) {}

    void pause() { if (!std::exchange(m_paused, true)) m_before += secondsSince(m_begin); }
    void go() { if (std::exchange(m_paused, false)) m_begin = Clock::now(); }
    double seconds() const { return m_paused ? m_before : m_before + secondsSince(m_begin); }

    void stepDone()
    {
        m_marks.push_back(seconds());
        while (m_marks.size() > 2 && m_marks.back() - m_marks.front() > 5) m_marks.pop_front();
    }
    double stepsPerSecond() const
    {
        if (m_marks.size() < 2 || m_marks.back() <= m_marks.front()) return 0;
        return static_cast<double>(m_marks.size() - 1) / (m_marks.back() - m_marks.front());
    }

private:
    bool m_paused = true;
    double m_before;
    Clock::time_point m_begin;
    std::deque<double> m_marks;
};

}  // namespace selfsight
