// What a heat map looks like; heat_map.cpp has what it does.
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

#include "widgets/color_map.h"
#include "widgets/heat_map.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr int kScaleSteps = 64;       // bands of the colour scale
constexpr int kScaleMarks = 4;        // numbers beside it, less one
constexpr double kLineMargin = 0.15;  // of the range, above and below a line

double widestOf(const QStringList& texts, const QFontMetricsF& metrics)
{
    double widest = 0;
    for (const QString& text : texts) widest = std::max(widest, metrics.horizontalAdvance(text));
    return widest;
}

void drawUpright(QPainter& painter, const QRectF& area, int flags, const QString& text)
{
    painter.save();
    painter.translate(area.center());
    painter.rotate(-90);
    painter.drawText(QRectF(-area.height() / 2, -area.width() / 2, area.height(), area.width()), flags, text);
    painter.restore();
}

}  // namespace

HeatMap::Areas HeatMap::areas() const
{
    const QFontMetricsF metrics(font());
    const double line = metrics.height(), gap = line * 0.4;
    const QRectF all = QRectF(rect()).adjusted(gap, gap, -gap, -gap);
    Areas areas;
    const double scaleWidth = line + gap + metrics.horizontalAdvance(numberOf(range().second)) + metrics.averageCharWidth();
    areas.scale = isLine() ? QRectF() : QRectF(all.right() - scaleWidth, all.top() + line, scaleWidth, 0);
    const double right = isLine() ? all.right() : areas.scale.left() - gap;

    const double labels = std::min(isLine() ? scaleWidth : widestOf(m_values.rows, metrics), all.width() / 3);
    const double left = all.left() + line + gap + labels + gap;
    const double cellWidth = (right - left) / std::max(1, static_cast<int>(m_values.columns.size()));
    const double widest = widestOf(m_values.columns, metrics);
    areas.upright = widest + gap > cellWidth;
    const double below = areas.upright ? std::min(widest, all.height() / 3) : line;
    const double bottom = all.bottom() - line - gap - below - gap;
    const double top = all.top() + line;  // the value's title stands above
    areas.cells = QRectF(left, top, std::max(right - left, 1.0), std::max(bottom - top, 1.0));
    areas.rowTitle = QRectF(all.left(), top, line, areas.cells.height());
    areas.rowLabels = QRectF(all.left() + line + gap, top, labels, areas.cells.height());
    areas.columnLabels = QRectF(left, areas.cells.bottom() + gap, areas.cells.width(), below);
    areas.columnTitle = QRectF(left, all.bottom() - line, areas.cells.width(), line);
    if (!isLine()) areas.scale.setHeight(areas.cells.height());
    return areas;
}

void HeatMap::paint(QPainter& painter, bool withFocus) const
{
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (m_values.cells.empty() || m_values.columns.isEmpty()) return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(font());
    const Areas parts = areas();
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRectF(parts.cells.left(), 0, width() - parts.cells.left(), parts.cells.top()),
                     Qt::AlignLeft | Qt::AlignVCenter, m_values.valueTitle);
    if (isLine()) paintLine(painter, parts);
    else paintGrid(painter, parts);
    paintLabels(painter, parts);
    if (!withFocus) return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 3));
    painter.drawRect(cellRect(m_current.y(), m_current.x()).adjusted(2, 2, -2, -2));
}

void HeatMap::paintGrid(QPainter& painter, const Areas& parts) const
{
    const QFontMetricsF metrics(font());
    for (int row = 0; row < static_cast<int>(m_values.rows.size()); ++row)
        for (int column = 0; column < static_cast<int>(m_values.columns.size()); ++column) {
            const HeatCell* each = cell(row, column);
            if (!each) continue;
            const QRectF area = cellRect(row, column).adjusted(1, 1, -1, -1);
            const QColor colour = cellColour(row, column);
            const QColor ground = colour.isValid() ? colour : palette().color(QPalette::AlternateBase);
            painter.fillRect(area, ground);
            if (each->progress >= 0) {
                QRectF done = area.adjusted(0, area.height() - metrics.height() / 3, 0, 0);
                done.setWidth(area.width() * std::clamp(each->progress, 0.0, 1.0));
                painter.fillRect(done, palette().color(QPalette::Highlight));
            }
            painter.setPen(colour.isValid() ? inkOn(ground) : palette().color(QPalette::Text));
            QString text = colour.isValid() ? numberOf(each->value) : each->note;
            if (colour.isValid() && each->error > 0) {
                const QString both = text + QString::fromUtf8("\n± ") + numberOf(each->error);
                if (area.height() > 2 * metrics.lineSpacing()) text = both;
            }
            if (widestOf(text.split('\n'), metrics) < area.width()) painter.drawText(area, Qt::AlignCenter, text);
        }
    paintScale(painter, parts.scale);
}

