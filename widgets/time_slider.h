// One slider for all panels: which step of a run they show. At its right end they show what is newest.
#pragma once

#include <QString>
#include <QTimer>
#include <QWidget>

#include <optional>
#include <vector>

class QToolButton;

namespace selfsight {

/// A step that a user wants to find again.
struct Bookmark {
    qint64 step = 0;
    QString text;

    bool operator==(const Bookmark&) const = default;
};

/// The track: marks of snapshots and bookmarks, and the handle.
class TimeTrack : public QWidget
{
    Q_OBJECT

public:
    explicit TimeTrack(QWidget* parent = nullptr);

    /// Also forgets what was chosen when `last` is smaller than before.
    void setLast(qint64 last);
    void setMoments(std::vector<qint64> steps);  // ascending: where snapshots were taken
    void setBookmarks(std::vector<Bookmark> bookmarks);
    void choose(std::optional<qint64> step);  // absent: now

    qint64 last() const { return m_last; }
    std::optional<qint64> chosen() const { return m_chosen; }
    const std::vector<qint64>& moments() const { return m_moments; }
    const std::vector<Bookmark>& bookmarks() const { return m_bookmarks; }
    /// The moment after or before a step; `last` is one too.
    qint64 momentAfter(qint64 step) const;
    qint64 momentBefore(qint64 step) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosenChanged();
    void bookmarkWanted(qint64 step);  // set, or taken away where there is one
    void branchWanted(qint64 step);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    double xOf(qint64 step) const;
    qint64 stepAt(double x) const;
    void take(double x);

    qint64 m_last = 0;
    std::optional<qint64> m_chosen;
    std::vector<qint64> m_moments;
    std::vector<Bookmark> m_bookmarks;
};

/// Space plays the run from the chosen step to its end as a film, moment by moment; B sets a bookmark.
class TimeSlider : public QWidget
{
    Q_OBJECT

public:
    explicit TimeSlider(QWidget* parent = nullptr);

    TimeTrack& track() { return *m_track; }
    qint64 shownStep() const { return m_track->chosen().value_or(m_track->last()); }
    void setBookmarks(std::vector<Bookmark> bookmarks);
    void clear();

public Q_SLOTS:
    void play(bool on);

Q_SIGNALS:
    void stepChosen(qint64 step);
    void newestChosen();
    void branchRequested(qint64 step);
    void bookmarksEdited(const std::vector<selfsight::Bookmark>& bookmarks);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void showChosen();
    void advance();
    void toggleBookmark(qint64 step);
    void fillBookmarkMenu();

    TimeTrack* m_track;
    QToolButton *m_play, *m_now, *m_bookmark;
    QTimer m_film;
};

}  // namespace selfsight
