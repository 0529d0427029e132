#include "widgets/attention_grid.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace selfsight {

namespace {

constexpr double kLeastSide = 6;       // of a picture, in heights of the font: below it cells are scrolled to
constexpr double kMostOnSheet = 4096;  // pixels across of a sheet's pictures together

/// Dark under light: seen on any picture.
void outline(QPainter& painter, const QRectF& area, bool strong)
{
    painter.setPen(QPen(Qt::black, strong ? 4 : 2));
    painter.drawRect(area);
    painter.setPen(QPen(Qt::white, strong ? 2 : 1));
    painter.drawRect(area);
}

}  // namespace

AttentionGrid::AttentionGrid(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Window);
    setAccessibleName(tr("What each head looks at"));
}

void AttentionGrid::showCells(std::vector<AttentionCell> cells)
{
    const bool isAnew = m_cells.empty();
    m_cells = std::move(cells);
    m_current = m_cells.empty() ? -1 : std::clamp(isAnew ? 0 : m_current, 0, count() - 1);
    m_enlarged = m_enlarged && !m_cells.empty();
    arrange();
    describe();
}

void AttentionGrid::showQuery(QSize patches, qint64 query)
{
    m_patches = patches;
    m_query = query;
    viewport()->update();
}

const AttentionCell* AttentionGrid::cell(int index) const
{
    return index >= 0 && index < count() ? &m_cells[static_cast<std::size_t>(index)] : nullptr;
}

AttentionGrid::Arrangement AttentionGrid::arranged(QSizeF area) const
{
    Arrangement best;
    if (m_cells.empty()) return best;
    const double font = fontMetrics().height(), gap = font / 2;
    int lines = 1;
    QSizeF shape(1, 1);
    for (const AttentionCell& each : m_cells) {
        if (!each.caption.isEmpty()) lines = std::max(lines, 2 + static_cast<int>(each.caption.count('\n')));
        if (!each.picture.isNull()) shape = each.picture.size();
    }
    const double text = lines * font + gap / 2, aspect = shape.height() / shape.width();
    const int shown = m_enlarged ? 1 : count();
    double width = 0;
    for (int columns = 1; columns <= shown; ++columns) {
        const int rows = (shown + columns - 1) / columns;
        const double wide = (area.width() - (columns + 1) * gap) / columns;
        const double high = (area.height() - (rows + 1) * gap) / rows - text;
        const double fits = std::min(wide, high / aspect);
        if (fits <= width) continue;
        width = fits;
        best.columns = columns;
    }
    if (const double least = kLeastSide * font; !m_enlarged && width < least) {
        best.columns = std::max(1, static_cast<int>((area.width() - gap) / (least + gap)));
        width = std::min(least, area.width() - 2 * gap);
    }
    best.rows = (shown + best.columns - 1) / best.columns;
    best.picture = QSizeF(width, width * aspect);
    best.text = text;
    best.step = best.picture + QSizeF(gap, text + gap);
    best.height = best.rows * best.step.height() + gap;
    const double used = best.columns * best.step.width() + gap;
    best.origin = QPointF(gap + std::max(0.0, (area.width() - used) / 2), gap + std::max(0.0, (area.height() - best.height) / 2));
    return best;
}

void AttentionGrid::arrange()
{
    m_arrangement = arranged(viewport()->size());
    const int beyond = static_cast<int>(std::ceil(m_arrangement.height)) - viewport()->height();
    verticalScrollBar()->setRange(0, std::max(0, beyond));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(fontMetrics().height());
    viewport()->update();
}

QRectF AttentionGrid::placeOf(const Arrangement& arrangement, int index) const
{
    const int place = m_enlarged ? 0 : index;
    const QPointF at(arrangement.origin.x() + place % arrangement.columns * arrangement.step.width(),
                     arrangement.origin.y() + place / arrangement.columns * arrangement.step.height());
    return QRectF(at, arrangement.picture);
}

QRectF AttentionGrid::pictureRect(int index) const
{
    if (!cell(index) || (m_enlarged && index != m_current)) return {};
    return placeOf(m_arrangement, index).translated(0, -verticalScrollBar()->value());
}

int AttentionGrid::cellAt(QPointF position) const
{
    for (int i = 0; i < count(); ++i)
        if (pictureRect(i).adjusted(0, 0, 0, m_arrangement.text).contains(position)) return i;
    return -1;
}

std::optional<QPoint> AttentionGrid::patchAt(int index, QPointF position) const
{
    const QRectF area = pictureRect(index);
    if (m_patches.isEmpty() || !area.contains(position)) return {};
    const auto along = [](double share, int patches) { return std::clamp(static_cast<int>(share * patches), 0, patches - 1); };
    return QPoint(along((position.x() - area.left()) / area.width(), m_patches.width()),
                  along((position.y() - area.top()) / area.height(), m_patches.height()));
}

