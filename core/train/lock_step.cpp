#include "core/train/lock_step.h"

#include <algorithm>
#include <mutex>

#include "core/train/trainer.h"

namespace selfsight {

struct LockStep::Run {
    explicit Run(const Experiment& chosen) : experiment(chosen) {}

    const Experiment experiment;
    std::unique_ptr<Trainer> trainer;  // of the thread that gives the turns
    std::mutex mutex;                  // of `feed` alone
    std::shared_ptr<RunSource> feed;
    RunState state;  // of the thread that drains
};

LockStep::LockStep(const Catalog& catalog, const std::vector<Experiment>& experiments, int niceness)
    : m_catalog(catalog), m_niceness(niceness)
{
    for (const Experiment& experiment : experiments) m_runs.push_back(std::make_unique<Run>(experiment));
    m_thread = std::thread([this] { giveTurns(); });
}

LockStep::~LockStep()
{
    stop();
    m_thread.join();
}

void LockStep::giveTurns()
{
    // Preparing is a turn as well: it computes, and it draws the first weights from libtorch's one generator.
    bool going = true;
    for (const auto& run : m_runs)
        if (going) going = begin(*run) && !m_control.stopping();
    while (going) {
        m_control.wait();
        for (const auto& run : m_runs)
            if (!m_control.stopping()) going = giveTurn(*run) && going;
        m_control.stepTaken();
        going = going && !m_control.stopping();
    }
    for (const auto& run : m_runs) run->trainer.reset();
    m_over = true;
}

/// False: the run is over already.
bool LockStep::begin(Run& run)
{
    run.trainer = std::make_unique<Trainer>(m_catalog, run.experiment,
                                            TrainerOptions{.evaluateAtEnd = false, .niceness = m_niceness, .startPaused = true});
    {
        const std::lock_guard lock(run.mutex);
        run.feed = run.trainer->feed();
    }
    return run.trainer->waitUntilAtRest();
}

/// False: the step was the run's last.
bool LockStep::giveTurn(Run& run)
{
    run.trainer->stepOnce();
    return run.trainer->waitUntilAtRest();
}

RunUpdate LockStep::drain(std::size_t run)
{
    Run& each = *m_runs.at(run);
    std::shared_ptr<RunSource> feed;
    {
        const std::lock_guard lock(each.mutex);
        feed = each.feed;
    }
    if (!feed) return {};
    RunUpdate update = feed->drain();
    if (update.state) each.state = *update.state;
    return update;
}

RunState LockStep::state() const
{
    RunState all{.phase = phase(), .step = m_runs.front()->state.step, .etaSeconds = 0};
    double secondsAnImage = 0;
    bool known = true;  // how fast every run is
    for (const auto& run : m_runs) {
        const RunState& each = run->state;
        const bool telling = each.phase == RunPhase::Preparing || each.phase == RunPhase::Failed;
        if (telling && each.phase == all.phase && all.activity.empty() && !each.activity.empty())
            all.activity = run->experiment.name + ": " + each.activity;
        all.step = std::min(all.step, each.step);
        all.etaSeconds += each.etaSeconds;
        all.memoryBytes = std::max(all.memoryBytes, each.memoryBytes);  // each tells of the whole process
        known = known && each.imagesPerSecond > 0;
        secondsAnImage += known ? 1 / each.imagesPerSecond : 0;
    }
    all.imagesPerSecond = known ? static_cast<double>(m_runs.size()) / secondsAnImage : 0;
    if (!known) all.etaSeconds = -1;
    return all;
}

RunPhase LockStep::phase() const
{
    const auto any = [this](RunPhase phase) {
        return std::any_of(m_runs.begin(), m_runs.end(), [phase](const auto& run) { return run->state.phase == phase; });
    };
    const auto all = [this](RunPhase phase) {
        return std::all_of(m_runs.begin(), m_runs.end(), [phase](const auto& run) { return run->state.phase == phase; });
    };
    for (const RunPhase phase : {RunPhase::Failed, RunPhase::Stopped, RunPhase::Preparing})
        if (any(phase)) return phase;
    if (all(RunPhase::Finished)) return RunPhase::Finished;
    return m_control.mayStep() ? RunPhase::Running : RunPhase::Paused;
}

}  // namespace selfsight
