// Lets plots draw what is new, one a tick, in turn: no number of plots makes a tick longer.
#pragma once

#include <QTimer>

#include <vector>

namespace selfsight {

class CurvePlot;

/// Lifetime: the plots outlive it.
class PlotClock : public QObject {
    Q_OBJECT

public:
    explicit PlotClock(std::vector<CurvePlot*> plots, QObject* parent = nullptr);

    void setRunning(bool running);

private:
    void tick();

    std::vector<CurvePlot*> m_plots;
    std::size_t m_next = 0;
    QTimer m_timer;
};

}  // namespace selfsight
