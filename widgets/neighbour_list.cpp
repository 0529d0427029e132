#include "widgets/neighbour_list.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

#include "widgets/theme.h"

namespace selfsight {

NeighbourList::NeighbourList(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Nearest images"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
}

void NeighbourList::showSet(std::shared_ptr<const ProbeSet> set)
{
    m_set = std::move(set);
    showNeighbours(-1, nullptr, nullptr);
}

void NeighbourList::showNeighbours(int sample, std::shared_ptr<const EmbeddingFrame> frame,
                                   std::shared_ptr<const EmbeddingFrame> earlier)
{
    if (sample != m_sample) m_current = 0;
    m_sample = m_set && frame ? sample : -1;
    m_frames[0] = std::move(frame);
    m_frames[1] = std::move(earlier);
    if (m_sample >= 0)
        setAccessibleDescription(tr("of %1").arg(QString::fromStdString(m_set->names[static_cast<std::size_t>(m_sample)])));
    updateGeometry();
    update();
}

std::vector<int> NeighbourList::neighbours(int column) const
{
    const auto& frame = m_frames[column];
    if (m_sample < 0 || !frame || frame->neighbours == 0 || frame->nearest.empty()) return {};
    const auto first = frame->nearest.begin() + m_sample * frame->neighbours;
    return {first, first + frame->neighbours};
}

int NeighbourList::lines() const
{
    return static_cast<int>(std::max(neighbours(0).size(), neighbours(1).size()));
}

int NeighbourList::lineHeight() const
{
    return fontMetrics().height() * 5 / 2;
}

int NeighbourList::headHeight() const
{
    return fontMetrics().height() * 4;
}

QSize NeighbourList::sizeHint() const
{
    return {fontMetrics().height() * 15, headHeight() + std::max(lines(), 3) * lineHeight()};
}

QSize NeighbourList::minimumSizeHint() const
{
    return {fontMetrics().height() * 9, headHeight() + lines() * lineHeight()};
}

QString NeighbourList::labelOf(int sample) const
{
    if (m_set->tables.empty()) return {};
    const ProbeSet::Table& table = m_set->tables[0];
    return QString::fromStdString(table.classes[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(sample)])]);
}

void NeighbourList::paintColumn(QPainter& painter, int column, const QRect& area) const
{
    const auto& frame = m_frames[column];
    const QFontMetrics metrics = fontMetrics();
    const int gap = metrics.height() / 4, line = lineHeight(), side = line - 2 * gap;
    const std::vector<int> near = neighbours(column);
    const std::vector<int> others = neighbours(1 - column);
    painter.setPen(palette().color(QPalette::Text));
    const QString head = tr("step %1").arg(QLocale().toString(static_cast<qlonglong>(frame->step)));
    painter.drawText(QRect(area.left(), area.top() + headHeight() - metrics.height() - gap, area.width(), metrics.height()),
                     Qt::AlignLeft, head);
    if (near.empty()) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(QRect(area.left(), area.top() + headHeight(), area.width(), line), Qt::TextWordWrap,
                         tr("not known for this step"));
    }
    for (std::size_t i = 0; i < near.size(); ++i) {
        const int sample = near[i], top = area.top() + headHeight() + static_cast<int>(i) * line;
        const QRect row(area.left(), top, area.width(), line);
        if (column == 0 && hasFocus() && static_cast<int>(i) == m_current)
            painter.fillRect(row, palette().color(QPalette::AlternateBase));
        const QRect picture(row.left() + gap, row.top() + gap, side, side);
        if (const std::uint8_t* pixels = m_set->thumbnail(static_cast<std::size_t>(sample)))
            painter.drawImage(picture, QImage(pixels, m_set->side, m_set->side, 3 * m_set->side, QImage::Format_RGB888));
        const float similarity = frame->similarities[static_cast<std::size_t>(m_sample * frame->neighbours) + i];
        const int left = m_set->side > 0 ? picture.right() + 2 * gap : picture.left();
        const QRect text(left, row.top() + gap / 2, row.right() - left, metrics.height());
        const QString label = labelOf(sample), own = labelOf(m_sample);
        const bool differs = label != own, isNew = m_frames[1] && std::ranges::find(others, sample) == others.end();
        const QString name = label.isEmpty() ? QString::fromStdString(m_set->names[static_cast<std::size_t>(sample)])
                                             : (differs ? QStringLiteral("≠ ") : QString()) + label;
        painter.setPen(differs ? toneColour(Tone::Warning, palette()) : palette().color(QPalette::Text));
        QFont font = this->font();
        font.setBold(isNew && column == 0);
        painter.setFont(font);
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(name, Qt::ElideRight, text.width()));
        painter.setFont(this->font());
        const QString number = QLocale().toString(similarity, 'f', 3);
        const int numberWidth = metrics.horizontalAdvance(QStringLiteral("-0.000 "));
        const QRect below(left, text.bottom() + 1, row.right() - left, metrics.height());
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter, number);
        QRect bar(below.left() + numberWidth, below.center().y() - 2, std::max(below.width() - numberWidth - gap, 0), 4);
        painter.fillRect(bar, palette().color(QPalette::Mid));
        bar.setWidth(static_cast<int>(bar.width() * std::clamp(similarity, 0.0f, 1.0f)));
        painter.fillRect(bar, plotColour(0, palette()));
    }
}

