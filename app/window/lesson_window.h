// A lesson: what to know and what to look for on the left, both runs in the same plots on the right.
#pragma once

#include <QWidget>

#include "app/window/lock_step_session.h"
#include "app/window/panels.h"
#include "app/window/plot_clock.h"
#include "app/window/run_display.h"
#include "core/config/lesson.h"

class QPushButton;
class QTextBrowser;

namespace selfsight {

class Banner;
class RunControls;

/// Closing it stops the runs, of which nothing is kept, and then deletes it.
/// Lifetime: the catalog outlives the window.
class LessonWindow : public QWidget {
    Q_OBJECT

public:
    LessonWindow(const Lesson& lesson, const Catalog& catalog, QWidget* parent);
    ~LessonWindow() override;

    const Lesson& lesson() const { return m_lesson; }
    RunLook look(std::size_t run) const;
    LockStepSession& session() { return m_session; }
    Panels& panels() { return m_panels; }
    RunControls& controls() { return *m_controls; }
    QTextBrowser& text() { return *m_text; }

    /// Both runs from their first step on.
    void start();

public Q_SLOTS:
    void showError(const QString& sentence);
    void showMessage(const QString& sentence);

Q_SIGNALS:
    void tryRequested(const Experiment& experiment);  // the first run's, in the main window
    void helpRequested(const QString& page);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    QWidget* buildTextSide();
    QWidget* buildPlots();
    void showText();

    const Lesson m_lesson;
    LockStepSession m_session;
    Panels m_panels;
    PlotClock m_plotClock;
    Banner* m_banner;
    RunControls* m_controls;
    QTextBrowser* m_text;
    QPushButton* m_answer;  // checked: the text says what was seen
};

}  // namespace selfsight
