#include "widgets/layer_map.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "widgets/color_map.h"
#include "widgets/counted.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr int kMarkHeight = 12, kAxisHeight = 20, kNear = 5;  // pixels
constexpr double kClosest = 10;  // steps that fill the map at most

const std::array<QRgb, 256>& mapColours()
{
    static const auto table = [] {
        std::array<QRgb, 256> colours{};
        for (std::size_t i = 0; i < colours.size(); ++i) colours[i] = viridis(static_cast<double>(i) / 255).rgb();
        return colours;
    }();
    return table;
}

/// 1, 2, 5, 10, 20 ... : the least that leaves at most `most` ticks.
double tickStep(double range, int most)
{
    const double rough = range / std::max(1, most), power = std::pow(10, std::floor(std::log10(std::max(rough, 1e-9))));
    for (const double factor : {1.0, 2.0, 5.0, 10.0})
        if (power * factor >= rough) return std::max(1.0, power * factor);
    return power * 10;
}

}  // namespace

LayerMap::LayerMap(QWidget* parent) : QWidget(parent), m_crosshair(std::numeric_limits<double>::quiet_NaN())
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Gradients of the layers"));
}

void LayerMap::setHistory(const LayerHistory* history)
{
    m_history = history;
    m_range.reset();
    changed();
}

void LayerMap::setLines(std::vector<MapLine> lines)
{
    m_lines = std::move(lines);
    m_selected.clear();
    changed();
    tick();
}

void LayerMap::setMarks(std::vector<MapMark> marks)
{
    m_marks = std::move(marks);
    changed();
}

void LayerMap::setOffset(Offset offset, const QString& scaleTitle)
{
    m_offset = std::move(offset);
    m_scaleTitle = scaleTitle;
    changed();
    tick();
}

void LayerMap::setSelected(std::vector<std::size_t> lines)
{
    m_selected = std::move(lines);
    update();
}

void LayerMap::setLabelWidth(int pixels)
{
    m_labelWidth = pixels;
    changed();
}

double LayerMap::from() const
{
    if (m_range) return m_range->from;
    return m_history && !m_history->empty() ? static_cast<double>(m_history->firstStep()) - 0.5 : 0;
}

double LayerMap::to() const
{
    if (m_range) return m_range->to;
    return m_history && !m_history->empty() ? static_cast<double>(m_history->lastStep()) + 0.5 : 1;
}

void LayerMap::setRange(double from, double to)
{
    if (!(to > from)) return;
    m_range = Range{from, to};
    m_dirty = true;
    tick();
}

void LayerMap::showAll()
{
    m_range.reset();
    m_dirty = true;
    tick();
    Q_EMIT rangeChanged(from(), to());
}

void LayerMap::showCrosshair(double step)
{
    m_crosshair = step;
    update();
}

void LayerMap::changed()
{
    m_dirty = true;
    setAccessibleDescription(summary());
}

bool LayerMap::tick()
{
    if (!m_dirty || !isVisible()) return false;
    update();
    return true;
}

QRect LayerMap::mapRect() const
{
    return {m_labelWidth, kMarkHeight, std::max(1, width() - m_labelWidth - kScaleWidth), std::max(1, height() - kMarkHeight - kAxisHeight)};
}

double LayerMap::stepAt(double x) const
{
    const QRect map = mapRect();
    return from() + (x - map.left()) / map.width() * (to() - from());
}

double LayerMap::xOf(double step) const
{
    const QRect map = mapRect();
    return map.left() + (step - from()) / (to() - from()) * map.width();
}

