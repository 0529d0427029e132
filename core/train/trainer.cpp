#include "core/train/trainer.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/runs/run_writer.h"
#include "core/train/conflicts.h"
#include "core/train/device.h"
#include "core/train/embedding_state.h"
#include "core/train/evaluation.h"
#include "core/train/machine.h"
#include "core/train/probe_schedule.h"
#include "core/train/run_clock.h"
#include "core/train/run_control.h"
#include "core/train/trainer_feed.h"
#include "core/train/training.h"

namespace selfsight {

struct Trainer::Impl {
    using Clock = RunClock::Clock;

    Impl(const Catalog& known, Experiment chosen, TrainerOptions wanted)
        : catalog(known), experiment(std::move(chosen)), options(std::move(wanted)), control(options.startPaused), feed(std::make_shared<TrainerFeed>())
    {
        thread = std::thread([this] { run(); });
    }

    // The thread's work, in order.
    void run();
    void train();
    void prepare();
    void loop();
    void finish();

    void oneStep();
    void applyChanges();
    void waitWhilePaused();
    void takeIssues();
    void enter(RunPhase phase, const std::string& activity);
    void publish();
    void log(LogLine::Level level, const std::string& text);
    RunResult::Collapse collapse() const;
    double lately(std::size_t term) const;
    std::string outOfMemory(const std::string& who) const;
    void fail(const std::string& sentence);
    void record(const StepRecord& step);
    bool folderKept() const { return writer != nullptr; }

    const Catalog& catalog;
    Experiment experiment;
    TrainerOptions options;
    RunControl control;
    std::shared_ptr<TrainerFeed> feed;

    // Of the training thread alone.
    RecordOptions recordOptions;
    std::unique_ptr<Training> training;
    std::unique_ptr<FeatureExtractor> features;
    std::unique_ptr<ProbeSchedule> schedule;
    std::function<std::vector<torch::Tensor>()> recent;
    std::unique_ptr<RunWriter> writer;
    RunState state;
    RunClock clock;
    Clock::time_point born = Clock::now();
    Clock::time_point lastFlush = born;
    std::int64_t totalSteps = 0;
    std::int64_t batchSize = 1;
    std::int64_t checkpointEvery = 0;
    std::int64_t savedStep = -1;
    bool announced = false;
    Clock::time_point lastDeviceLook = born - std::chrono::hours(1);
    std::deque<std::vector<float>> lastTerms;  // of twenty steps

    std::thread thread;  // last: everything above lives longer
};

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
    training.reset();
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
    enter(RunPhase::Preparing, "opening the data");
    const TrainOptions train = trainSchema().read(experiment["train"]);
    recordOptions = recordSchema().read(experiment["record"]);
    const int threads = prepareComputeThread(static_cast<int>(train.threads), options.niceness);
    totalSteps = options.steps.value_or(train.steps);
    batchSize = train.batchSize;
    checkpointEvery = train.checkpointEverySteps;

    const MachineReport machine = inspectMachine();
    if (!options.runFolder.empty()) {
        writer = std::make_unique<RunWriter>(options.runFolder);
        writer->limitSnapshots(recordOptions.maxGigabytes);
    }
    log(LogLine::Level::Info, describe(machine));
    for (const std::string& advice : machine.advice) log(LogLine::Level::Warning, advice);

    training = std::make_unique<Training>(experiment, totalSteps, threads, options.niceness);
    for (const Issue& issue : training->data().issues) log(LogLine::Level::Warning, sentence(issue));
    log(LogLine::Level::Info, fmt::format("{}: {} {}s to train on, {} to test on", training->data().title, training->data().train->size(),
                                          nameOf(training->pipeline().samples()),
                                          training->data().test ? training->data().test->size() : 0));
    if (folderKept())
        writer->writeExperiment(fmt::format("# Selfsight {}; {}\n# device {}; data {}\n", SELFSIGHT_VERSION, describe(machine), training->device().description,
                                            training->data().fingerprint) +
                                toYaml(experiment, catalog, YamlStyle::Resolved));
    state.activity = "building the network";
    publish();
    training->prepare();
    pinComputeThreads();
    if (folderKept()) training->save(writer->checkpointFile(0));
    savedStep = 0;

