#include "core/train/trainer.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/train/conflicts.h"
#include "core/train/device.h"
#include "core/train/evaluation.h"
#include "core/train/machine.h"
#include "core/train/trainer_impl.h"

namespace selfsight {

namespace {

constexpr const char* kKnnFigure = "knn.top1";

}  // namespace

void Trainer::Impl::run()
{
    try {
        train();
    } catch (const c10::OutOfMemoryError&) {
        fail(outOfMemory("The device has"));
    } catch (const c10::Error& error) {
        fail(isOutOfMemory(error) ? outOfMemory("The machine has") : error.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        fail(outOfMemory("The machine has"));
    } catch (const std::exception& error) {
        fail(error.what());
    }
    m_training.reset();
    m_keeper = {};  // the folder is free before anybody hears that the run is over
    feed->push(m_state);
    control.end();
}

void Trainer::Impl::train()
{
    prepare();
    loop();
    finish();
}

void Trainer::Impl::prepare()
{
    const std::optional<StoredRun> stored = openFolder();
    const CheckpointFacts begin = stored && stored->checkpoint ? stored->checkpoint->facts : CheckpointFacts();
    enter(RunPhase::Preparing, "opening the data");
    m_recordOptions = recordSchema().read(m_experiment["record"]);
    m_keeper.limitSnapshots(m_recordOptions.maxGigabytes);
    const MachineReport machine = inspectMachine();
    // As many threads as before, unless this machine has fewer cores or the user names a number.
    const int before = std::min(threadsOf(begin.environment), machine.cores);
    const int threads = prepareComputeThread(m_trainOptions.threads == 0 ? before : static_cast<int>(m_trainOptions.threads), m_options.niceness);
    log(LogLine::Level::Info, describe(machine));
    for (const std::string& advice : machine.advice) log(LogLine::Level::Warning, advice);

    m_training = std::make_unique<Training>(m_experiment, m_trainOptions.steps, threads, m_options.niceness, stored ? &begin : nullptr);
    for (const Issue& issue : m_training->data().issues) log(LogLine::Level::Warning, sentence(issue));
    log(LogLine::Level::Info, fmt::format("{}: {} {}s to train on, {} to test on", m_training->data().title, m_training->data().train->size(),
                                          nameOf(m_training->pipeline().samples()),
                                          m_training->data().test ? m_training->data().test->size() : 0));
    m_experimentText = fmt::format("# Selfsight {}; {}\n# device {}; data {}\n", SELFSIGHT_VERSION, describe(machine), m_training->device().description,
                                   m_training->data().fingerprint) +
                       toYaml(m_experiment, m_catalog, YamlStyle::Resolved);
    if (!m_training->beginning().empty()) log(LogLine::Level::Info, "begins with the weights of " + m_training->beginning());
    takeIssues();
    if (!stored) m_keeper.writeExperiment(m_experimentText);
    enter(RunPhase::Preparing, "building the network");
    m_training->prepare();
    if (stored) goOn(*stored);
    pinComputeThreads();
    if (begin.sha256.empty()) save();
    else m_savedStep = begin.step;
    prepareProbes(begin);
    watchSteps(stored && stored->checkpoint);
    log(LogLine::Level::Info, fmt::format("training on {}", m_training->device().description));
}

void Trainer::Impl::prepareProbes(const CheckpointFacts& begin)
{
    m_recent = [this] { return m_training->embeddingState(); };
    m_weightNorms = [this] { return m_training->weightNorms(); };
    m_features = std::make_unique<FeatureExtractor>(m_training->method(), m_training->device(), m_training->pipeline());
    std::vector<std::string> notes;
    const ProbeSetup setup{m_training->data(), m_training->pipeline(), *m_features, m_training->encoder(), m_training->device(), m_recent, m_weightNorms, m_recordOptions, static_cast<std::uint64_t>(m_trainOptions.seed),
                           m_training->sampleLosses(),
                           [this](std::shared_ptr<const ProbeSet> set) {
                               m_keeper.write(*set);
                               feed->push(std::move(set));
                           },
                           [this](std::shared_ptr<const FeatureSlice> slice) { feed->push(std::move(slice)); },
                           [this](std::shared_ptr<const AttentionSet> set) {
                               m_keeper.write(*set);
                               feed->push(std::move(set));
                           }};
    m_schedule = std::make_unique<ProbeSchedule>(setup, notes, begin.step, begin.probeSeconds);
    for (const std::string& note : notes) log(LogLine::Level::Info, note);
}

void Trainer::Impl::loop()
{
    enter(RunPhase::Running, "training");
    m_clock.go();
    while (m_state.step < m_lastStep && !control.stopping()) {
        waitWhilePaused();
        applyChanges();
        if (!control.mayStep() || control.stopping()) continue;
        oneStep();
        control.stepTaken();
    }
    m_clock.pause();
}

void Trainer::Impl::oneStep()
{
    StepRecord step;
    m_weightsAreGood = false;
    try {
        m_training->step(step, m_guard.get());
    } catch (...) {
        step.wallSeconds = m_clock.seconds();
        if (!step.terms.empty()) record(step);  // the batch that broke it stays known
        throw;
    }
    m_weightsAreGood = true;
    m_state.step = step.step;
    step.wallSeconds = m_clock.seconds();
    record(step);
    m_clock.stepDone();

    if (const int checkpoints = m_guard->takeRollBack(); checkpoints > 0) goBack(checkpoints);
    measureDensely(step.step);
    if (const auto snapshot = m_schedule->afterStep(step.step, m_clock.seconds())) {
        for (const ProbeFigure& figure : snapshot->figures)
            if (figure.name == kKnnFigure) m_knn = {figure.value, snapshot->step};
        m_keeper.write(*snapshot);
        feed->push(snapshot);
    }
    takeIssues();
    publish();
    if (isCheckpointDue()) {
        m_keeper.flush();  // a checkpoint's records are never missing
        save();
    }
    tellSaves();
    if (const std::string vanished = m_keeper.flushNowAndThen(); !vanished.empty()) {
        m_unrecorded = vanished;
        log(LogLine::Level::Error, vanished);
    }
}

void Trainer::Impl::waitWhilePaused()
{
    if (control.mayStep()) return;
    m_clock.pause();
    enter(RunPhase::Paused, "paused");
    m_keeper.flush();
    control.wait();
    if (!control.mayStep()) return;
    enter(RunPhase::Running, "training");
    m_clock.go();
}

void Trainer::Impl::apply(const std::string& keyPath, const Value& value)
{
    m_training->setOption(keyPath, value);
    log(LogLine::Level::Info, fmt::format("step {}: {} is now {}", m_state.step, keyPath, toText(value)));
}

void Trainer::Impl::applyChanges()
{
    for (; !m_replayed.empty() && m_replayed.front().step <= m_state.step; m_replayed.pop_front()) {
        const RunChange& change = m_replayed.front();
        Experiment changed = m_training->experiment();
        const auto issue = setValue(changed, change.keyPath, change.value, m_catalog);
        const auto dot = change.keyPath.find('.');
        const Section* section = m_catalog.section(change.keyPath.substr(0, dot));
        if (issue) log(LogLine::Level::Warning, "changes.jsonl: " + describe(*issue));
        else if (section) apply(change.keyPath, section->schemaOf(changed[section->key])->value(changed[section->key], change.keyPath.substr(dot + 1)));
    }
    for (const auto& [keyPath, value] : control.takeChanges()) {
        m_keeper.writeChange(m_state.step, keyPath, toText(value));
        apply(keyPath, value);
    }
}

void Trainer::Impl::takeIssues()
{
    for (const Issue& issue : m_training->takeIssues()) log(LogLine::Level::Warning, sentence(issue));
}

void Trainer::Impl::finish()
{
    const bool discarded = control.discarding();
    m_guard->finish();
    m_keeper.flush();
    if (!discarded && m_savedStep != m_state.step) save();
    m_keeper.waitForSaves();
    tellSaves();

    RunResult result;
    result.run = m_keeper.folder();
    result.steps = m_state.step;
    result.seconds = m_clock.seconds();
    result.imagesPerSecond = result.seconds > 0 ? static_cast<double>(m_state.step * m_trainOptions.batchSize) / result.seconds : 0;
    if (!m_training->recent().empty()) {
        result.loss = m_training->recent().mean(0);
        result.collapse = m_training->embeddingState().collapse;
    }
    if (m_options.evaluateAtEnd && !control.stopping()) {
        enter(RunPhase::Evaluating, "evaluating");
        const std::optional<Evaluation> evaluation = evaluate(*m_training, m_recordOptions, [this](const std::string& what, double share) {
            m_state.activity = fmt::format("evaluating {}, {:.0f} %", what, 100 * share);
            publish();
            return !control.stopping();
        });
        if (evaluation) {
            result.knn = evaluation->knn;
            result.linear = evaluation->linear;
        }
    }
    m_state.result = result;
    m_state.phase = control.stopping() && (m_state.step < m_lastStep || (m_options.evaluateAtEnd && !result.knn)) ? RunPhase::Stopped : RunPhase::Finished;
    m_state.activity = m_state.phase == RunPhase::Finished ? "finished"
                       : discarded                         ? "stopped; what came after the last checkpoint is not kept"
                       : m_state.step < m_lastStep         ? "stopped and saved"
                                                           : "stopped while evaluating; all steps are saved";
    if (const std::string& lost = m_unsaved.empty() ? m_unrecorded : m_unsaved; !lost.empty()) return fail(lost);
    m_keeper.writeEnd(m_state);
}

void Trainer::Impl::enter(RunPhase phase, const std::string& activity)
{
    m_state.phase = phase;
    m_state.activity = activity;
    publish();
}

void Trainer::Impl::publish()
{
    const double stepsPerSecond = m_clock.stepsPerSecond();
    m_state.imagesPerSecond = stepsPerSecond * static_cast<double>(m_trainOptions.batchSize);
    m_state.etaSeconds = stepsPerSecond > 0 && m_lastStep > 0 ? static_cast<double>(m_lastStep - m_state.step) / stepsPerSecond : -1;
    m_state.memoryBytes = residentMemory();
    if (m_training && secondsSince(m_lastDeviceLook) > 1) {  // asking a GPU costs more than reading a file
        m_state.deviceMemory = deviceMemory(m_training->device().device);
        m_lastDeviceLook = Clock::now();
    }
    const double seconds = m_clock.seconds();
    m_state.probeShare = m_schedule && seconds > 0 ? m_schedule->seconds() / seconds : 0;
    feed->push(m_state);
}

std::string Trainer::Impl::outOfMemory(const std::string& who) const
{
    return fmt::format("{} not enough memory for batches of {}. Set train.batch_size to {} and start again.", who, m_trainOptions.batchSize,
                       smallerBatch(m_experiment));
}

void Trainer::Impl::fail(const std::string& sentence)
{
    m_state.phase = RunPhase::Failed;
    m_state.activity = sentence;
    try {
        // Records that cannot be written end a run, but its weights may still find room.
        if (m_training && m_weightsAreGood && m_state.step > m_savedStep && m_schedule && !m_state.result) save();
        m_keeper.waitForSaves();
        tellSaves();
        log(LogLine::Level::Error, sentence);
        if (m_announced || m_resume) m_keeper.writeEnd(m_state);
        else m_keeper.undo();  // no step: nothing that anybody could go on with stands in the way of the next try
    } catch (const std::exception& error) {
        feed->push(LogLine{LogLine::Level::Error, secondsSince(m_born), error.what()});
    }
}

Trainer::Trainer(const Catalog& catalog, Experiment experiment, TrainerOptions options)
    : m_impl(std::make_unique<Impl>(catalog, std::move(experiment), std::move(options)))
{
}

Trainer::Trainer(const Catalog& catalog, BranchOptions options) : m_impl(std::make_unique<Impl>(catalog, std::move(options))) {}
Trainer::Trainer(const Catalog& catalog, ResumeOptions options) : m_impl(std::make_unique<Impl>(catalog, std::move(options))) {}

Trainer::~Trainer()
{
    stop();
    join();
}

void Trainer::pause() { m_impl->control.pause(); }
void Trainer::resume() { m_impl->control.resume(); }
void Trainer::stepOnce() { m_impl->control.stepOnce(); }
void Trainer::stop() { m_impl->control.stop(); }
void Trainer::discard() { m_impl->control.discard(); }
void Trainer::setOption(const std::string& keyPath, const Value& value) { m_impl->control.change({keyPath, value}); }
std::shared_ptr<RunSource> Trainer::feed() const { return m_impl->feed; }
bool Trainer::waitUntilAtRest() { return m_impl->control.waitUntilAtRest(); }
void Trainer::join() { m_impl->join(); }

}  // namespace selfsight
