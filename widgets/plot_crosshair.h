// A vertical line through a plot with the values it crosses.
#pragma once

#include <QString>

class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;

namespace selfsight {

/// Lies on the plot's overlay layer, so that moving it redraws nothing else.
/// Lifetime: its items belong to the plot, which must outlive it.
class PlotCrosshair
{
public:
    explicit PlotCrosshair(QCustomPlot& plot);

    void show(double x, const QString& text);
    void hide();
    /// Call on QEvent::PaletteChange.
    void restyle();

private:
    QCustomPlot& m_plot;
    QCPItemStraightLine* m_line;
    QCPItemText* m_text;
};

}  // namespace selfsight
