#include "widgets/parallel_coordinates.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "widgets/color_map.h"

namespace selfsight {

namespace {

constexpr double kClick = 4;        // pixels the pointer may move in a click
constexpr double kNear = 8;         // pixels from an axis or a line
constexpr double kLogFrom = 30;     // numbers that span more than this factor stand on a logarithmic axis

/// Empty when one of them is no number.
std::vector<std::optional<double>> numbers(const std::vector<QString>& values)
{
    std::vector<std::optional<double>> result;
    for (const QString& value : values) {
        bool isNumber = true;
        const double number = value.isEmpty() ? 0 : value.toDouble(&isNumber);
        if (!isNumber || !std::isfinite(number)) return {};
        result.push_back(value.isEmpty() ? std::nullopt : std::optional(number));
    }
    return result;
}

double distanceToSegment(const QPointF& p, const QPointF& a, const QPointF& b)
{
    const QPointF along = b - a;
    const double length = QPointF::dotProduct(along, along);
    const double t = length > 0 ? std::clamp(QPointF::dotProduct(p - a, along) / length, 0.0, 1.0) : 0;
    const QPointF away = p - (a + t * along);
    return std::hypot(away.x(), away.y());
}

}  // namespace

ParallelCoordinates::ParallelCoordinates(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Parallel coordinates"));
}

ParallelCoordinates::Scale ParallelCoordinates::scaleOf(const Axis& axis)
{
    Scale scale{.title = axis.title, .isShare = axis.isShare};
    const auto values = numbers(axis.values);
    if (values.empty()) {
        for (const QString& value : axis.values)
            if (!value.isEmpty() && !scale.names.contains(value)) scale.names << value;
        scale.names.sort(Qt::CaseInsensitive);
        const double steps = std::max<double>(1, static_cast<double>(scale.names.size() - 1));
        for (const QString& value : axis.values)
            scale.heights.push_back(value.isEmpty() ? std::nullopt : std::optional(static_cast<double>(scale.names.indexOf(value)) / steps));
        return scale;
    }
    std::vector<double> known;
    for (const auto& value : values)
        if (value) known.push_back(*value);
    if (!known.empty()) {
        const auto [low, high] = std::minmax_element(known.begin(), known.end());
        scale.low = *low;
        scale.high = *high;
    }
    scale.isLogarithmic = scale.low > 0 && scale.high > kLogFrom * scale.low;
    const auto place = [&scale](double value) { return scale.isLogarithmic ? std::log(value) : value; };
    const double span = place(scale.high) - place(scale.low);
    for (const auto& value : values)
        scale.heights.push_back(value ? std::optional(span > 0 ? (place(*value) - place(scale.low)) / span : 0.5) : std::nullopt);
    return scale;
}

void ParallelCoordinates::setRuns(const QStringList& names, std::vector<Axis> axes)
{
    m_names = names;
    m_scales.clear();
    for (const Axis& axis : axes) m_scales.push_back(scaleOf(axis));
    m_hovered = m_dragged = -1;
    changed();
}

bool ParallelCoordinates::isKept(std::size_t run) const
{
    return std::all_of(m_scales.begin(), m_scales.end(), [run](const Scale& scale) {
        if (!scale.stretch) return true;
        const auto& height = scale.heights[run];
        return height && *height >= scale.stretch->first - 1e-9 && *height <= scale.stretch->second + 1e-9;
    });
}

std::vector<int> ParallelCoordinates::kept() const
{
    std::vector<int> runs;
    for (int run = 0; run < m_names.size(); ++run)
        if (isKept(static_cast<std::size_t>(run))) runs.push_back(run);
    return runs;
}

void ParallelCoordinates::clearStretches()
{
    for (Scale& scale : m_scales) scale.stretch.reset();
    changed();
}

void ParallelCoordinates::markStretch(int axis, double from, double to)
{
    m_scales.at(static_cast<std::size_t>(axis)).stretch = std::minmax(std::clamp(from, 0.0, 1.0), std::clamp(to, 0.0, 1.0));
    changed();
}

void ParallelCoordinates::changed()
{
    const int count = static_cast<int>(kept().size());
    setAccessibleDescription(tr("%1 of %2 runs within the marked stretches").arg(count).arg(m_names.size()));
    Q_EMIT keptChanged(count);
    update();
}

QSize ParallelCoordinates::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 18 * std::max<int>(3, static_cast<int>(m_scales.size())), fontMetrics().height() * 20};
}

