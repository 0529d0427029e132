#include "widgets/scatter_view.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QTimerEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace selfsight {

namespace {

constexpr int kGlideMilliseconds = 280, kFrameMilliseconds = 16;
constexpr double kFitMargin = 16, kReach = 9, kClick = 4;  // pixels
constexpr double kZoomStep = 1.2, kMoveShare = 0.1;
constexpr double kFitShare = 0.998;  // a few strays need not shrink the rest

std::vector<char> flagsOf(const std::vector<int>& samples, std::size_t count)
{
    std::vector<char> flags(count, 0);
    for (const int sample : samples) flags[static_cast<std::size_t>(sample)] = 1;
    return flags;
}

}  // namespace

ScatterView::ScatterView(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Embedding"));
    setTool(Tool::Lasso);
}

QSize ScatterView::sizeHint() const
{
    return QSize(36, 26) * fontMetrics().height();
}

void ScatterView::setEmptyText(const QString& text)
{
    m_emptyText = text;
    update();
}

void ScatterView::showSet(std::shared_ptr<const ProbeSet> set)
{
    m_set = std::move(set);
    m_layout.clear();
    m_colours.clear();
    m_trails.clear();
    m_selected.clear();
    m_isolated.clear();
    m_glideTimer.stop();
    m_follows = true;
    m_hovered = -1;
    const bool hadSelection = !m_selection.empty();
    m_selection.clear();
    if (hadSelection) Q_EMIT selectionChanged();
    update();
}

void ScatterView::showLayout(std::vector<float> layout, Motion motion)
{
    if (!m_set || layout.size() != 2 * m_set->size()) return;
    if (m_selected.empty()) m_selected.assign(m_set->size(), 0);
    if (motion == Motion::Jump || m_layout.size() != layout.size() || !isVisible()) {
        m_glideTimer.stop();
        m_layout = std::move(layout);
        follow();
    } else {
        m_from = m_layout;
        m_to = std::move(layout);
        m_gliding.start();
        m_glideTimer.start(kFrameMilliseconds, Qt::PreciseTimer, this);
    }
    update();
}

void ScatterView::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_glideTimer.timerId()) return QWidget::timerEvent(event);
    const double time = std::min(1.0, static_cast<double>(m_gliding.elapsed()) / kGlideMilliseconds);
    const auto share = static_cast<float>(time * time * (3 - 2 * time));
    for (std::size_t i = 0; i < m_layout.size(); ++i) m_layout[i] = m_from[i] + share * (m_to[i] - m_from[i]);
    if (time >= 1) m_glideTimer.stop();
    follow();
    update();
}

void ScatterView::setColours(std::vector<QRgb> colours)
{
    m_colours = std::move(colours);
    update();
}

void ScatterView::setTrails(std::vector<std::vector<float>> trails)
{
    m_trails = std::move(trails);
    update();
}

void ScatterView::setImages(Images images)
{
    m_images = images;
    update();
}

void ScatterView::setTool(Tool tool)
{
    m_tool = tool;
    setCursor(tool == Tool::Move ? Qt::OpenHandCursor : Qt::CrossCursor);
    Q_EMIT toolChanged(tool);
}

/// Of what is shown, without the outermost strays of each side.
QRectF ScatterView::bounds() const
{
    std::vector<float> x, y;
    for (int i = 0; i < static_cast<int>(count()); ++i)
        if (isShown(i)) {
            x.push_back(static_cast<float>(place(i).x()));
            y.push_back(static_cast<float>(place(i).y()));
        }
    if (x.empty()) return {};
    const auto ends = [](std::vector<float>& values) {
        const auto last = static_cast<double>(values.size() - 1);
        const auto low = values.begin() + static_cast<std::ptrdiff_t>((1 - kFitShare) * last);
        std::nth_element(values.begin(), low, values.end());
        const float least = *low;
        const auto high = values.begin() + static_cast<std::ptrdiff_t>(std::ceil(kFitShare * last));
        std::nth_element(values.begin(), high, values.end());
        return std::pair(least, *high);
    };
    const auto [left, right] = ends(x);
    const auto [top, bottom] = ends(y);
    return QRectF(QPointF(left, top), QPointF(right, bottom));
}

void ScatterView::follow()
{
    if (!m_follows || count() == 0) return;
    m_camera = ScatterCamera::fitting(bounds(), QSizeF(size()), kFitMargin);
    m_fittedScale = m_camera.scale;
}

void ScatterView::fit()
{
    m_follows = true;
    follow();
    update();
}

QPointF ScatterView::screenOf(int sample) const
{
    return m_camera.toScreen(place(sample), QSizeF(size()));
}

int ScatterView::sampleAt(const QPointF& position) const
{
    int found = -1;
    double least = kReach * kReach;
    for (int i = 0; i < static_cast<int>(count()); ++i) {
        if (!isShown(i)) continue;
        const QPointF away = screenOf(i) - position;
        const double square = QPointF::dotProduct(away, away);
        if (square < least) {
            least = square;
            found = i;
        }
    }
    return found;
}

void ScatterView::select(std::vector<int> samples)
{
    std::erase_if(samples, [this](int sample) { return sample < 0 || sample >= static_cast<int>(count()); });
    std::ranges::sort(samples);
    samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
    if (samples == m_selection) return;
    m_selection = std::move(samples);
    m_selected = flagsOf(m_selection, count());
    setAccessibleDescription(tr("%n samples, ", nullptr, static_cast<int>(count())) +
                             tr("%n selected", nullptr, static_cast<int>(m_selection.size())));
    Q_EMIT selectionChanged();
    update();
}

void ScatterView::selectAll()
{
    std::vector<int> all;
    for (int i = 0; i < static_cast<int>(count()); ++i)
        if (isShown(i)) all.push_back(i);
    select(std::move(all));
}

