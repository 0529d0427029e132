#include "app/window/plot_clock.h"

namespace selfsight {

namespace {

constexpr int kTickMilliseconds = 33;

}  // namespace

PlotClock::PlotClock(std::vector<Tick> plots, QObject* parent) : QObject(parent), m_plots(std::move(plots))
{
    connect(&m_timer, &QTimer::timeout, this, &PlotClock::tick);
    m_timer.start(kTickMilliseconds);
}

void PlotClock::setRunning(bool running)
{
    if (running) m_timer.start(kTickMilliseconds);
    else m_timer.stop();
}

void PlotClock::tick()
{
    for (std::size_t tried = 0; tried < m_plots.size(); ++tried) {
        const Tick& plot = m_plots[m_next];
        m_next = (m_next + 1) % m_plots.size();
        if (plot()) return;
    }
}

}  // namespace selfsight