/// A column a pixel; the largest value of all layers and steps that fall on it.
void LayerMap::render()
{
    m_dirty = false;
    m_columns = mapRect().width();
    m_values.assign(m_lines.size() * static_cast<std::size_t>(m_columns), kUnknown);
    m_cells = QImage(m_columns, std::max<int>(1, static_cast<int>(m_lines.size())), QImage::Format_RGB32);
    m_cells.fill(palette().color(QPalette::Base));
    if (!m_history || m_history->empty() || m_lines.empty()) return;
    std::vector<float> best(m_history->layers());
    const double perColumn = (to() - from()) / m_columns;
    std::int64_t longest = 1;
    std::size_t rowsShown = 0, before = m_history->rows();
    for (int column = 0; column < m_columns; ++column) {
        const double left = from() + column * perColumn;
        std::size_t begin = 0, end = 0;
        if (perColumn < 1) {  // a step is wider than a pixel
            begin = m_history->rowAt(std::round(left + perColumn / 2));
            end = begin + 1;
        } else {
            begin = m_history->rowAt(std::ceil(left));
            end = std::max(begin + 1, m_history->rowAt(std::ceil(left + perColumn)));
        }
        if (begin >= m_history->rows() || static_cast<double>(m_history->firstOf(begin)) > left + perColumn + 0.5) continue;
        if (begin != before) ++rowsShown;
        before = begin;
        longest = std::max(longest, m_history->lastOf(begin) - m_history->firstOf(begin) + 1);
        m_history->maxima(begin, end, best);
        for (std::size_t line = 0; line < m_lines.size(); ++line) {
            float value = kUnknown;
            for (const std::size_t layer : m_lines[line].layers) {
                const float own = best[layer] - (m_offset ? m_offset(begin, layer) : 0);
                if (std::isfinite(own) && !(own <= value)) value = own;
            }
            m_values[line * static_cast<std::size_t>(m_columns) + static_cast<std::size_t>(column)] = value;
        }
    }
    if (longest > 1 && rowsShown * 4 < static_cast<std::size_t>(m_columns)) Q_EMIT detailWanted(from(), to());

    // Colours span all but the least hundredth, so that one dead layer does not take the contrast from the others.
    std::vector<float> known;
    const std::size_t every = std::max<std::size_t>(1, m_values.size() / 20'000);
    for (std::size_t i = 0; i < m_values.size(); i += every)
        if (std::isfinite(m_values[i])) known.push_back(m_values[i]);
    if (known.empty()) return;
    const auto least = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 100);
    std::nth_element(known.begin(), least, known.end());
    m_low = *least;
    m_high = m_low;
    for (const float value : m_values)
        if (value > m_high) m_high = value;
    const float scale = m_high > m_low ? 255 / (m_high - m_low) : 0;
    const auto& colours = mapColours();
    for (std::size_t line = 0; line < m_lines.size(); ++line) {
        auto* pixels = reinterpret_cast<QRgb*>(m_cells.scanLine(static_cast<int>(line)));
        const float* values = m_values.data() + line * static_cast<std::size_t>(m_columns);
        for (int column = 0; column < m_columns; ++column)
            if (std::isfinite(values[column])) pixels[column] = colours[static_cast<std::size_t>(std::clamp((values[column] - m_low) * scale, 0.0f, 255.0f))];
    }
}

float LayerMap::valueAt(std::size_t line, int column) const
{
    return line < m_lines.size() && column >= 0 && column < m_columns ? m_values[line * static_cast<std::size_t>(m_columns) + static_cast<std::size_t>(column)] : kUnknown;
}

void LayerMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (m_dirty || m_columns != mapRect().width()) render();
    paintInto(painter);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRect(mapRect().adjusted(-1, -1, 0, 0));
    }
}

void LayerMap::paintInto(QPainter& painter)
{
    const QRect map = mapRect();
    const QColor ink = palette().color(QPalette::Text), dim = palette().color(QPalette::PlaceholderText);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!m_history || m_history->empty() || m_lines.empty()) {
        painter.setPen(dim);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, tr("While a training runs: the gradient of every layer at every step."));
        return;
    }
    painter.drawImage(map, m_cells);

    const double lineHeight = static_cast<double>(map.height()) / static_cast<double>(m_lines.size());
    const QFontMetrics metrics(font());
    const auto stride = static_cast<std::size_t>(std::max(1.0, std::ceil(metrics.height() / lineHeight)));
    for (std::size_t line = 0; line < m_lines.size(); ++line) {
        const bool chosen = std::ranges::find(m_selected, line) != m_selected.end();
        const QRectF label(4, map.top() + static_cast<double>(line) * lineHeight, m_labelWidth - 10, lineHeight);
        if (chosen) {
            painter.setPen(QPen(plotColour(static_cast<int>(std::ranges::find(m_selected, line) - m_selected.begin()), palette()), 3));
            painter.drawLine(QPointF(m_labelWidth - 3, label.top()), QPointF(m_labelWidth - 3, label.bottom()));
        }
        if (line % stride != 0 && !(chosen && stride == 1)) continue;
        painter.setPen(chosen ? ink : dim);
        painter.drawText(label.adjusted(0, -metrics.height(), 0, metrics.height()), Qt::AlignRight | Qt::AlignVCenter,
                         metrics.elidedText(m_lines[line].title, Qt::ElideLeft, m_labelWidth - 12));
    }

    painter.setRenderHint(QPainter::Antialiasing);
    for (const MapMark& mark : m_marks) {
        const double x = xOf(static_cast<double>(mark.first));
        if (x < map.left() - 1 || x > map.right() + 1) continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(toneColour(Tone::Error, palette()));
        painter.drawPolygon(QPolygonF{{x - 4, 1}, {x + 4, 1}, {x, kMarkHeight - 1}});
    }
    painter.setRenderHint(QPainter::Antialiasing, false);

    painter.setPen(dim);
    const double step = tickStep(to() - from(), map.width() / 90);
    for (double at = std::ceil(from() / step) * step; at <= to(); at += step) {
        const double x = xOf(at);
        painter.drawLine(QPointF(x, map.bottom() + 1), QPointF(x, map.bottom() + 4));
        painter.drawText(QRectF(x - 50, map.bottom() + 4, 100, kAxisHeight - 4), Qt::AlignCenter, locale().toString(at, 'f', 0));
    }

    const QRect scale(map.right() + 8, map.top() + metrics.height(), 10, std::max(1, map.height() - 2 * metrics.height()));
    for (int y = 0; y < scale.height(); ++y) {
        painter.setPen(QColor(mapColours()[static_cast<std::size_t>(255 - 255 * y / std::max(1, scale.height() - 1))]));
        painter.drawLine(scale.left(), scale.top() + y, scale.right(), scale.top() + y);
    }
    painter.setPen(dim);
    painter.drawText(QRect(scale.left() - 6, map.top() - 2, kScaleWidth, metrics.height()), Qt::AlignLeft, locale().toString(std::exp(static_cast<double>(m_high)), 'g', 2));
    painter.drawText(QRect(scale.left() - 6, scale.bottom() + 2, kScaleWidth, metrics.height()), Qt::AlignLeft, locale().toString(std::exp(static_cast<double>(m_low)), 'g', 2));

    if (std::isfinite(m_crosshair) && m_crosshair >= from() && m_crosshair <= to()) {
        painter.setPen(QPen(ink, 1, Qt::DotLine));
        painter.drawLine(QPointF(xOf(m_crosshair), map.top()), QPointF(xOf(m_crosshair), map.bottom()));
    }
}