void ScatterView::clearSelection()
{
    select({});
}

void ScatterView::toggleIsolation()
{
    if (isIsolated() || m_selection.empty()) m_isolated.clear();
    else m_isolated = flagsOf(m_selection, count());
    m_hovered = -1;
    fit();
}

ScatterView::Mark ScatterView::markOf(Qt::KeyboardModifiers modifiers)
{
    if (modifiers & Qt::ShiftModifier) return Mark::Add;
    return modifiers & Qt::AltModifier ? Mark::Remove : Mark::Replace;
}

void ScatterView::markInside(const QPolygonF& area, Mark mark)
{
    const QRectF box = area.boundingRect();
    std::vector<char> flags = mark == Mark::Replace ? std::vector<char>(count(), 0) : m_selected;
    for (int i = 0; i < static_cast<int>(count()); ++i) {
        const QPointF pixel = screenOf(i);
        if (isShown(i) && box.contains(pixel) && area.containsPoint(pixel, Qt::OddEvenFill))
            flags[static_cast<std::size_t>(i)] = mark != Mark::Remove;
    }
    std::vector<int> samples;
    for (std::size_t i = 0; i < flags.size(); ++i)
        if (flags[i]) samples.push_back(static_cast<int>(i));
    select(std::move(samples));
}

void ScatterView::setHovered(int sample)
{
    if (sample == m_hovered) return;
    m_hovered = sample;
    update();
}

bool ScatterView::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // Its own keys come before the menus' while it has the focus.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::SelectAll) || key->matches(QKeySequence::Copy)) event->accept();
    }
    return QWidget::event(event);
}

void ScatterView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    follow();
}

void ScatterView::wheelEvent(QWheelEvent* event)
{
    m_follows = false;
    m_camera.zoom(std::pow(kZoomStep, event->angleDelta().y() / 120.0), event->position(), QSizeF(size()));
    update();
    event->accept();
}

void ScatterView::mousePressEvent(QMouseEvent* event)
{
    if (m_button != Qt::NoButton || count() == 0) return;
    if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton) return QWidget::mousePressEvent(event);
    m_button = event->button();
    m_pressed = m_last = event->position();
    m_moves = m_button == Qt::MiddleButton || (m_tool == Tool::Move && markOf(event->modifiers()) == Mark::Replace);
    if (m_moves) setCursor(Qt::ClosedHandCursor);
}

void ScatterView::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF position = event->position();
    if (m_button == Qt::NoButton) return setHovered(sampleAt(position));
    if (m_moves) {
        m_follows = false;
        m_camera.centre -= (position - m_last) / m_camera.scale;
    } else if (m_tool == Tool::Lasso) {
        if (m_drawn.isEmpty()) m_drawn << m_pressed;
        m_drawn << position;
    } else {
        m_drawn = QPolygonF(QRectF(m_pressed, position).normalized());
    }
    m_last = position;
    update();
}

void ScatterView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != m_button) return;
    const bool clicked = QLineF(m_pressed, event->position()).length() < kClick, moved = m_moves,
               left = m_button == Qt::LeftButton;
    const QPolygonF area = std::exchange(m_drawn, {});
    m_button = Qt::NoButton;
    m_moves = false;
    setCursor(m_tool == Tool::Move ? Qt::OpenHandCursor : Qt::CrossCursor);
    const Mark mark = markOf(event->modifiers());
    if (clicked && left) {
        const int sample = sampleAt(event->position());
        std::vector<int> samples = mark == Mark::Replace ? std::vector<int>{} : m_selection;
        if (mark == Mark::Remove) std::erase(samples, sample);
        else if (sample >= 0) samples.push_back(sample);
        select(std::move(samples));
        if (sample >= 0) Q_EMIT sampleActivated(sample);
    } else if (!moved && area.size() > 2) {
        markInside(area, mark);
    }
    update();
}

void ScatterView::leaveEvent(QEvent* event)
{
    setHovered(-1);
    QWidget::leaveEvent(event);
}

void ScatterView::keyPressEvent(QKeyEvent* event)
{
    const double move = kMoveShare * std::min(width(), height()) / m_camera.scale;
    const auto shift = [&](double x, double y) {
        m_follows = false;
        m_camera.centre += QPointF(x, y);
        update();
    };
    const auto zoom = [&](double factor) {
        m_follows = false;
        m_camera.zoom(factor, QPointF(width() / 2.0, height() / 2.0), QSizeF(size()));
        update();
    };
    if (event->matches(QKeySequence::SelectAll)) return selectAll();
    if (event->matches(QKeySequence::Copy)) return copyImage();
    switch (event->key()) {
        case Qt::Key_Left: return shift(-move, 0);
        case Qt::Key_Right: return shift(move, 0);
        case Qt::Key_Up: return shift(0, -move);
        case Qt::Key_Down: return shift(0, move);
        case Qt::Key_Plus:
        case Qt::Key_Equal: return zoom(kZoomStep);
        case Qt::Key_Minus: return zoom(1 / kZoomStep);
        case Qt::Key_Home: return fit();
        case Qt::Key_M: return setTool(Tool::Move);
        case Qt::Key_B: return setTool(Tool::Box);
        case Qt::Key_L: return setTool(Tool::Lasso);
        case Qt::Key_I: return toggleIsolation();
        case Qt::Key_Escape:
            if (m_selection.empty() && !isIsolated()) break;
            m_isolated.clear();
            clearSelection();
            return update();
        default: break;
    }
    QWidget::keyPressEvent(event);
}

void ScatterView::copyImage()
{
    QApplication::clipboard()->setImage(picture(2));
    Q_EMIT message(tr("The picture is in the clipboard."));
}

}  // namespace selfsight