    recent = [this] { return training->recentEmbeddings(); };
    features = std::make_unique<FeatureExtractor>(training->method(), training->device(), training->pipeline());
    std::vector<std::string> notes;
    const std::uint64_t seed = static_cast<std::uint64_t>(train.seed);
    schedule = std::make_unique<ProbeSchedule>(ProbeSetup{training->data(), training->pipeline(), *features, recent, recordOptions, seed}, notes);
    for (const std::string& note : notes) log(LogLine::Level::Info, note);
    log(LogLine::Level::Info, fmt::format("training on {}", training->device().description));
}

void Trainer::Impl::loop()
{
    enter(RunPhase::Running, "training");
    clock.go();
    while (state.step < totalSteps && !control.stopping()) {
        waitWhilePaused();
        applyChanges();
        if (!control.mayStep() || control.stopping()) continue;
        oneStep();
        control.stepTaken();
    }
    clock.pause();
}

void Trainer::Impl::oneStep()
{
    StepRecord step;
    try {
        training->step(step);
    } catch (...) {
        step.wallSeconds = clock.seconds();
        if (!step.terms.empty()) record(step);  // the batch that broke it stays known
        throw;
    }
    state.step = step.step;
    step.wallSeconds = clock.seconds();
    record(step);
    clock.stepDone();
    lastTerms.push_back(step.terms);
    if (lastTerms.size() > 20) lastTerms.pop_front();

    if (const auto snapshot = schedule->afterStep(step.step, clock.seconds())) {
        if (folderKept()) writer->write(*snapshot);
        feed->push(snapshot);
    }
    takeIssues();
    publish();
    if (checkpointEvery > 0 && step.step % checkpointEvery == 0 && folderKept()) {
        training->save(writer->checkpointFile(step.step));
        savedStep = step.step;
    }
    if (folderKept() && secondsSince(lastFlush) > 1) {
        writer->flush();
        lastFlush = Clock::now();
    }
}

void Trainer::Impl::record(const StepRecord& step)
{
    if (!std::exchange(announced, true)) {
        RunInfo info = training->info();
        info.folder = folderKept() ? writer->folder().string() : std::string();
        info.experimentYaml = toYaml(experiment, catalog, YamlStyle::Resolved);
        if (folderKept()) writer->begin(info);
        feed->push(std::make_shared<const RunInfo>(std::move(info)));
    }
    if (folderKept()) writer->write(step);
    feed->push(step);
}

void Trainer::Impl::waitWhilePaused()
{
    if (control.mayStep()) return;
    clock.pause();
    enter(RunPhase::Paused, "paused");
    if (folderKept()) writer->flush();
    control.wait();
    if (!control.mayStep()) return;
    enter(RunPhase::Running, "training");
    clock.go();
}

void Trainer::Impl::applyChanges()
{
    for (const auto& [keyPath, value] : control.takeChanges()) {
        training->setOption(keyPath, value);
        if (folderKept()) writer->writeChange(state.step, keyPath, toText(value));
        log(LogLine::Level::Info, fmt::format("step {}: {} is now {}", state.step, keyPath, toText(value)));
    }
}

void Trainer::Impl::takeIssues()
{
    for (const Issue& issue : training->takeIssues()) log(LogLine::Level::Warning, sentence(issue));
}

void Trainer::Impl::finish()
{
    const bool stopped = control.stopping() && state.step < totalSteps;
    if (folderKept() && savedStep != state.step) training->save(writer->checkpointFile(state.step));

    RunResult result;
    result.run = folderKept() ? writer->folder().string() : std::string();
    result.steps = state.step;
    result.seconds = clock.seconds();
    result.imagesPerSecond = result.seconds > 0 ? static_cast<double>(state.step * batchSize) / result.seconds : 0;
    if (state.step > 0) {
        result.loss = lately(0);
        result.collapse = collapse();
    }
    if (options.evaluateAtEnd && !stopped) {
        enter(RunPhase::Evaluating, "evaluating");
        const std::optional<Evaluation> evaluation = evaluate(*training, recordOptions, [this](const std::string& what, double share) {
            state.activity = fmt::format("evaluating {}, {:.0f} %", what, 100 * share);
            publish();
            return !control.stopping();
        });
        if (evaluation) {
            result.knn = evaluation->knn;
            result.linear = evaluation->linear;
        }
    }
    state.result = result;
    enter(stopped ? RunPhase::Stopped : RunPhase::Finished, stopped ? "stopped and saved" : "finished");
    if (folderKept()) writer->writeEnd(state);
}