QImage LayerMap::picture(double scale)
{
    render();
    QImage image((QSizeF(size()) * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    QPainter painter(&image);
    painter.setFont(font());
    paintInto(painter);
    return image;
}

QString LayerMap::summary() const
{
    if (!m_history || m_history->empty()) return tr("No gradients yet.");
    return tr("Gradients of %1, steps %2 to %3")
               .arg(counted(static_cast<qsizetype>(m_history->layers()), tr("layer"), tr("layers")))
               .arg(m_history->firstStep())
               .arg(m_history->lastStep()) +
           "; " + counted(static_cast<qsizetype>(m_marks.size()), tr("spike"), tr("spikes"));
}

std::optional<std::size_t> LayerMap::markAt(const QPointF& position) const
{
    std::optional<std::size_t> nearest;
    double distance = kNear;
    for (std::size_t i = 0; i < m_marks.size(); ++i) {
        const double left = xOf(static_cast<double>(m_marks[i].first)), right = xOf(static_cast<double>(m_marks[i].last));
        const double away = std::max({left - position.x(), position.x() - right, 0.0});
        if (away <= distance) {
            distance = away;
            nearest = i;
        }
    }
    return nearest;
}

std::optional<std::size_t> LayerMap::lineAt(const QPointF& position) const
{
    const QRect map = mapRect();
    const double place = (position.y() - map.top()) / map.height() * static_cast<double>(m_lines.size());
    if (place < 0 || place >= static_cast<double>(m_lines.size())) return std::nullopt;
    return static_cast<std::size_t>(place);
}

void LayerMap::zoom(double factor, double about)
{
    if (!m_history || m_history->empty()) return;
    const double least = static_cast<double>(m_history->firstStep()) - 0.5, most = static_cast<double>(m_history->lastStep()) + 0.5;
    const double width = std::max((to() - from()) * factor, kClosest);
    if (width >= most - least) return showAll();
    const double left = std::clamp(about - (about - from()) / (to() - from()) * width, least, most - width);
    setRange(left, left + width);
    Q_EMIT rangeChanged(from(), to());
}

void LayerMap::moveBy(double steps)
{
    if (!m_range || !m_history || m_history->empty()) return;
    const double width = to() - from(), least = static_cast<double>(m_history->firstStep()) - 0.5, most = static_cast<double>(m_history->lastStep()) + 0.5;
    const double left = std::clamp(from() + steps, std::min(least, most - width), std::max(least, most - width));
    setRange(left, left + width);
    Q_EMIT rangeChanged(from(), to());
}

/// The next or the one before, in the middle.
void LayerMap::goToMark(int direction)
{
    const double middle = std::isfinite(m_crosshair) ? m_crosshair : (from() + to()) / 2;
    const MapMark* chosen = nullptr;
    for (const MapMark& mark : m_marks) {
        const auto step = static_cast<double>(mark.first);
        if (direction > 0 ? step > middle + 0.5 && (!chosen || mark.first < chosen->first) : step < middle - 0.5 && (!chosen || mark.first > chosen->first)) chosen = &mark;
    }
    if (!chosen) return;
    const double width = std::min(to() - from(), 400.0), step = static_cast<double>(chosen->first);
    setRange(step - width / 2, step + width / 2);
    showCrosshair(step);
    Q_EMIT rangeChanged(from(), to());
    Q_EMIT crosshairMoved(step);
}

void LayerMap::resizeEvent(QResizeEvent*)
{
    m_dirty = true;
}

void LayerMap::wheelEvent(QWheelEvent* event)
{
    const QPoint angle = event->angleDelta();
    if (std::abs(angle.x()) > std::abs(angle.y())) moveBy(-angle.x() / 1200.0 * (to() - from()));
    else zoom(std::pow(0.8, angle.y() / 120.0), stepAt(event->position().x()));
    event->accept();
}

void LayerMap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton) m_pressed = m_dragged = event->position();
}

