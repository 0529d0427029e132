#include "widgets/time_slider.h"

#include <QHBoxLayout>
#include <QHelpEvent>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "widgets/icons.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr int kFilmMilliseconds = 8'000;  // a whole run
constexpr int kFastestPicture = 33, kSlowestPicture = 500;
constexpr double kNearPixels = 5;

QString stepText(qint64 step)
{
    return TimeSlider::tr("step %1").arg(QLocale().toString(step));
}

}  // namespace

TimeTrack::TimeTrack(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Step shown"));
}

void TimeTrack::setLast(qint64 last)
{
    if (last == m_last) return;
    if (last < m_last && m_chosen) choose(std::nullopt);
    m_last = last;
    update();
}

void TimeTrack::setMoments(std::vector<qint64> steps)
{
    m_moments = std::move(steps);
    update();
}

void TimeTrack::setBookmarks(std::vector<Bookmark> bookmarks)
{
    m_bookmarks = std::move(bookmarks);
    std::sort(m_bookmarks.begin(), m_bookmarks.end(), [](const Bookmark& a, const Bookmark& b) { return a.step < b.step; });
    update();
}

void TimeTrack::choose(std::optional<qint64> step)
{
    if (step) step = std::clamp<qint64>(*step, 0, m_last);
    if (step == m_chosen) return;
    m_chosen = step;
    setAccessibleDescription(step ? stepText(*step) : tr("newest"));
    update();
    Q_EMIT chosenChanged();
}

qint64 TimeTrack::momentAfter(qint64 step) const
{
    const auto next = std::upper_bound(m_moments.begin(), m_moments.end(), step);
    return next == m_moments.end() ? m_last : *next;
}

qint64 TimeTrack::momentBefore(qint64 step) const
{
    const auto next = std::lower_bound(m_moments.begin(), m_moments.end(), step);
    return next == m_moments.begin() ? 0 : *std::prev(next);
}

QSize TimeTrack::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, fontMetrics().height() * 3 / 2};
}

QSize TimeTrack::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 12, sizeHint().height()};
}

double TimeTrack::xOf(qint64 step) const
{
    const double side = fontMetrics().averageCharWidth();
    return side + (width() - 2 * side) * static_cast<double>(step) / static_cast<double>(std::max<qint64>(m_last, 1));
}

qint64 TimeTrack::stepAt(double x) const
{
    const double side = fontMetrics().averageCharWidth();
    const double share = (x - side) / std::max(1.0, width() - 2 * side);
    return std::clamp<qint64>(std::llround(share * static_cast<double>(m_last)), 0, m_last);
}

void TimeTrack::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double middle = height() / 2.0;
    QColor groove = palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText);
    groove.setAlpha(90);
    painter.setPen(QPen(groove, 2));
    painter.drawLine(QPointF(xOf(0), middle), QPointF(xOf(m_last), middle));
    if (m_last == 0) return;
    painter.setPen(QPen(groove, 1));
    for (const qint64 step : m_moments)
        if (step <= m_last) painter.drawLine(QPointF(xOf(step), middle - 4), QPointF(xOf(step), middle + 4));
    painter.setPen(Qt::NoPen);
    painter.setBrush(toneColour(Tone::Warning, palette()));
    for (const Bookmark& bookmark : m_bookmarks) {
        const double x = xOf(bookmark.step);
        painter.drawPolygon(QPolygonF({{x - 4, 1}, {x + 4, 1}, {x + 4, middle - 2}, {x, middle - 6}, {x - 4, middle - 2}}));
    }
    const double x = xOf(m_chosen.value_or(m_last));
    painter.setBrush(palette().color(hasFocus() ? QPalette::Highlight : QPalette::WindowText));
    painter.drawEllipse(QPointF(x, middle), m_chosen ? 6 : 4, m_chosen ? 6 : 4);
}

void TimeTrack::take(double x)
{
    // The right end is "now": a run that grows stays followed.
    const qint64 step = stepAt(x);
    choose(step >= m_last ? std::nullopt : std::optional(step));
}

void TimeTrack::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && m_last > 0) take(event->position().x());
}

void TimeTrack::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton && m_last > 0) take(event->position().x());
}

void TimeTrack::keyPressEvent(QKeyEvent* event)
{
    const qint64 step = m_chosen.value_or(m_last);
    const bool single = event->modifiers() & Qt::ShiftModifier;
    const auto go = [this](qint64 wanted) { choose(wanted >= m_last ? std::nullopt : std::optional(wanted)); };
    switch (event->key()) {
        case Qt::Key_Left: return go(single ? step - 1 : momentBefore(step));
        case Qt::Key_Right: return go(single ? step + 1 : momentAfter(step));
        case Qt::Key_Home: return go(0);
        case Qt::Key_End: return go(m_last);
        case Qt::Key_B: return Q_EMIT bookmarkWanted(step);
        default: QWidget::keyPressEvent(event);
    }
}

/// From the keyboard it is about the step shown, with the mouse about the one under it.
void TimeTrack::contextMenuEvent(QContextMenuEvent* event)
{
    if (m_last == 0) return;
    const bool byMouse = event->reason() == QContextMenuEvent::Mouse;
    const qint64 step = byMouse ? stepAt(event->pos().x()) : m_chosen.value_or(m_last);
    QMenu menu;
    menu.addAction(tr("Branch here (%1)…").arg(stepText(step)), this, [this, step] { Q_EMIT branchWanted(step); });
    menu.addAction(tr("Bookmark…"), this, [this, step] { Q_EMIT bookmarkWanted(step); });
    menu.exec(event->globalPos());
}