void NeighbourList::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const QFontMetrics metrics = fontMetrics();
    if (m_sample < 0) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(4, 4, -4, -4), Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap,
                         tr("Click a point: its nearest images appear here."));
        return;
    }
    const int side = metrics.height() * 5 / 2;
    int left = 0;
    if (const std::uint8_t* pixels = m_set->thumbnail(static_cast<std::size_t>(m_sample))) {
        painter.drawImage(QRect(0, 0, side, side),
                          QImage(pixels, m_set->side, m_set->side, 3 * m_set->side, QImage::Format_RGB888));
        left = side + metrics.height() / 2;
    }
    painter.setPen(palette().color(QPalette::Text));
    const QString name = QString::fromStdString(m_set->names[static_cast<std::size_t>(m_sample)]);
    painter.drawText(QRect(left, 0, width() - left, metrics.height()), Qt::AlignLeft,
                     metrics.elidedText(name, Qt::ElideMiddle, width() - left));
    painter.drawText(QRect(left, metrics.height(), width() - left, metrics.height()), Qt::AlignLeft, labelOf(m_sample));
    const int wide = width() / columns();
    for (int column = 0; column < columns(); ++column)
        // The earlier step stands on the left.
        paintColumn(painter, column, QRect(columns() == 2 && column == 0 ? wide : 0, 0, wide - 4, height()));
}

void NeighbourList::mousePressEvent(QMouseEvent* event)
{
    const int line = (event->pos().y() - headHeight()) / lineHeight();
    const int column = columns() == 2 && event->pos().x() < width() / 2 ? 1 : 0;
    const std::vector<int> near = neighbours(column);
    if (event->pos().y() >= headHeight() && line >= 0 && line < static_cast<int>(near.size()))
        Q_EMIT sampleActivated(near[static_cast<std::size_t>(line)]);
}

void NeighbourList::keyPressEvent(QKeyEvent* event)
{
    const std::vector<int> near = neighbours(0);
    const int last = static_cast<int>(near.size()) - 1;
    if (event->key() == Qt::Key_Down) m_current = std::min(m_current + 1, std::max(last, 0));
    else if (event->key() == Qt::Key_Up) m_current = std::max(m_current - 1, 0);
    else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && m_current <= last)
        Q_EMIT sampleActivated(near[static_cast<std::size_t>(m_current)]);
    else return QWidget::keyPressEvent(event);
    update();
}

}  // namespace selfsight