QRectF AttentionGrid::patchRect(QRectF picture, QPoint patch) const
{
    const double wide = picture.width() / m_patches.width(), high = picture.height() / m_patches.height();
    return QRectF(picture.left() + patch.x() * wide, picture.top() + patch.y() * high, wide, high);
}

QString AttentionGrid::readout(int index, QPoint patch) const
{
    const AttentionCell* found = cell(index);
    if (!found) return {};
    const QString place = tr("%1, patch in row %2, column %3").arg(found->title).arg(patch.y() + 1).arg(patch.x() + 1);
    const FloatMap& map = found->values;
    if (patch.x() >= map.width || patch.y() >= map.height) return found->isInput ? tr("%1: click it to see what it looks at").arg(place) : place;
    const float share = map.values[static_cast<std::size_t>(patch.y() * map.width + patch.x())];
    return tr("%1: %2 % of the attention").arg(place, locale().toString(100.0 * static_cast<double>(share), 'g', 3));
}

void AttentionGrid::paintCell(QPainter& painter, int index, QRectF picture, bool withFocus) const
{
    const AttentionCell& shown = *cell(index);
    if (!shown.picture.isNull()) {
        // Few pixels are meant to be seen as pixels; many are averaged.
        const double ratio = painter.device()->devicePixelRatioF();
        painter.setRenderHint(QPainter::SmoothPixmapTransform, shown.picture.width() > picture.width() * ratio);
        painter.drawImage(picture, shown.picture);
    }
    painter.setBrush(Qt::NoBrush);
    if (!m_patches.isEmpty()) {
        if (m_query >= 0)
            outline(painter, patchRect(picture, QPoint(static_cast<int>(m_query) % m_patches.width(), static_cast<int>(m_query) / m_patches.width())), shown.isInput);
        if (m_hovered && withFocus) outline(painter, patchRect(picture, *m_hovered), false);
    }
    const bool isCurrent = withFocus && index == m_current;
    painter.setPen(isCurrent && hasFocus() ? QPen(palette().color(QPalette::Highlight), 3) : QPen(palette().color(QPalette::Mid), 1));
    painter.drawRect(picture.adjusted(-1, -1, 1, 1));

    QRectF text(picture.left(), picture.bottom() + 2, picture.width(), fontMetrics().height());
    const QFont plain = painter.font();
    QFont bold = plain;
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(bold).elidedText(shown.title, Qt::ElideRight, static_cast<int>(text.width())));
    painter.setFont(plain);
    for (const QString& line : shown.caption.split('\n', Qt::SkipEmptyParts)) {
        text.translate(0, fontMetrics().height());
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, fontMetrics().elidedText(line, Qt::ElideRight, static_cast<int>(text.width())));
    }
}

void AttentionGrid::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    painter.setFont(font());
    for (int i = 0; i < count(); ++i) {
        const QRectF place = pictureRect(i);
        const QRectF all = place.adjusted(-4, -4, 4, m_arrangement.text + 4);
        if (!place.isEmpty() && all.intersects(event->rect())) paintCell(painter, i, place, true);
    }
}

QImage AttentionGrid::sheet() const
{
    if (m_cells.empty()) return {};
    const Arrangement& how = m_arrangement;
    double scale = 2;
    for (const AttentionCell& each : m_cells) scale = std::max(scale, each.picture.width() / std::max(1.0, how.picture.width()));
    scale = std::clamp(kMostOnSheet / (how.columns * how.step.width()), 1.0, scale);
    const double gap = how.step.width() - how.picture.width();
    const QPointF corner(how.origin.x() - gap, how.origin.y() - gap);
    const QSizeF size(how.columns * how.step.width() + gap, how.height);
    QImage image((size * scale).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    image.fill(palette().color(QPalette::Window));
    QPainter painter(&image);
    painter.setFont(font());
    for (int i = 0; i < count(); ++i)
        if (!m_enlarged || i == m_current) paintCell(painter, i, placeOf(how, i).translated(-corner), false);
    return image;
}

void AttentionGrid::resizeEvent(QResizeEvent*)
{
    arrange();
}

void AttentionGrid::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) arrange();
}

void AttentionGrid::showHover(int index, std::optional<QPoint> patch)
{
    if (patch != m_hovered) viewport()->update();
    m_hovered = patch;
    Q_EMIT pointed(patch ? readout(index, *patch) : QString());
}