void LayerMap::mouseMoveEvent(QMouseEvent* event)
{
    if (m_dragged && event->buttons().testFlag(Qt::LeftButton) && m_pressed->x() >= m_labelWidth) {
        moveBy((m_dragged->x() - event->position().x()) / mapRect().width() * (to() - from()));
        m_dragged = event->position();
    }
    const bool inside = mapRect().contains(event->position().toPoint());
    const double step = inside ? std::round(stepAt(event->position().x())) : std::numeric_limits<double>::quiet_NaN();
    showCrosshair(step);
    Q_EMIT crosshairMoved(step);
    setCursor(event->position().x() < m_labelWidth || markAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void LayerMap::mouseReleaseEvent(QMouseEvent* event)
{
    const bool clicked = event->button() == Qt::LeftButton && m_pressed && (*m_pressed - event->position()).manhattanLength() < 4;
    m_pressed.reset();
    m_dragged.reset();
    if (!clicked || !m_history || m_history->empty()) return;
    if (event->position().x() < m_labelWidth) {
        const auto line = lineAt(event->position());
        if (!line) return;
        const auto known = std::ranges::find(m_selected, *line);
        if (known != m_selected.end()) m_selected.erase(known);
        else m_selected.push_back(*line);
        update();
        Q_EMIT selectionChanged();
        return;
    }
    const auto mark = markAt(event->position());
    const auto step = static_cast<qint64>(std::llround(stepAt(event->position().x())));
    Q_EMIT stepClicked(mark ? m_marks[*mark].first : std::clamp<qint64>(step, m_history->firstStep(), m_history->lastStep()), mark);
}

void LayerMap::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->position().x() >= m_labelWidth) showAll();
}

void LayerMap::leaveEvent(QEvent*)
{
    showCrosshair(std::numeric_limits<double>::quiet_NaN());
    Q_EMIT crosshairMoved(m_crosshair);
}

void LayerMap::keyPressEvent(QKeyEvent* event)
{
    const double middle = (from() + to()) / 2, tenth = (to() - from()) / 10;
    switch (event->key()) {
    case Qt::Key_Left: return moveBy(-tenth);
    case Qt::Key_Right: return moveBy(tenth);
    case Qt::Key_Plus: return zoom(0.5, middle);
    case Qt::Key_Minus: return zoom(2, middle);
    case Qt::Key_Home: return showAll();
    case Qt::Key_N: return goToMark(1);
    case Qt::Key_P: return goToMark(-1);
    case Qt::Key_Return:
        if (std::isfinite(m_crosshair)) Q_EMIT stepClicked(static_cast<qint64>(m_crosshair), markAt({xOf(m_crosshair), 0}));
        return;
    default: QWidget::keyPressEvent(event);
    }
}

QString LayerMap::toolTipAt(const QPointF& position) const
{
    const auto line = lineAt(position);
    if (!line || !m_history || m_history->empty()) return {};
    if (position.x() < m_labelWidth) return m_lines[*line].title + '\n' + tr("Click to draw its curve");
    QString text;
    if (const auto mark = markAt(position)) text = m_marks[*mark].text + '\n';
    const float value = valueAt(*line, static_cast<int>(position.x()) - m_labelWidth);
    if (!std::isfinite(value)) return text;
    return text + tr("%1\nstep %2: %3 %4").arg(m_lines[*line].title).arg(std::llround(stepAt(position.x()))).arg(m_scaleTitle).arg(std::exp(static_cast<double>(value)), 0, 'g', 3);
}

bool LayerMap::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), toolTipAt(help->pos()), this);
        return true;
    }
    if (event->type() == QEvent::PaletteChange) m_dirty = true;
    return QWidget::event(event);
}

QSize LayerMap::sizeHint() const
{
    return {700, 320};
}

QSize LayerMap::minimumSizeHint() const
{
    return {m_labelWidth + kScaleWidth + 120, 120};
}

}  // namespace selfsight
