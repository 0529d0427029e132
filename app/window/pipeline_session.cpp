#include "app/window/pipeline_session.h"

#include <algorithm>
#include <utility>

#include "app/window/session.h"
#include "core/base/error.h"
#include "core/evaluate/feature_cache.h"
#include "core/train/machine.h"

namespace selfsight
{

PipelineSession::PipelineSession(const Catalog& catalog, Session& session, QObject* parent)
    : QObject(parent), m_catalog(catalog), m_session(session),
      m_job([this](const Found& found) { take(found); },
            [this](const QString& sentence) {
                finish(false);
                Q_EMIT failed(sentence);
            })
{
    connect(&session, &Session::stateChanged, this, [this](const RunState& state) {
        const RunInfo* info = m_session.info();
        if (m_trained >= 0 && info && info->totalSteps > 0) showProgress(static_cast<double>(state.step) / static_cast<double>(info->totalSteps));
    });
    connect(&session, &Session::trainingEnded, this, [this] {
        if (m_trained >= 0) lookOn(std::exchange(m_trained, -1));
    });
    connect(
        &session, &Session::failed, this,
        [this] {
            if (m_trained < 0 || m_session.isTraining()) return;
            m_trained = -1;
            finish(false);
        },
        Qt::QueuedConnection);
}

PipelineSession::~PipelineSession() = default;

void PipelineSession::start(const Experiment& experiment, const QString& folder)
{
    if (m_busy) return;
    m_experiment = experiment;
    m_wanted = folder;
    m_found = {};
    m_stopped = false;
    m_busy = true;
    Q_EMIT busyChanged(true);
    lookOn(-1);
}

void PipelineSession::stop()
{
    m_stopped = true;
    if (m_trained >= 0) m_session.stop();
}

void PipelineSession::lookOn(int justTrained)
{
    m_job.start([this, justTrained](const auto& isCancelled) { return look(isCancelled, justTrained); });
}

/// Measures what is trained, up to the first stage that is not. Thread: the job's.
PipelineSession::Found PipelineSession::look(const LatestJob<Found>::IsCancelled& isCancelled, int justTrained)
{
    const int threads = prepareComputeThread(0, kTrainingNiceness);
    Found found;
    found.folder = m_found.folder.empty() ? pipelineFolder(m_wanted.toStdString(), *m_experiment, m_catalog) : m_found.folder;
    const Pipeline pipeline(*m_experiment, found.folder, m_catalog);
    const auto isOver = [&] { return isCancelled() || m_stopped; };
    found.stages = pipeline.stages();
    for (int i = 0; i < static_cast<int>(found.stages.size()) && !isOver(); ++i) {
        const PipelineStage stage = found.stages[static_cast<std::size_t>(i)];
        if (stage.trained && stage.measured) continue;
        if (!stage.trained) {
            if (i == justTrained) break;  // it was stopped, or has failed
            found.next = i;
            if (!stage.begun) found.experiment = pipeline.experimentOf(stage);
            break;
        }
        const auto progress = [&, i, stages = found.stages](const std::string&, double share) {
            QMetaObject::invokeMethod(this, [this, i, share, stages] {
                if (m_busy) Q_EMIT changed(stages, m_found.chart, i, share);
            });
            return !isOver();
        };
        if (!pipeline.measure(stage, FeatureCache::usualFolder(), threads, progress)) break;
        found.stages = pipeline.stages();
    }
    found.chart = pipeline.chart();
    found.whole = std::ranges::all_of(found.stages, [](const PipelineStage& stage) { return stage.trained && stage.measured; });
    return found;
}

void PipelineSession::take(const Found& found)
{
    m_found = found;
    Q_EMIT changed(found.stages, found.chart, found.next, 0);
    if (found.next < 0 || m_stopped) return finish(found.whole);
    if (m_session.isTraining()) {
        Q_EMIT failed(tr("Another training has begun meanwhile; the pipeline goes on where it stood when it is started again."));
        return finish(false);
    }
    const PipelineStage& stage = found.stages[static_cast<std::size_t>(found.next)];
    const QString folder = QString::fromStdString(stage.run.string());
    m_trained = found.next;
    if (stage.begun) return m_session.resumeRun(folder);
    m_session.start({.experiment = *found.experiment, .folder = folder, .steps = {}, .evaluateAtEnd = false});
}

void PipelineSession::showProgress(double progress)
{
    Q_EMIT changed(m_found.stages, m_found.chart, m_trained, progress);
}

void PipelineSession::finish(bool whole)
{
    m_busy = false;
    Q_EMIT busyChanged(false);
    Q_EMIT ended(QString::fromStdString(m_found.folder.string()), whole);
}

}  // namespace selfsight