bool AttentionGrid::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave) showHover(-1, {});
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = cellAt(help->pos());
        if (const AttentionCell* found = cell(index)) {
            const auto patch = patchAt(index, help->pos());
            const QString what = patch ? readout(index, *patch) : found->title;
            QToolTip::showText(help->globalPos(), found->caption.isEmpty() ? what : what + '\n' + found->caption, this);
        } else QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void AttentionGrid::mouseMoveEvent(QMouseEvent* event)
{
    const int index = cellAt(event->position());
    const auto patch = patchAt(index, event->position());
    viewport()->setCursor(patch && cell(index)->isInput ? Qt::CrossCursor : Qt::ArrowCursor);
    showHover(index, patch);
}

void AttentionGrid::mousePressEvent(QMouseEvent* event)
{
    const int index = cellAt(event->position());
    if (index < 0) return;
    setCurrent(index);
    const auto patch = patchAt(index, event->position());
    if (event->button() == Qt::LeftButton && patch && cell(index)->isInput)
        Q_EMIT queryChosen(qint64{patch->y()} * m_patches.width() + patch->x());
}

void AttentionGrid::mouseDoubleClickEvent(QMouseEvent* event)
{
    const int index = cellAt(event->position());
    if (event->button() == Qt::LeftButton && index >= 0 && !cell(index)->isInput) enlarge(!m_enlarged);
}

void AttentionGrid::enlarge(bool on)
{
    if (m_current < 0) return;
    m_enlarged = on;
    arrange();
}

void AttentionGrid::setCurrent(int index)
{
    if (!cell(index) || index == m_current) return;
    m_current = index;
    if (m_enlarged) arrange();
    else if (const QRectF place = pictureRect(index).adjusted(0, 0, 0, m_arrangement.text); place.top() < 0)
        verticalScrollBar()->setValue(verticalScrollBar()->value() + static_cast<int>(place.top()) - fontMetrics().height() / 2);
    else if (place.bottom() > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + static_cast<int>(place.bottom()) - viewport()->height() + fontMetrics().height() / 2);
    describe();
    viewport()->update();
    Q_EMIT currentChanged();
}

/// What a screen reader says of it.
void AttentionGrid::describe()
{
    const AttentionCell* shown = cell(m_current);
    if (!shown) return setAccessibleDescription(tr("nothing yet"));
    const QString words = QStringList({shown->title, QString(shown->caption).replace('\n', ", ")}).join(", ");
    setAccessibleDescription(tr("%1 of %2: %3").arg(m_current + 1).arg(count()).arg(words));
}

bool AttentionGrid::moveQuery(int key)
{
    if (m_patches.isEmpty()) return false;
    const int across = m_patches.width(), down = m_patches.height();
    QPoint patch = m_query < 0 ? QPoint(across / 2, down / 2) : QPoint(static_cast<int>(m_query) % across, static_cast<int>(m_query) / across);
    if (m_query >= 0)
        patch += key == Qt::Key_Left ? QPoint(-1, 0) : key == Qt::Key_Right ? QPoint(1, 0) : key == Qt::Key_Up ? QPoint(0, -1) : QPoint(0, 1);
    if (patch.x() < 0 || patch.y() < 0 || patch.x() >= across || patch.y() >= down) return true;
    Q_EMIT queryChosen(qint64{patch.y()} * across + patch.x());
    return true;
}

void AttentionGrid::keyPressEvent(QKeyEvent* event)
{
    const int key = event->key();
    const bool isArrow = key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
    if (isArrow && event->modifiers() == Qt::ShiftModifier && moveQuery(key)) return;
    switch (key) {
        case Qt::Key_Left: return setCurrent(m_current - 1);
        case Qt::Key_Right: return setCurrent(m_current + 1);
        case Qt::Key_Up: return setCurrent(m_current - (m_enlarged ? 1 : m_arrangement.columns));
        case Qt::Key_Down: return setCurrent(m_current + (m_enlarged ? 1 : m_arrangement.columns));
        case Qt::Key_Home: return setCurrent(0);
        case Qt::Key_End: return setCurrent(count() - 1);
        case Qt::Key_Return:
        case Qt::Key_Enter: return enlarge(!m_enlarged);
        case Qt::Key_Escape:
            if (m_enlarged) return enlarge(false);
            if (m_query >= 0) return Q_EMIT queryChosen(-1);
            break;
        default: break;
    }
    event->ignore();
}

void AttentionGrid::contextMenuEvent(QContextMenuEvent* event)
{
    if (event->reason() == QContextMenuEvent::Mouse) setCurrent(cellAt(event->pos()));
    Q_EMIT menuRequested(event->reason() == QContextMenuEvent::Mouse ? event->globalPos()
                                                                    : viewport()->mapToGlobal(pictureRect(m_current).center().toPoint()));
}

void AttentionGrid::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void AttentionGrid::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

QSize AttentionGrid::sizeHint() const
{
    return QSize(30, 20) * fontMetrics().height();
}

QSize AttentionGrid::minimumSizeHint() const
{
    return QSize(8, 9) * fontMetrics().height();
}

}  // namespace selfsight
