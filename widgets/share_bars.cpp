#include "widgets/share_bars.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

#include "widgets/theme.h"

namespace selfsight {

namespace {

QString percent(double share)
{
    return ShareBars::tr("%1 %").arg(100 * share, 0, 'f', 1);
}

}  // namespace

ShareBars::ShareBars(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ShareBars::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    QStringList words;
    for (const Bar& bar : m_bars) words << bar.label + ": " + percent(bar.share);
    setAccessibleDescription(words.join(", "));
    updateGeometry();
    update();
}

QSize ShareBars::sizeHint() const
{
    const int line = fontMetrics().height();
    return {line * 20, static_cast<int>(std::lround(1.5 * line * static_cast<double>(m_bars.size())))};
}

QSize ShareBars::minimumSizeHint() const
{
    return {fontMetrics().height() * 12, sizeHint().height()};
}

void ShareBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    int labels = 0;
    for (const Bar& bar : m_bars) labels = std::max(labels, fontMetrics().horizontalAdvance(bar.label));
    const int gap = fontMetrics().height() / 2;
    const int numbers = fontMetrics().horizontalAdvance(percent(1));
    const int left = labels + gap;
    const int room = std::max(width() - left - gap - numbers, 1);
    const double line = 1.5 * fontMetrics().height();
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar& bar = m_bars[i];
        const double top = line * static_cast<double>(i);
        const QColor text = palette().color(QPalette::WindowText);
        painter.setPen(text);
        painter.drawText(QRectF(0, top, labels, line), Qt::AlignVCenter | Qt::AlignLeft, bar.label);
        const QRectF track(left, top + 0.22 * line, room, 0.56 * line);
        painter.fillRect(track, palette().color(QPalette::AlternateBase));
        QRectF filled = track;
        filled.setWidth(track.width() * std::clamp(bar.share, 0.0, 1.0));
        painter.fillRect(filled, plotColour(bar.colour, palette()));
        painter.drawText(QRectF(left + room + gap, top, numbers, line), Qt::AlignVCenter | Qt::AlignRight, percent(bar.share));
    }
}

}  // namespace selfsight