QImage ParallelCoordinates::picture()
{
    QImage image(size() * 2, QImage::Format_RGB32);
    image.setDevicePixelRatio(2);
    render(&image);
    return image;
}

double ParallelCoordinates::xOf(std::size_t axis) const
{
    const double side = fontMetrics().averageCharWidth() * 9.0;
    const double gaps = std::max<double>(1, static_cast<double>(m_scales.size()) - 1);
    return side + (width() - 2 * side) * static_cast<double>(axis) / gaps;
}

double ParallelCoordinates::yOf(double height) const
{
    const double top = fontMetrics().height() * 3.0, foot = fontMetrics().height() * 1.5;
    return top + (this->height() - top - foot) * (1 - height);
}

double ParallelCoordinates::heightAt(double y) const
{
    return std::clamp((yOf(0) - y) / std::max(1.0, yOf(0) - yOf(1)), 0.0, 1.0);
}

int ParallelCoordinates::axisNear(double x) const
{
    for (std::size_t axis = 0; axis < m_scales.size(); ++axis)
        if (std::abs(xOf(axis) - x) <= kNear) return static_cast<int>(axis);
    return -1;
}

std::vector<QPointF> ParallelCoordinates::line(std::size_t run) const
{
    std::vector<QPointF> points;
    for (std::size_t axis = 0; axis < m_scales.size(); ++axis)
        if (const auto& height = m_scales[axis].heights[run]) points.emplace_back(xOf(axis), yOf(*height));
    return points;
}

int ParallelCoordinates::runNear(const QPointF& position) const
{
    int nearest = -1;
    double best = kNear;
    for (int run = 0; run < m_names.size(); ++run) {
        if (!isKept(static_cast<std::size_t>(run))) continue;
        const auto points = line(static_cast<std::size_t>(run));
        for (std::size_t i = 1; i < points.size(); ++i)
            if (const double away = distanceToSegment(position, points[i - 1], points[i]); away < best) {
                best = away;
                nearest = run;
            }
    }
    return nearest;
}

QColor ParallelCoordinates::colourOf(std::size_t run) const
{
    const auto& height = m_scales.back().heights[run];
    return height ? viridisOn(palette().color(QPalette::Base), *height) : palette().color(QPalette::PlaceholderText);
}

void ParallelCoordinates::paintAxis(QPainter& painter, std::size_t axis) const
{
    const Scale& scale = m_scales[axis];
    const double x = xOf(axis), line = fontMetrics().height();
    const auto write = [&](double y, const QString& text) {
        const QString shown = fontMetrics().elidedText(text, Qt::ElideMiddle, fontMetrics().averageCharWidth() * 17);
        const QRectF box(x + 5, y - line / 2, fontMetrics().horizontalAdvance(shown) + 2, line);
        painter.fillRect(box, [&] { QColor back = palette().color(QPalette::Base); back.setAlpha(190); return back; }());
        painter.drawText(box, Qt::AlignVCenter | Qt::AlignLeft, shown);
    };
    painter.setPen(palette().color(QPalette::Text));
    painter.drawLine(QPointF(x, yOf(0)), QPointF(x, yOf(1)));
    // Neighbours' titles stand at different heights, so that each has the room of two.
    const double gap = m_scales.size() > 1 ? xOf(1) - xOf(0) : width() / 2.0;
    const int room = static_cast<int>(std::max(2 * gap - fontMetrics().averageCharWidth(), 10.0));
    const QRectF title(std::clamp(x - room / 2.0, 0.0, std::max(0.0, width() - 1.0 * room)), line * (axis % 2 == 0 ? 0.3 : 1.5), room, line);
    const bool first = x - room / 2.0 < 0, last = x + room / 2.0 > width();
    painter.drawText(title, Qt::AlignVCenter | (first ? Qt::AlignLeft : last ? Qt::AlignRight : Qt::AlignHCenter),
                     fontMetrics().elidedText(scale.title, Qt::ElideMiddle, room));
    if (scale.names.isEmpty()) {
        const auto text = [&](double value) { return scale.isShare ? tr("%1 %").arg(100 * value, 0, 'f', 1) : QString::number(value, 'g', 4); };
        write(yOf(1), text(scale.high));
        if (scale.low < scale.high) write(yOf(0), text(scale.low));
    } else {
        for (int i = 0; i < scale.names.size(); ++i)
            write(yOf(static_cast<double>(i) / std::max(1, static_cast<int>(scale.names.size()) - 1)), scale.names[i]);
    }
    if (!scale.stretch) return;
    QColor mark = palette().color(QPalette::Highlight);
    mark.setAlpha(110);
    painter.fillRect(QRectF(QPointF(x - kNear, yOf(scale.stretch->second)), QPointF(x + kNear, yOf(scale.stretch->first))), mark);
}

