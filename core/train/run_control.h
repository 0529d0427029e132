// What others have asked of a run; the training thread looks at it between two steps. Thread: any.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/option.h"

namespace selfsight {

class RunControl {
public:
    struct Change {
        std::string keyPath;
        Value value;
    };

    explicit RunControl(bool paused) : m_paused(paused) {}

    void pause() { set([this] { m_paused = true; m_single = 0; }); }
    void resume() { set([this] { m_paused = false; }); }
    void stepOnce() { set([this] { ++m_single; }); }
    void stop() { set([this] { m_stop = true; }); }
    void discard() { set([this] { m_stop = m_discard = true; }); }
    void change(Change change) { set([&] { m_changes.push_back(std::move(change)); }); }

    std::vector<Change> takeChanges()
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_changes, {});
    }
    bool stopping() const
    {
        const std::lock_guard lock(m_mutex);
        return m_stop;
    }
    bool discarding() const
    {
        const std::lock_guard lock(m_mutex);
        return m_discard;
    }
    bool mayStep() const
    {
        const std::lock_guard lock(m_mutex);
        return !m_paused || m_single > 0;
    }
    /// Waits until a step is allowed, an option changes or the run is to stop.
    void wait()
    {
        std::unique_lock lock(m_mutex);
        m_resting = true;
        m_wake.notify_all();
        m_wake.wait(lock, [this] { return wanted(); });
        m_resting = false;
    }
    /// The run has ended: nothing will be looked at any more.
    void end() { set([this] { m_over = true; }); }
    /// Waits until the run has done all that was asked and waits for more. False: it is over.
    bool waitUntilAtRest()
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait(lock, [this] { return m_over || (m_resting && !wanted()); });
        return !m_over;
    }
    void stepTaken()
    {
        const std::lock_guard lock(m_mutex);
        if (m_paused && m_single > 0) --m_single;
    }

private:
    bool wanted() const { return m_stop || !m_paused || m_single > 0 || !m_changes.empty(); }

    template <class F>
    void set(F change)
    {
        {
            const std::lock_guard lock(m_mutex);
            change();
        }
        m_wake.notify_all();
    }

    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_paused;
    bool m_stop = false;
    bool m_discard = false;  // stop without saving
    bool m_resting = false;  // the run waits in wait()
    bool m_over = false;
    int m_single = 0;
    std::vector<Change> m_changes;
};

}  // namespace selfsight
