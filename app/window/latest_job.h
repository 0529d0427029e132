// Runs the newest of the jobs it is given, away from the UI thread; older ones are told to give up and what they
// still return is forgotten.
#pragma once

#include <QMetaObject>
#include <QObject>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace selfsight {

/// Thread: construct, start and destroy in one thread with an event loop; both callbacks run there.
/// Lifetime: the destructor waits until the running job has noticed that it is cancelled; no callback comes after it.
template <class Result>
class LatestJob {
public:
    using IsCancelled = std::function<bool()>;
    using Work = std::function<Result(const IsCancelled&)>;

    LatestJob(std::function<void(Result)> done, std::function<void(QString)> failed)
        : m_done(std::move(done)), m_failed(std::move(failed)), m_thread([this](std::stop_token stop) { run(stop); })
    {
    }

    ~LatestJob()
    {
        m_newest = 0;  // no job has this number: whatever runs is cancelled
        m_thread.request_stop();
        m_thread.join();
    }

    void start(Work work)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_next = std::move(work);
            m_newest = ++m_started;
        }
        m_wake.notify_one();
    }

    /// No callback comes for what was started so far.
    void forget()
    {
        const std::lock_guard lock(m_mutex);
        m_next.reset();
        m_newest = ++m_started;
    }

private:
    void run(std::stop_token stop)
    {
        while (true) {
            Work work;
            std::uint64_t number = 0;
            {
                std::unique_lock lock(m_mutex);
                if (!m_wake.wait(lock, stop, [this] { return m_next.has_value(); })) return;
                work = std::move(*m_next);
                m_next.reset();
                number = m_newest;
            }
            if (stop.stop_requested()) return;
            const IsCancelled isCancelled = [this, number] { return m_newest != number; };
            try {
                auto result = std::make_shared<Result>(work(isCancelled));
                post(number, [this, result] { m_done(std::move(*result)); });
            } catch (const std::exception& error) {
                post(number, [this, text = QString::fromUtf8(error.what())] { m_failed(text); });
            }
        }
    }

    /// m_receiver lives in the owner's thread and dies with this object: Qt then drops what is still queued for it.
    void post(std::uint64_t number, std::function<void()> report)
    {
        QMetaObject::invokeMethod(
            &m_receiver,
            [this, number, report = std::move(report)] {
                if (m_newest == number) report();
            },
            Qt::QueuedConnection);
    }

    std::function<void(Result)> m_done;
    std::function<void(QString)> m_failed;
    QObject m_receiver;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<Work> m_next;
    std::uint64_t m_started = 0;
    std::atomic<std::uint64_t> m_newest = 0;
    std::jthread m_thread;  // last: starts when everything above exists
};

}  // namespace selfsight
