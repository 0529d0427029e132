// Start, pause, step, stop, and how far the run is.
#pragma once

#include <QWidget>

#include "core/record/run_info.h"
#include "core/record/run_state.h"

class QAction;
class QLabel;
class QProgressBar;

namespace selfsight {

/// The actions belong to this widget and are meant for the menu as well.
class RunControls : public QWidget
{
    Q_OBJECT

public:
    explicit RunControls(QWidget* parent = nullptr);

    QAction* startAction() const { return m_start; }  // F5
    QAction* pauseAction() const { return m_pause; }  // F6, also resumes
    QAction* stepAction() const { return m_step; }    // F10, while paused
    QAction* stopAction() const { return m_stop; }    // Shift+F5

public Q_SLOTS:
    /// `info` is nullptr until the run has told what it is.
    void showState(const selfsight::RunState& state, const selfsight::RunInfo* info);
    /// No run: only start is possible. `text` says what it would do.
    void setIdle(const QString& text = tr("No run. Start trains with the values shown."));

Q_SIGNALS:
    void startRequested();
    void pauseRequested();
    void resumeRequested();
    void stepRequested();
    void stopRequested();

private:
    void enableFor(bool start, bool pause, bool step, bool stop);
    void showPaused(bool paused);
    QString activityText(const RunState& state, bool kept) const;

    QAction* m_start;
    QAction* m_pause;
    QAction* m_step;
    QAction* m_stop;
    QProgressBar* m_progress;
    QLabel* m_activity;
    QLabel* m_figures;
    bool m_paused = false;
};

}  // namespace selfsight
