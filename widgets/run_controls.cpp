#include "widgets/run_controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "widgets/duration_text.h"
#include "widgets/icons.h"

namespace selfsight {

RunControls::RunControls(QWidget* parent) : QWidget(parent)
{
    const auto action = [this](const char* name, const QString& text, const QKeySequence& key, auto wish) {
        auto* made = new QAction(icon(name), text, this);
        made->setObjectName(name);
        made->setShortcut(key);
        connect(made, &QAction::triggered, this, wish);
        return made;
    };
    m_start = action("start", tr("Start"), Qt::Key_F5, &RunControls::startRequested);
    m_pause = action("pause", tr("Pause"), Qt::Key_F6, [this] {
        if (m_paused) Q_EMIT resumeRequested();
        else Q_EMIT pauseRequested();
    });
    m_step = action("step", tr("Step"), Qt::Key_F10, &RunControls::stepRequested);
    m_stop = action("stop", tr("Stop"), Qt::SHIFT | Qt::Key_F5, &RunControls::stopRequested);
    const auto explain = [](QAction* on, const QString& text) {
        on->setToolTip(tr("%1 (%2)").arg(text, on->shortcut().toString(QKeySequence::NativeText)));
    };
    explain(m_start, tr("Train with the values shown"));
    explain(m_pause, tr("Pause after this step, or go on"));
    explain(m_step, tr("Do one step and pause again"));
    explain(m_stop, tr("Finish this step, save and stop"));

    auto* buttons = new QHBoxLayout;
    for (QAction* each : {m_start, m_pause, m_step, m_stop}) {
        auto* button = new QToolButton;
        button->setDefaultAction(each);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::StrongFocus);
        buttons->addWidget(button);
        if (each == m_start) setFocusProxy(button);
    }
    m_progress = new QProgressBar;
    m_progress->setObjectName("progress");
    m_progress->setAccessibleName(tr("Progress of the run"));
    m_progress->setRange(0, 1);
    buttons->addWidget(m_progress, 1);

    m_activity = new QLabel;
    m_activity->setObjectName("activity");
    m_activity->setWordWrap(true);
    m_figures = new QLabel;
    m_figures->setObjectName("figures");
    m_figures->setForegroundRole(QPalette::PlaceholderText);
    m_figures->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* texts = new QHBoxLayout;
    texts->addWidget(m_activity, 1);
    texts->addWidget(m_figures);

    auto* all = new QVBoxLayout(this);
    all->addLayout(buttons);
    all->addLayout(texts);
    setIdle();
}

void RunControls::setIdle(const QString& text)
{
    enableFor(true, false, false, false);
    showPaused(false);
    m_progress->setRange(0, 1);
    m_progress->setValue(0);
    m_progress->setFormat({});
    m_activity->setText(text);
    m_figures->clear();
}

void RunControls::showState(const RunState& state, const RunInfo* info)
{
    const RunPhase phase = state.phase;
    const bool over = isOver(phase);
    const bool ours = !state.elsewhere;
    enableFor(over || !ours, ours && (phase == RunPhase::Running || phase == RunPhase::Paused), ours && phase == RunPhase::Paused, !over);
    showPaused(phase == RunPhase::Paused);

    const QLocale locale;
    const qint64 total = info ? info->totalSteps : 0;
    // A range of nothing shows as busy: how far it is isn't known yet.
    const bool busy = phase == RunPhase::Preparing || (total == 0 && !over);
    const double share = total > 0 ? std::min(static_cast<double>(state.step) / static_cast<double>(total), 1.0) : 0;
    m_progress->setRange(0, busy ? 0 : 1000);
    m_progress->setValue(busy ? 0 : static_cast<int>(share * 1000));
    m_progress->setFormat(
        total > 0 ? tr("step %1 of %2").arg(locale.toString(static_cast<qlonglong>(state.step)), locale.toString(total))
                  : tr("step %1").arg(locale.toString(static_cast<qlonglong>(state.step))));

    m_activity->setText(activityText(state, !info || !info->folder.empty()));
    QStringList figures;
    if (state.imagesPerSecond > 0) figures << tr("%1 images/s").arg(locale.toString(state.imagesPerSecond, 'f', 0));
    if (state.etaSeconds >= 0 && !over) figures << tr("%1 left").arg(durationText(state.etaSeconds));
    if (state.memoryBytes > 0)
        figures << tr("%1 memory").arg(locale.formattedDataSize(state.memoryBytes, 1, QLocale::DataSizeTraditionalFormat));
    if (const auto& device = state.deviceMemory)
        figures << tr("GPU %1 of %2").arg(locale.formattedDataSize(device->usedBytes, 1, QLocale::DataSizeTraditionalFormat),
                                          locale.formattedDataSize(device->totalBytes, 0, QLocale::DataSizeTraditionalFormat));
    if (info && !info->device.empty()) figures << QString::fromStdString(info->device);
    m_figures->setText(figures.join(QStringLiteral(" · ")));
}

QString RunControls::activityText(const RunState& state, bool kept) const
{
    QString activity = QString::fromStdString(state.activity);
    if (!activity.isEmpty() && state.phase != RunPhase::Failed) activity[0] = activity[0].toUpper();
    switch (state.phase) {
        case RunPhase::Preparing: return activity.isEmpty() ? tr("Preparing") : activity;
        case RunPhase::Running: return activity.isEmpty() ? tr("Training") : activity;
        case RunPhase::Paused: return tr("Paused");
        case RunPhase::Evaluating: return activity.isEmpty() ? tr("Evaluating") : activity;
        case RunPhase::Finished: return tr("Finished");
        case RunPhase::Stopped: return kept ? tr("Stopped and saved") : tr("Stopped");
        case RunPhase::Failed: return tr("Failed: %1").arg(activity);
    }
    return activity;
}

void RunControls::enableFor(bool start, bool pause, bool step, bool stop)
{
    m_start->setEnabled(start);
    m_pause->setEnabled(pause);
    m_step->setEnabled(step);
    m_stop->setEnabled(stop);
}

void RunControls::showPaused(bool paused)
{
    if (paused == m_paused) return;
    m_paused = paused;
    m_pause->setText(paused ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(paused ? "start" : "pause"));
}

}  // namespace selfsight
