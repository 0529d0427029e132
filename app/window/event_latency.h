// Milliseconds from posting an event to its execution in the UI thread.
#pragma once

#include <QObject>

#include <thread>
#include <vector>

namespace selfsight {

/// A thread posts an event every 5 ms for as long as this lives.
/// Thread: construct, read and destroy in the UI thread.
class EventLatency : public QObject {
    Q_OBJECT

public:
    EventLatency();
    ~EventLatency() override;

    const std::vector<double>& milliseconds() const { return m_milliseconds; }

private:
    std::vector<double> m_milliseconds;
    std::jthread m_poster;
};

}  // namespace selfsight