bool TimeTrack::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || m_last == 0) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QString text = stepText(stepAt(help->pos().x()));
    for (const Bookmark& bookmark : m_bookmarks)
        if (std::abs(xOf(bookmark.step) - help->pos().x()) <= kNearPixels) text = stepText(bookmark.step) + ": " + bookmark.text;
    QToolTip::showText(help->globalPos(), text, this);
    return true;
}

TimeSlider::TimeSlider(QWidget* parent) : QWidget(parent), m_track(new TimeTrack)
{
    const auto button = [this](const QString& text, const QString& tip) {
        auto* tool = new QToolButton(this);
        tool->setText(text);
        tool->setToolTip(tip);
        tool->setAutoRaise(true);
        return tool;
    };
    m_play = button(tr("Film"), tr("Plays the run from the step shown to its end (Space)"));
    m_play->setIcon(icon("start"));
    m_play->setCheckable(true);
    m_now = button(tr("Newest"), tr("Shows what is newest, and follows the training (End)"));
    m_bookmark = button(tr("Bookmarks"), tr("Steps to find again; B sets one at the step shown"));
    m_bookmark->setPopupMode(QToolButton::InstantPopup);
    m_bookmark->setMenu(new QMenu(m_bookmark));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_play);
    row->addWidget(m_track, 1);
    row->addWidget(m_now);
    row->addWidget(m_bookmark);
    setFocusProxy(m_track);

    connect(m_play, &QToolButton::toggled, this, &TimeSlider::play);
    connect(m_now, &QToolButton::clicked, this, [this] { m_track->choose(std::nullopt); });
    connect(m_bookmark->menu(), &QMenu::aboutToShow, this, &TimeSlider::fillBookmarkMenu);
    connect(m_track, &TimeTrack::chosenChanged, this, &TimeSlider::showChosen);
    connect(m_track, &TimeTrack::bookmarkWanted, this, &TimeSlider::toggleBookmark);
    connect(m_track, &TimeTrack::branchWanted, this, &TimeSlider::branchRequested);
    connect(&m_film, &QTimer::timeout, this, &TimeSlider::advance);
    clear();
}

void TimeSlider::clear()
{
    play(false);
    m_track->choose(std::nullopt);
    m_track->setLast(0);
    m_track->setMoments({});
    m_track->setBookmarks({});
    showChosen();
}

void TimeSlider::setBookmarks(std::vector<Bookmark> bookmarks)
{
    m_track->setBookmarks(std::move(bookmarks));
}

void TimeSlider::showChosen()
{
    const auto chosen = m_track->chosen();
    m_now->setText(chosen ? stepText(*chosen) : tr("Newest"));
    if (chosen) Q_EMIT stepChosen(*chosen);
    else Q_EMIT newestChosen();
}

void TimeSlider::play(bool on)
{
    const QSignalBlocker quiet(m_play);
    m_play->setChecked(on);
    m_play->setIcon(icon(on ? "pause" : "start"));
    if (!on) return m_film.stop();
    if (m_track->last() == 0) return play(false);
    if (!m_track->chosen()) m_track->choose(0);  // from the end it begins anew
    const auto pictures = static_cast<int>(std::max<std::size_t>(m_track->moments().size(), 1));
    m_film.start(std::clamp(kFilmMilliseconds / pictures, kFastestPicture, kSlowestPicture));
}

void TimeSlider::advance()
{
    const qint64 next = m_track->momentAfter(m_track->chosen().value_or(m_track->last()));
    if (next < m_track->last()) return m_track->choose(next);
    m_track->choose(std::nullopt);
    play(false);
}

void TimeSlider::toggleBookmark(qint64 step)
{
    if (m_track->last() == 0) return;
    std::vector<Bookmark> bookmarks = m_track->bookmarks();
    if (std::erase_if(bookmarks, [step](const Bookmark& each) { return each.step == step; }) == 0) {
        bool wanted = false;
        const QString text = QInputDialog::getText(this, tr("Bookmark"), tr("What happens at %1?").arg(stepText(step)), QLineEdit::Normal, {}, &wanted);
        if (!wanted) return;
        bookmarks.push_back({step, text.trimmed()});
    }
    m_track->setBookmarks(std::move(bookmarks));
    Q_EMIT bookmarksEdited(m_track->bookmarks());
}

void TimeSlider::fillBookmarkMenu()
{
    QMenu* menu = m_bookmark->menu();
    menu->clear();
    const qint64 shown = m_track->chosen().value_or(m_track->last());
    const auto& all = m_track->bookmarks();
    const bool isMarked = std::any_of(all.begin(), all.end(), [shown](const Bookmark& each) { return each.step == shown; });
    menu->addAction(isMarked ? tr("Take the bookmark at %1 away").arg(stepText(shown)) : tr("Set a bookmark at %1…").arg(stepText(shown)), this,
                    [this, shown] { toggleBookmark(shown); });
    menu->addSeparator();
    for (const Bookmark& bookmark : all)
        menu->addAction(bookmark.text.isEmpty() ? stepText(bookmark.step) : stepText(bookmark.step) + "  " + bookmark.text, this,
                        [this, step = bookmark.step] { m_track->choose(step); });
}

void TimeSlider::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space && m_track->hasFocus()) return play(!m_film.isActive());
    QWidget::keyPressEvent(event);
}

}  // namespace selfsight
