// Lets plots draw what is new, one a tick, in turn: no number of plots makes a tick longer.
#pragma once

#include <QTimer>

#include <functional>
#include <vector>

namespace selfsight {

/// Lifetime: what the functions draw outlives it.
class PlotClock : public QObject {
    Q_OBJECT

public:
    /// Each draws what is new and says whether there was anything.
    using Tick = std::function<bool()>;
    explicit PlotClock(std::vector<Tick> plots, QObject* parent = nullptr);

    void setRunning(bool running);

private:
    void tick();

    std::vector<Tick> m_plots;
    std::size_t m_next = 0;
    QTimer m_timer;
};

}  // namespace selfsight
