#include "widgets/share_plot.h"

#include <QEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "widgets/plot_library.h"
#include "widgets/theme.h"

namespace selfsight
{

namespace
{

constexpr double kMargin = 1.4;   // of a logarithmic axis, beyond the outer points
constexpr double kLeastSpan = 4;  // percent
constexpr double kLineWidth = 2, kMarkSize = 8;

/// Different for every curve: colour is never the only sign.
constexpr QCPScatterStyle::ScatterShape kMarks[] = {QCPScatterStyle::ssDisc,    QCPScatterStyle::ssSquare,
                                                    QCPScatterStyle::ssDiamond, QCPScatterStyle::ssTriangle,
                                                    QCPScatterStyle::ssCross,   QCPScatterStyle::ssPlus};

}  // namespace

SharePlot::SharePlot(QWidget* parent) : QWidget(parent), m_plot(new QCustomPlot)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    m_plot->setAccessibleName(tr("Accuracy against the share of labels"));
    m_plot->xAxis->setScaleType(QCPAxis::stLogarithmic);
    m_plot->xAxis->setLabel(tr("labels (%)"));
    m_plot->yAxis->setLabel(tr("top-1 (%)"));
    m_plot->legend->setVisible(true);
    m_plot->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
    m_plot->installEventFilter(this);
    draw();
}

void SharePlot::showCurves(const std::vector<ShareCurve>& curves)
{
    m_curves = curves;
    draw();
}

void SharePlot::draw()
{
    m_plot->clearPlottables();
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    double left = 1e9, right = 0, low = 100, high = 0;
    for (std::size_t i = 0; i < m_curves.size(); ++i) {
        const ShareCurve& curve = m_curves[i];
        QCPGraph* graph = m_plot->addGraph();
        graph->setName(curve.title);
        graph->setPen(QPen(plotColour(static_cast<int>(i), m_plot->palette()), kLineWidth));
        graph->setScatterStyle(QCPScatterStyle(kMarks[i % std::size(kMarks)], kMarkSize));
        QCPErrorBars* bars = nullptr;
        if (!curve.errors.empty()) {
            bars = new QCPErrorBars(m_plot->xAxis, m_plot->yAxis);
            bars->setDataPlottable(graph);
            bars->setPen(graph->pen());
            bars->removeFromLegend();
        }
        for (std::size_t p = 0; p < curve.points.size(); ++p) {
            const double share = 100 * curve.points[p].x(), accuracy = 100 * curve.points[p].y();
            const double error = bars && std::isfinite(curve.errors[p]) ? 100 * curve.errors[p] : 0;
            graph->addData(share, accuracy);
            if (bars) bars->addData(error);
            ticker->addTick(share, QString::number(share, 'g', 4));
            left = std::min(left, share);
            right = std::max(right, share);
            low = std::min(low, accuracy - error);
            high = std::max(high, accuracy + error);
        }
    }
    m_plot->xAxis->setTicker(ticker);
    m_plot->legend->setVisible(!m_curves.empty());
    if (right > 0) {
        m_plot->xAxis->setRange(left / kMargin, right * kMargin);
        const double middle = (low + high) / 2, half = std::max(kLeastSpan, 1.2 * (high - low)) / 2;
        m_plot->yAxis->setRange(std::max(0.0, middle - half), std::min(100.0, middle + half));
    }
    stylePlot(*m_plot);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

/// The plot's own: its palette changes after its parent's.
bool SharePlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_plot && event->type() == QEvent::PaletteChange) draw();
    return QWidget::eventFilter(watched, event);
}

}  // namespace selfsight
