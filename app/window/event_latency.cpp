#include "app/window/event_latency.h"

#include <chrono>

namespace selfsight {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kInterval = std::chrono::milliseconds(5);

}  // namespace

EventLatency::EventLatency()
{
    m_poster = std::jthread([this](std::stop_token stop) {
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(kInterval);
            const auto posted = Clock::now();
            const auto measure = [this, posted] {
                m_milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - posted).count());
            };
            QMetaObject::invokeMethod(this, measure, Qt::QueuedConnection);
        }
    });
}

EventLatency::~EventLatency()
{
    m_poster.request_stop();
    m_poster.join();
}

}  // namespace selfsight