/// Mean over the last steps.
double Trainer::Impl::lately(std::size_t term) const
{
    double sum = 0;
    for (const std::vector<float>& terms : lastTerms) sum += terms[term];
    return sum / static_cast<double>(lastTerms.size());
}

RunResult::Collapse Trainer::Impl::collapse() const
{
    RunResult::Collapse result = measureEmbeddings(training->recentEmbeddings()).collapse;
    const std::vector<std::string>& terms = training->terms();
    const auto mean = [&](const char* name) { return lately(static_cast<std::size_t>(std::ranges::find(terms, name) - terms.begin())); };
    if (const double largest = training->largestEntropy(); largest > 0) result.targets = {mean("teacher_entropy") / largest, mean("divergence")};
    return result;
}

void Trainer::Impl::enter(RunPhase phase, const std::string& activity)
{
    state.phase = phase;
    state.activity = activity;
    publish();
}

void Trainer::Impl::publish()
{
    const double stepsPerSecond = clock.stepsPerSecond();
    state.imagesPerSecond = stepsPerSecond * static_cast<double>(batchSize);
    state.etaSeconds = stepsPerSecond > 0 && totalSteps > 0 ? static_cast<double>(totalSteps - state.step) / stepsPerSecond : -1;
    state.memoryBytes = residentMemory();
    if (training && secondsSince(lastDeviceLook) > 1) {  // asking a GPU costs more than reading a file
        state.deviceMemory = deviceMemory(training->device().device);
        lastDeviceLook = Clock::now();
    }
    const double seconds = clock.seconds();
    state.probeShare = schedule && seconds > 0 ? schedule->seconds() / seconds : 0;
    feed->push(state);
}

void Trainer::Impl::log(LogLine::Level level, const std::string& text)
{
    const LogLine line{level, secondsSince(born), text};
    feed->push(line);
    if (folderKept()) writer->write(line);
}

std::string Trainer::Impl::outOfMemory(const std::string& who) const
{
    return fmt::format("{} not enough memory for batches of {}. Set train.batch_size to {} and start again.", who, batchSize,
                       smallerBatch(experiment));
}

void Trainer::Impl::fail(const std::string& sentence)
{
    state.phase = RunPhase::Failed;
    state.activity = sentence;
    try {
        log(LogLine::Level::Error, sentence);
        if (folderKept()) writer->writeEnd(state);
    } catch (const std::exception& error) {
        feed->push(LogLine{LogLine::Level::Error, secondsSince(born), error.what()});
    }
    feed->push(state);
}

Trainer::Trainer(const Catalog& catalog, Experiment experiment, TrainerOptions options)
    : m_impl(std::make_unique<Impl>(catalog, std::move(experiment), std::move(options)))
{
}

Trainer::~Trainer()
{
    stop();
    join();
}

void Trainer::pause() { m_impl->control.pause(); }
void Trainer::resume() { m_impl->control.resume(); }
void Trainer::stepOnce() { m_impl->control.stepOnce(); }
void Trainer::stop() { m_impl->control.stop(); }
void Trainer::setOption(const std::string& keyPath, const Value& value) { m_impl->control.change({keyPath, value}); }
std::shared_ptr<RunSource> Trainer::feed() const { return m_impl->feed; }
bool Trainer::waitUntilAtRest() { return m_impl->control.waitUntilAtRest(); }

void Trainer::join()
{
    if (m_impl->thread.joinable()) m_impl->thread.join();
}

}  // namespace selfsight
