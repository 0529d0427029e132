#include "app/window/session.h"

#include "core/base/error.h"
#include "core/catalog.h"
#include "core/runs/run_reader.h"
#include "core/train/trainer.h"

namespace selfsight {

namespace {

constexpr int kIdleMilliseconds = 1000;

}  // namespace

Session::Session(QObject* parent)
    : QObject(parent), m_reader([this](RunUpdate update) { take(std::move(update)); }, [this](const QString& sentence) { giveUp(sentence); })
{
    connect(&m_timer, &QTimer::timeout, this, &Session::drain);
}

Session::~Session() = default;

void Session::start(const TrainingRequest& request)
{
    if (!m_trainer) return startNow(request);
    m_next = request;
    stop();
}

void Session::openRun(const QString& folder)
{
    if (m_trainer) throw Error(folder.toStdString(), "a training is running", "Stop it, then open the run.");
    show(selfsight::openRun(folder.toStdString(), ManySteps::Columns), folder);
}

void Session::resumeRun(const QString& folder, std::optional<std::int64_t> furtherSteps)
{
    if (m_trainer) throw Error(folder.toStdString(), "a training is running", "Stop it, then let the run go on.");
    train(folder, ResumeOptions{.runFolder = folder.toStdString(), .furtherSteps = furtherSteps, .evaluateAtEnd = true, .niceness = kTrainingNiceness, .tellPast = true});
}

void Session::branch(const BranchOptions& options)
{
    if (m_trainer) throw Error(options.parent.string(), "a training is running", "Stop it, then branch.");
    train(QString::fromStdString(options.runFolder.string()), options);
}

void Session::pause()
{
    if (m_trainer) m_trainer->pause();
}

void Session::resume()
{
    if (m_trainer) m_trainer->resume();
}

void Session::stepOnce()
{
    if (m_trainer) m_trainer->stepOnce();
}

void Session::stop()
{
    if (m_trainer) m_trainer->stop();
}

void Session::discard()
{
    if (m_trainer) m_trainer->discard();
}

void Session::setOption(const QString& keyPath, const Value& value)
{
    if (m_trainer) m_trainer->setOption(keyPath.toStdString(), value);
}

void Session::startNow(const TrainingRequest& request)
{
    train(request.folder, request.experiment,
          TrainerOptions{.runFolder = request.folder.toStdString(), .steps = request.steps, .evaluateAtEnd = request.evaluateAtEnd, .niceness = kTrainingNiceness});
}

template <class... Arguments>
void Session::train(const QString& folder, Arguments&&... arguments)
{
    try {
        m_trainer = std::make_unique<Trainer>(catalog(), std::forward<Arguments>(arguments)...);
        show(m_trainer->feed(), folder);
    } catch (const std::exception& error) {
        m_trainer.reset();
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
}

void Session::show(std::shared_ptr<RunSource> source, const QString& folder)
{
    m_source = std::move(source);
    m_reader.forget();
    m_reading = false;
    m_info.reset();
    m_state.reset();
    m_folder = folder;
    Q_EMIT runOpened(folder);
    m_timer.start(kDrainMilliseconds);
}

void Session::drain()
{
    if (m_trainer) {
        take(m_source->drain());
    } else if (!m_reading) {
        m_reading = true;
        m_reader.start([source = m_source](const auto&) { return source->drain(); });
    }
}

void Session::giveUp(const QString& sentence)
{
    m_reading = false;
    m_timer.stop();
    Q_EMIT failed(sentence);
}

void Session::take(RunUpdate update)
{
    m_reading = false;
    if (update.again) {
        m_info.reset();
        Q_EMIT runOpened(m_folder);
    }
    if (update.info) {
        m_info = update.info;
        Q_EMIT infoArrived(m_info);
    }
    if (update.past) Q_EMIT pastArrived(update.past);
    if (!update.steps.empty()) Q_EMIT stepsArrived(update.steps);
    if (update.probeSet) Q_EMIT probeSetArrived(update.probeSet);
    if (update.attentionSet) Q_EMIT attentionSetArrived(update.attentionSet);
    for (const auto& snapshot : update.snapshots) Q_EMIT snapshotArrived(snapshot);
    if (!update.events.empty()) Q_EMIT eventsArrived(update.events);
    if (!update.slices.empty()) Q_EMIT slicesArrived(update.slices);
    if (!update.log.empty()) Q_EMIT logArrived(update.log);
    // A stored run may still be written by another program: look again, but not often.
    m_timer.setInterval(update.empty() && !m_trainer ? kIdleMilliseconds : kDrainMilliseconds);
    if (!update.state) return;
    m_state = update.state;
    Q_EMIT stateChanged(*m_state);
    if (m_trainer && isOver(m_state->phase)) endTraining();
}

void Session::endTraining()
{
    m_trainer.reset();
    Q_EMIT trainingEnded();
    if (!m_next) return;
    const TrainingRequest next = *m_next;
    m_next.reset();
    startNow(next);
}

}  // namespace selfsight