void ParallelCoordinates::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (m_scales.empty()) return;
    const auto draw = [&](std::size_t run, const QColor& colour, double wide) {
        const auto points = line(run);
        painter.setPen(QPen(colour, wide));
        painter.drawPolyline(points.data(), static_cast<int>(points.size()));
    };
    QColor faint = palette().color(QPalette::Text);
    faint.setAlpha(28);
    const auto count = static_cast<std::size_t>(m_names.size());
    for (std::size_t run = 0; run < count; ++run)
        if (!isKept(run)) draw(run, faint, 1);
    for (std::size_t run = 0; run < count; ++run)
        if (isKept(run)) draw(run, colourOf(run), 1.6);
    if (m_hovered >= 0) draw(static_cast<std::size_t>(m_hovered), palette().color(QPalette::Text), 3);
    for (std::size_t axis = 0; axis < m_scales.size(); ++axis) paintAxis(painter, axis);
}

void ParallelCoordinates::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    m_pressedAt = event->position();
    m_dragged = axisNear(event->position().x());
    m_dragFrom = heightAt(event->position().y());
}

void ParallelCoordinates::mouseMoveEvent(QMouseEvent* event)
{
    if (m_dragged >= 0 && event->buttons() & Qt::LeftButton) {
        if (std::abs(event->position().y() - m_pressedAt.y()) > kClick) markStretch(m_dragged, m_dragFrom, heightAt(event->position().y()));
        return;
    }
    const int near = runNear(event->position());
    setCursor(axisNear(event->position().x()) >= 0 ? Qt::SplitVCursor : near >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (near == m_hovered) return;
    m_hovered = near;
    if (near >= 0) QToolTip::showText(event->globalPosition().toPoint(), m_names[near], this);
    else QToolTip::hideText();
    update();
}

void ParallelCoordinates::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    const bool isClick = (event->position() - m_pressedAt).manhattanLength() <= kClick;
    if (isClick && m_dragged >= 0) {  // a click on an axis takes its stretch away
        m_scales[static_cast<std::size_t>(m_dragged)].stretch.reset();
        changed();
    } else if (isClick) {
        if (const int run = runNear(event->position()); run >= 0) Q_EMIT runClicked(run);
    }
    m_dragged = -1;
}

void ParallelCoordinates::leaveEvent(QEvent* event)
{
    m_hovered = -1;
    update();
    QWidget::leaveEvent(event);
}

void ParallelCoordinates::keyPressEvent(QKeyEvent* event)
{
    const bool isMarked = std::any_of(m_scales.begin(), m_scales.end(), [](const Scale& scale) { return scale.stretch.has_value(); });
    if (event->key() == Qt::Key_Escape && isMarked) return clearStretches();
    QWidget::keyPressEvent(event);
}

}  // namespace selfsight
