#include "app/window/sweep_session.h"

#include <QDir>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/runs/sweep_runs.h"
#include "core/train/stored_run.h"

namespace selfsight {

namespace {

constexpr int kLookMilliseconds = 2000;
constexpr double kShownProgress = 0.01;  // smaller news are not told

}  // namespace

SweepSession::SweepSession(const Catalog& catalog, QObject* parent) : QObject(parent), m_catalog(catalog)
{
    connect(&m_timer, &QTimer::timeout, this, &SweepSession::look);
    connect(&m_session, &Session::stateChanged, this, &SweepSession::showProgress);
    connect(&m_session, &Session::trainingEnded, this, &SweepSession::finishPoint);
    connect(&m_session, &Session::snapshotArrived, this, &SweepSession::showSnapshot);
    // Queued: a run that cannot even begin says so from within start().
    connect(
        &m_session, &Session::failed, this,
        [this](const QString& sentence) {
            if (!isTraining()) return;
            Q_EMIT failed(sentence);
            current().state = PointState::Failed;
            finishPoint();
        },
        Qt::QueuedConnection);
}

void SweepSession::open(const Sweep& sweep, const QString& folder)
{
    if (isTraining()) throw Error(m_table.name, "this sweep is being trained", "Stop it, then open another one.");
    m_sweep = sweep;
    m_folder = folder;
    m_table = readSweepTable(sweep, folder.toStdString(), m_catalog);
    m_timer.start(kLookMilliseconds);
    Q_EMIT changed();
}

void SweepSession::start()
{
    if (isTraining()) return;
    try {
        requireNobodyTrains(m_folder.toStdString());
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        return;
    }
    m_goingOn = true;
    look();  // nothing is trained twice
    startNext();
}

void SweepSession::stop()
{
    m_goingOn = false;
    m_session.stop();
}

void SweepSession::skip(int point)
{
    SweepTable::Point& entry = m_table.points.at(static_cast<std::size_t>(point));
    switch (entry.state) {
        case PointState::Waiting: entry.state = PointState::Skipped; break;
        case PointState::Skipped:
        case PointState::Failed: entry.state = PointState::Waiting; break;
        case PointState::Running:
            m_skipping = true;
            m_session.stop();
            break;
        case PointState::Finished: return;
    }
    Q_EMIT changed();
}

void SweepSession::startNext()
{
    const auto next = std::find_if(m_table.points.begin(), m_table.points.end(),
                                   [](const auto& point) { return point.state == PointState::Waiting; });
    if (!m_goingOn || next == m_table.points.end()) {
        m_goingOn = false;
        m_current = -1;
        Q_EMIT changed();
        Q_EMIT ended();
        return;
    }
    m_current = static_cast<int>(next - m_table.points.begin());
    const SweepPoint& point = m_sweep.points[static_cast<std::size_t>(m_current)];
    std::optional<std::filesystem::path> cut;  // goes on
    try {
        QDir().mkpath(m_folder);
        cut = unfinishedRun(point, m_folder.toStdString(), m_catalog);
        next->folder = cut ? cut->string() : freeFolder((m_folder + '/' + QString::fromStdString(point.folder)).toStdString()).string();
    } catch (const std::exception& error) {
        m_current = -1;
        m_goingOn = false;
        Q_EMIT failed(QString::fromUtf8(error.what()));
        Q_EMIT ended();
        return;
    }
    next->state = PointState::Running;
    next->progress = 0;
    next->knnNow.reset();
    m_skipping = false;
    m_clock.start();
    Q_EMIT changed();
    if (cut) return m_session.resumeRun(QString::fromStdString(next->folder));
    m_session.start(
        {.experiment = point.experiment, .folder = QString::fromStdString(next->folder), .steps = {}, .evaluateAtEnd = true});
}

void SweepSession::showProgress(const RunState& state)
{
    if (!isTraining()) return;
    SweepTable::Point& point = current();
    if (isOver(state.phase)) {
        point.result = state.phase == RunPhase::Finished ? state.result : std::nullopt;
        point.state = state.phase == RunPhase::Finished ? PointState::Finished
                      : state.phase == RunPhase::Failed ? PointState::Failed
                                                        : PointState::Waiting;
        if (state.phase == RunPhase::Failed) Q_EMIT failed(QString::fromStdString(point.name + ": " + state.activity));
        return;
    }
    const RunInfo* info = m_session.info();
    const double progress =
        info && info->totalSteps > 0 ? static_cast<double>(state.step) / static_cast<double>(info->totalSteps) : 0;
    if (progress < point.progress + kShownProgress) return;
    point.progress = progress;
    Q_EMIT changed();
}

void SweepSession::showSnapshot(const std::shared_ptr<const Snapshot>& snapshot)
{
    if (!isTraining()) return;
    for (const ProbeFigure& figure : snapshot->figures)
        if (figure.name == "knn.top1") current().knnNow = figure.value;
    Q_EMIT changed();
}

void SweepSession::finishPoint()
{
    SweepTable::Point& point = current();
    if (m_skipping && point.state == PointState::Waiting) point.state = PointState::Skipped;
    if (point.state == PointState::Finished) point.seconds = static_cast<double>(m_clock.elapsed()) / 1000;
    try {
        writeSweepTables(m_table, m_folder.toStdString());
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
    startNext();
}

/// What waits here may have been finished by `selfsight-cli sweep`.
void SweepSession::look()
{
    if (isTraining()) return;
    bool news = false;
    for (std::size_t i = 0; i < m_table.points.size(); ++i)
        if (m_table.points[i].state == PointState::Waiting)
            news = takeFinishedRun(m_table.points[i], m_sweep.points[i], m_folder.toStdString(), m_catalog) || news;
    if (news) Q_EMIT changed();
}

}  // namespace selfsight
