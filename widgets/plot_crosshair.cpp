#include "widgets/plot_crosshair.h"

#include "widgets/plot_library.h"

namespace selfsight {

PlotCrosshair::PlotCrosshair(QCustomPlot& plot)
    : m_plot(plot), m_line(new QCPItemStraightLine(&plot)), m_text(new QCPItemText(&plot))
{
    m_line->setLayer("overlay");
    m_text->setLayer("overlay");
    m_line->setSelectable(false);
    m_text->setSelectable(false);
    m_text->position->setTypeX(QCPItemPosition::ptPlotCoords);
    m_text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_text->setTextAlignment(Qt::AlignLeft);
    m_text->setPadding(QMargins(6, 3, 6, 3));
    m_line->setVisible(false);
    m_text->setVisible(false);
    restyle();
}

void PlotCrosshair::show(double x, const QString& text)
{
    const QCPRange range = m_plot.xAxis->range();
    const bool inside = range.contains(x);
    m_line->point1->setCoords(x, 0);
    m_line->point2->setCoords(x, 1);
    m_line->setVisible(inside);
    m_text->setVisible(inside && !text.isEmpty());
    m_text->setText(text);
    // On the side of the line that has more room.
    const bool left = x > range.center();
    m_text->setPositionAlignment((left ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    m_text->position->setCoords(m_plot.xAxis->pixelToCoord(m_plot.xAxis->coordToPixel(x) + (left ? -6 : 6)), 0.02);
    m_plot.layer("overlay")->replot();
}

void PlotCrosshair::hide()
{
    if (!m_line->visible()) return;
    m_line->setVisible(false);
    m_text->setVisible(false);
    m_plot.layer("overlay")->replot();
}

void PlotCrosshair::restyle()
{
    const QPalette palette = m_plot.palette();
    m_line->setPen(QPen(palette.color(QPalette::PlaceholderText), 1));
    m_text->setColor(palette.color(QPalette::ToolTipText));
    m_text->setBrush(palette.color(QPalette::ToolTipBase));
    m_text->setPen(QPen(palette.color(QPalette::Mid), 1));
    m_text->setFont(m_plot.font());
}

}  // namespace selfsight
