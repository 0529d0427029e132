#include "app/window/lock_step_session.h"

#include <utility>

#include "app/window/session.h"
#include "core/train/lock_step.h"

namespace selfsight {

LockStepSession::LockStepSession(const Catalog& catalog, QObject* parent) : QObject(parent), m_catalog(catalog)
{
    connect(&m_timer, &QTimer::timeout, this, &LockStepSession::drain);
}

LockStepSession::~LockStepSession() = default;

void LockStepSession::start(const std::vector<Experiment>& experiments)
{
    if (!m_runs) return begin(experiments);
    m_next = experiments;
    stop();
}

void LockStepSession::begin(const std::vector<Experiment>& experiments)
{
    m_infos.assign(experiments.size(), nullptr);
    m_state = {};
    Q_EMIT started();
    m_runs = std::make_unique<LockStep>(m_catalog, experiments, kTrainingNiceness);
    m_timer.start(kDrainMilliseconds);
    report();
}

void LockStepSession::pause()
{
    if (!m_runs) return;
    m_runs->pause();
    report();
}

void LockStepSession::resume()
{
    if (!m_runs) return;
    m_runs->resume();
    report();
}

void LockStepSession::stepOnce()
{
    if (m_runs) m_runs->stepOnce();
}

void LockStepSession::stop()
{
    if (m_runs) m_runs->stop();
}

void LockStepSession::drain()
{
    const bool over = m_runs->isOver();  // before the last of it is drained
    bool news = over;
    for (std::size_t run = 0; run < m_runs->size(); ++run) {
        const RunUpdate update = m_runs->drain(run);
        news = news || !update.empty();
        if (update.info) {
            m_infos[run] = update.info;
            Q_EMIT infoArrived(run, update.info);
        }
        if (!update.steps.empty()) Q_EMIT stepsArrived(run, update.steps);
        for (const auto& snapshot : update.snapshots) Q_EMIT snapshotArrived(run, snapshot);
    }
    if (news) report();
    if (!over) return;
    m_timer.stop();
    m_runs.reset();
    Q_EMIT ended();
    if (!m_next.empty() && !m_runs) begin(std::exchange(m_next, {}));
}

void LockStepSession::report()
{
    m_state = m_runs->state();
    Q_EMIT stateChanged(m_state);
}

}  // namespace selfsight