/// What the colours mean: least below, greatest above.
void HeatMap::paintScale(QPainter& painter, const QRectF& area) const
{
    const auto [least, greatest] = range();
    if (!(greatest > least)) return;
    const QFontMetricsF metrics(font());
    const double line = metrics.height();
    const QRectF band(area.left(), area.top(), line * 0.8, area.height());
    const double step = band.height() / kScaleSteps;
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int i = 0; i < kScaleSteps; ++i)
        painter.fillRect(QRectF(band.left(), band.bottom() - (i + 1) * step, band.width(), step + 1),
                         viridis((i + 0.5) / kScaleSteps));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(palette().color(QPalette::Text));
    for (int i = 0; i <= kScaleMarks; ++i) {
        const double part = static_cast<double>(i) / kScaleMarks;
        const double y = std::clamp(band.bottom() - part * band.height(), band.top() + line / 2, band.bottom() - line / 2);
        painter.drawText(QRectF(band.right() + line * 0.3, y - line / 2, area.right() - band.right(), line),
                         Qt::AlignLeft | Qt::AlignVCenter, numberOf(least + part * (greatest - least)));
    }
}

void HeatMap::paintLine(QPainter& painter, const Areas& parts) const
{
    const QFontMetricsF metrics(font());
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const HeatCell& each : m_values.cells.front())
        if (std::isfinite(each.value)) {
            low = std::min(low, each.value - each.error);
            high = std::max(high, each.value + each.error);
        }
    const bool known = low <= high;
    if (known) {
        const double room = high > low ? kLineMargin * (high - low) : std::max(std::abs(high) * kLineMargin, 1e-6);
        low -= room;
        high += room;
    }
    const auto heightOf = [&](double value) {
        return parts.cells.bottom() - (value - low) / (high - low) * parts.cells.height();
    };
    const QColor text = palette().color(QPalette::Text);
    QColor faint = text;
    faint.setAlphaF(0.15f);
    for (int i = 0; known && i <= kScaleMarks; ++i) {
        const double value = low + i * (high - low) / kScaleMarks;
        painter.setPen(faint);
        painter.drawLine(QPointF(parts.cells.left(), heightOf(value)), QPointF(parts.cells.right(), heightOf(value)));
        painter.setPen(text);
        painter.drawText(
            QRectF(parts.rowLabels.left(), heightOf(value) - metrics.height() / 2, parts.rowLabels.width(), metrics.height()),
            Qt::AlignRight | Qt::AlignVCenter, numberOf(value));
    }
    const QPen pen(plotColour(0, palette()), 2);
    QPainterPath path;
    bool joined = false;
    for (int column = 0; column < static_cast<int>(m_values.columns.size()); ++column) {
        const HeatCell* each = cell(0, column);
        const QRectF area = cellRect(0, column);
        const bool isKnown = each && std::isfinite(each->value);
        if (!isKnown) {
            joined = false;
            painter.setPen(text);
            if (each) painter.drawText(area, Qt::AlignHCenter | Qt::AlignBottom, each->note);
            continue;
        }
        const QPointF point(area.center().x(), heightOf(each->value));
        if (joined) path.lineTo(point);
        else path.moveTo(point);
        joined = true;
        painter.setPen(pen);
        if (each->error > 0) {
            const double top = heightOf(each->value + each->error), bottom = heightOf(each->value - each->error),
                         cap = metrics.averageCharWidth();
            painter.drawLine(QPointF(point.x(), top), QPointF(point.x(), bottom));
            painter.drawLine(QPointF(point.x() - cap, top), QPointF(point.x() + cap, top));
            painter.drawLine(QPointF(point.x() - cap, bottom), QPointF(point.x() + cap, bottom));
        }
        painter.setBrush(pen.color());
        painter.drawEllipse(point, metrics.averageCharWidth() / 2, metrics.averageCharWidth() / 2);
        painter.setPen(text);
        painter.drawText(
            QRectF(point.x() + metrics.averageCharWidth(), point.y() - metrics.height(), area.width(), metrics.height()),
            Qt::AlignLeft, numberOf(each->value));
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(pen);
    painter.drawPath(path);
}

void HeatMap::paintLabels(QPainter& painter, const Areas& parts) const
{
    const QFontMetricsF metrics(font());
    painter.setPen(palette().color(QPalette::Text));
    for (int column = 0; column < static_cast<int>(m_values.columns.size()); ++column) {
        const QRectF over = cellRect(0, column);
        const QRectF area(over.left(), parts.columnLabels.top(), over.width(), parts.columnLabels.height());
        const QString text =
            metrics.elidedText(m_values.columns[column], Qt::ElideMiddle, parts.upright ? area.height() : area.width());
        if (parts.upright) drawUpright(painter, area, Qt::AlignRight | Qt::AlignVCenter, text);
        else painter.drawText(area, Qt::AlignCenter, text);
    }
    for (int row = 0; !isLine() && row < static_cast<int>(m_values.rows.size()); ++row) {
        const QRectF beside = cellRect(row, 0);
        const QRectF area(parts.rowLabels.left(), beside.top(), parts.rowLabels.width(), beside.height());
        painter.drawText(area, Qt::AlignRight | Qt::AlignVCenter,
                         metrics.elidedText(m_values.rows[row], Qt::ElideMiddle, area.width()));
    }
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.drawText(parts.columnTitle, Qt::AlignCenter, m_values.columnTitle);
    if (!isLine()) drawUpright(painter, parts.rowTitle, Qt::AlignCenter, m_values.rowTitle);
    painter.setFont(font());
}

}  // namespace selfsight
