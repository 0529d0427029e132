#include "app/window/run_time.h"

#include <cmath>
#include <limits>
#include <map>

#include "app/window/panels.h"
#include "core/runs/run_summary.h"
#include "widgets/collapse_meter.h"
#include "widgets/curve_plot.h"
#include "widgets/embedding_view.h"
#include "widgets/result_view.h"

namespace selfsight {

RunTime::RunTime(Session& session, Panels& panels, TimeSlider& slider, QObject* parent)
    : QObject(parent), m_session(session), m_panels(panels), m_slider(slider)
{
    connect(&session, &Session::runOpened, this, &RunTime::begin);
    connect(&session, &Session::pastArrived, this, [this](const std::shared_ptr<const StepTable>& past) { reach(past->step.back()); });
    connect(&session, &Session::stepsArrived, this, [this](const std::vector<StepRecord>& steps) { reach(steps.back().step); });
    connect(&session, &Session::snapshotArrived, this, &RunTime::take);
    connect(&slider, &TimeSlider::stepChosen, this, &RunTime::showStep);
    connect(&slider, &TimeSlider::newestChosen, this, &RunTime::showNewest);
    connect(&slider, &TimeSlider::bookmarksEdited, this, &RunTime::keepBookmarks);
}

void RunTime::begin(const QString& folder)
{
    m_folder = folder;
    m_snapshots.clear();
    m_slider.clear();
    if (folder.isEmpty()) return;
    try {
        std::vector<Bookmark> bookmarks;
        for (const RunNotes::Bookmark& mark : readRunNotes(folder.toStdString()).bookmarks)
            bookmarks.push_back({mark.step, QString::fromStdString(mark.text)});
        m_slider.setBookmarks(std::move(bookmarks));
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
}

void RunTime::reach(qint64 step)
{
    m_slider.track().setLast(std::max(step, m_slider.track().last()));
}

void RunTime::take(const std::shared_ptr<const Snapshot>& snapshot)
{
    m_snapshots.push_back(snapshot);
    std::vector<qint64> moments;
    for (const auto& each : m_snapshots) moments.push_back(each->step);
    m_slider.track().setMoments(std::move(moments));
    reach(snapshot->step);
    if (const auto chosen = m_slider.track().chosen()) showFiguresOf(*chosen);  // the panel has shown the new one
}

void RunTime::showStep(qint64 step)
{
    for (CurvePlot* plot : m_panels.plots()) plot->showStep(static_cast<double>(step));
    m_panels.embedding->showStep(step);
    showFiguresOf(step);
}

void RunTime::showNewest()
{
    for (CurvePlot* plot : m_panels.plots()) plot->showStep(std::numeric_limits<double>::quiet_NaN());
    m_panels.embedding->showNewest();
    if (!m_snapshots.empty()) showFiguresOf(std::numeric_limits<qint64>::max());
}

/// The newest of each figure that was known at that step.
void RunTime::showFiguresOf(qint64 step)
{
    m_panels.result->clearFigures();
    m_panels.collapse->clear();
    for (const auto& snapshot : m_snapshots)
        if (snapshot->step <= step) {
            m_panels.result->showFigures(*snapshot);
            m_panels.collapse->showFigures(*snapshot);
        }
}

void RunTime::keepBookmarks(const std::vector<Bookmark>& bookmarks)
{
    if (m_folder.isEmpty()) return;
    try {
        RunNotes notes = readRunNotes(m_folder.toStdString());
        notes.bookmarks.clear();
        for (const Bookmark& mark : bookmarks) notes.bookmarks.push_back({mark.step, mark.text.toStdString()});
        writeRunNotes(m_folder.toStdString(), notes);
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
}

}  // namespace selfsight
