#include "widgets/heat_map.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QFileInfo>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QSvgGenerator>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "widgets/color_map.h"
#include "widgets/file_export.h"

namespace selfsight {

HeatMap::HeatMap(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Map of values"));
}

void HeatMap::showValues(const HeatValues& values)
{
    m_values = values;
    const int rows = static_cast<int>(m_values.rows.size()), columns = static_cast<int>(m_values.columns.size());
    m_current = {std::clamp(m_current.x(), 0, std::max(columns - 1, 0)), std::clamp(m_current.y(), 0, std::max(rows - 1, 0))};
    setAccessibleDescription(summary());
    update();
}

const HeatCell* HeatMap::cell(int row, int column) const
{
    if (row < 0 || column < 0 || row >= static_cast<int>(m_values.cells.size())) return nullptr;
    const auto& cells = m_values.cells[static_cast<std::size_t>(row)];
    return column < static_cast<int>(cells.size()) ? &cells[static_cast<std::size_t>(column)] : nullptr;
}

std::pair<double, double> HeatMap::range() const
{
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (const auto& row : m_values.cells)
        for (const HeatCell& each : row)
            if (std::isfinite(each.value)) {
                least = std::min(least, each.value);
                greatest = std::max(greatest, each.value);
            }
    return least <= greatest ? std::pair(least, greatest) : std::pair(0.0, 0.0);
}

double HeatMap::share(double value) const
{
    const auto [least, greatest] = range();
    return greatest > least ? (value - least) / (greatest - least) : 0.5;
}

QColor HeatMap::cellColour(int row, int column) const
{
    const HeatCell* found = cell(row, column);
    return found && std::isfinite(found->value) ? viridis(share(found->value)) : QColor();
}

QString HeatMap::numberOf(double value) const
{
    return locale().toString(value, 'f', m_values.digits);
}

QString HeatMap::summary() const
{
    const auto [least, greatest] = range();
    int known = 0, all = 0;
    for (const auto& row : m_values.cells)
        for (const HeatCell& each : row) {
            known += std::isfinite(each.value);
            ++all;
        }
    if (known == 0) return tr("%1: none of %2 values is known yet").arg(m_values.valueTitle).arg(all);
    return tr("%1: %2 of %3 values, from %4 to %5")
        .arg(m_values.valueTitle)
        .arg(known)
        .arg(all)
        .arg(numberOf(least), numberOf(greatest));
}

QSize HeatMap::sizeHint() const
{
    return QSize(30, 20) * fontMetrics().height();
}

QSize HeatMap::minimumSizeHint() const
{
    return QSize(14, 9) * fontMetrics().height();
}

QRectF HeatMap::cellRect(int row, int column) const
{
    if (!cell(row, column)) return {};
    const QRectF area = areas().cells;
    const double width = area.width() / static_cast<double>(m_values.columns.size());
    const double height = area.height() / static_cast<double>(m_values.rows.size());
    return QRectF(area.left() + column * width, area.top() + row * height, width, height);
}

QPoint HeatMap::cellAt(const QPointF& position) const
{
    for (int row = 0; row < static_cast<int>(m_values.rows.size()); ++row)
        for (int column = 0; column < static_cast<int>(m_values.columns.size()); ++column)
            if (cellRect(row, column).contains(position)) return {column, row};
    return {-1, -1};
}

void HeatMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paint(painter, hasFocus());
}

QImage HeatMap::picture(double scale) const
{
    QImage image(size() * scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    QPainter painter(&image);
    paint(painter, false);
    return image;
}

bool HeatMap::exportTo(const QString& path, const QString& note)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    Exported saved{false, tr("%1 was not saved: '%2' is no format for a map. Use .png or .svg.").arg(path, suffix)};
    if (suffix == "png") saved = savePng(path, picture(2), note);
    if (suffix == "svg") {
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        QSvgGenerator svg;
        svg.setOutputDevice(&buffer);
        svg.setSize(size());
        svg.setViewBox(rect());
        svg.setTitle(m_values.valueTitle);
        svg.setDescription(note);
        QPainter painter(&svg);
        paint(painter, false);
        painter.end();
        saved = saveBytes(path, buffer.data());
    }
    Q_EMIT message(saved.text);
    return saved.ok;
}

void HeatMap::copyImage()
{
    QApplication::clipboard()->setImage(picture(2));
    Q_EMIT message(tr("The map is in the clipboard."));
}

bool HeatMap::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QPoint place = cellAt(help->pos());
    const HeatCell* found = cell(place.y(), place.x());
    if (found) QToolTip::showText(help->globalPos(), found->toolTip, this, cellRect(place.y(), place.x()).toRect());
    else QToolTip::hideText();
    return true;
}

void HeatMap::mouseMoveEvent(QMouseEvent* event)
{
    setCursor(cellAt(event->position()).x() >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void HeatMap::mousePressEvent(QMouseEvent* event)
{
    const QPoint place = cellAt(event->position());
    if (event->button() != Qt::LeftButton || place.x() < 0) return QWidget::mousePressEvent(event);
    moveTo(place);
    Q_EMIT cellActivated(place.y(), place.x());
}

void HeatMap::keyPressEvent(QKeyEvent* event)
{
    const int lastColumn = static_cast<int>(m_values.columns.size()) - 1;
    switch (event->key()) {
        case Qt::Key_Left: return moveTo(m_current + QPoint(-1, 0));
        case Qt::Key_Right: return moveTo(m_current + QPoint(1, 0));
        case Qt::Key_Up: return moveTo(m_current + QPoint(0, -1));
        case Qt::Key_Down: return moveTo(m_current + QPoint(0, 1));
        case Qt::Key_Home: return moveTo({0, m_current.y()});
        case Qt::Key_End: return moveTo({lastColumn, m_current.y()});
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Space:
            if (cell(m_current.y(), m_current.x())) Q_EMIT cellActivated(m_current.y(), m_current.x());
            return;
        default: QWidget::keyPressEvent(event);
    }
}

void HeatMap::moveTo(QPoint place)
{
    if (!cell(place.y(), place.x())) return;
    m_current = place;
    setAccessibleDescription(cell(place.y(), place.x())->toolTip);
    update();
}

void HeatMap::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void HeatMap::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

}  // namespace selfsight
